"""From the options to an engine, the invocations on it, and the exit status."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from functools import partial

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.commands.errors import FAILURE, SIGNALLED, CommandError
from lambda_tui.commands.invoke.calls import Calls, Plan
from lambda_tui.commands.invoke.options import function_and_plan
from lambda_tui.commands.invoke.writers import OutputFormat, make_writer
from lambda_tui.commands.opened_project import OpenedProject, open_project
from lambda_tui.commands.output import STANDARD_ERROR, OutputStream, unwritable
from lambda_tui.debug_log import log_events
from lambda_tui.end_signals import EndSignals
from lambda_tui.engine import events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import AsyncRetried
from lambda_tui.project.function import Function, Project
from lambda_tui.project.installers import InstallationError
from lambda_tui.terminal_text import one_line

_FLUSH_SECONDS = 1.0
"""How long an interrupted command waits for somebody to read its last output."""


def run(options: argparse.Namespace) -> int:
    """Invoke the function. Returns the exit status; raises ``CommandError``."""
    opened = open_project(options)
    function, plan = function_and_plan(opened, options)
    if options.warm:
        from lambda_tui.commands.invoke import warm

        return warm.run(opened.project, function, plan, options)
    return asyncio.run(_invoke(opened, function, plan, options))


async def _invoke(
    opened: OpenedProject, function: Function, plan: Plan, options: argparse.Namespace
) -> int:
    return await _InvokeRun(opened, function, plan, options.output, sync=options.sync).run()


class _InvokeRun:
    """One run of the command: an engine, the invocations on it, and what ends them early."""

    def __init__(
        self,
        opened: OpenedProject,
        function: Function,
        plan: Plan,
        output_format: OutputFormat,
        *,
        sync: bool,
    ) -> None:
        """``sync`` says to install what the function lacks first, whatever the settings say."""
        self._plan = plan
        self._sync = sync
        self._end: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """The number of the signal that ends the command early.

        SIGPIPE stands for an output that cannot be written any more.
        """
        self._output = OutputStream(partial(self._end_by, signal.SIGPIPE))
        # No file is watched: nobody edits the project while the command runs.
        self._engine = Engine(
            _without_provisioning(opened.project, function),
            replace(opened.settings, watch=False),
            open_environment_api,
        )
        log_events(self._engine.events)
        self._pool = self._engine.pools[function.name]
        is_one_at_a_time = min(plan.count, plan.concurrency) == 1
        writer = make_writer(
            output_format, self._engine, self._output, is_one_at_a_time=is_one_at_a_time
        )
        self._calls = Calls(self._engine, self._pool, plan, self._output, writer)
        self._engine.events.listen(self._note)
        for problem in opened.problems_of(function):
            self._say(str(problem))

    async def run(self) -> int:
        """Invoke until the plan is carried out or a signal comes. Returns the exit status."""
        with EndSignals(self._end_by):
            try:
                number = await self._unless_ended(self._call())
            finally:
                await self._engine.close()
            return await self._conclude(number)

    async def _call(self) -> None:
        # Before any environment is made: provisioned ones would fail without it.
        await self._sync_function()
        await self._engine.start()
        # The invocation waits for the credentials and the interpreter anyway.
        await self._engine.credentials.known
        if self._engine.credentials.problem is not None:
            raise CommandError(self._engine.credentials.problem)
        await self._pool.boot()
        for difference in self._differences():
            self._say(difference)
        await self._calls.run()
        # For the next time.
        await self._engine.sync.settle()
        await self._engine.dependencies.settle()
        await self._output.flush()

    async def _sync_function(self) -> None:
        if not self._sync:
            await self._engine.sync.sync_needed(self._pool)
            return
        try:
            await self._engine.sync.sync(self._pool)
        except InstallationError as error:
            raise CommandError(str(error)) from error

    def _end_by(self, number: int) -> None:
        """End the command by a signal; the first one counts."""
        if not self._end.done():
            self._end.set_result(number)

    async def _unless_ended(self, work: Coroutine[None, None, None]) -> int | None:
        """Do the work, or give it up when a signal comes, whose number is returned."""
        working = asyncio.create_task(work)
        either: set[asyncio.Future[None] | asyncio.Future[int]] = {working, self._end}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        else:
            working.result()
        return self._end.result() if self._end.done() else None

    async def _conclude(self, number: int | None) -> int:
        """Write what is left to say. Returns the exit status."""
        if number == signal.SIGPIPE:
            return self._signalled(number)
        calls = self._calls
        if calls.problem is not None:
            raise CommandError(
                f"{self._pool.function.name} cannot run: {calls.problem} See `lambda-tui doctor`."
            )
        dropped = self._output.dropped
        if dropped:
            self._say(f"{dropped:,} pieces of the output are left out: nobody read them.")
        if number is not None or self._plan.count > 1:
            self._say(f"{calls.summary(is_interrupted=number is not None)}.")
        if number is not None:
            # Nobody has to read the last sentences.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._output.flush(), _FLUSH_SECONDS)
            return SIGNALLED + number
        number = await self._unless_ended(self._output.flush())
        if number is not None:
            return self._signalled(number)
        return FAILURE if calls.has_failures else 0

    def _signalled(self, number: int) -> int:
        """Return the exit status; raise as ``unwritable`` says if the output has failed."""
        if number == signal.SIGPIPE and self._output.failure is not None:
            raise unwritable(self._output.failure)
        return SIGNALLED + number

    def _differences(self) -> list[str]:
        """Return how this machine differs from Lambda, as far as the function can notice."""
        differences = []
        pool = self._pool
        if pool.version_mismatch is not None:
            differences.append(f"{pool.function.name} {pool.version_mismatch}.")
        if pool.sandbox is not None and pool.sandbox.shortcoming:
            differences.append(pool.sandbox.shortcoming)
        return differences

    def _note(self, event: events.Event) -> None:
        """Say why nothing happens for a while, and what the engine warns of."""
        pools = self._engine.pools
        # Other functions count only if they are invoked as destinations.
        is_other = event.function in pools and event.function != self._pool.function.name
        is_concerned = not is_other or bool(pools[event.function].invocations)
        if isinstance(event.record, events.Notice | events.ProblemFound) and is_concerned:
            # The command ends with the sentence of an error.
            if events.severity(event.record) != "error":
                self._say(event.record.message)
            return
        can_run = event.function in pools and pools[event.function].problem is None
        if isinstance(event.record, AsyncRetried) and can_run:
            self._say(f"{event.function}: {events.sentence(event.record)}.")

    def _say(self, sentence: str) -> None:
        self._output.put(f"lambda-tui: {one_line(sentence)}\n", STANDARD_ERROR)


def _without_provisioning(project: Project, chosen: Function) -> Project:
    """Return the project with provisioned environments for the chosen function only."""
    functions = tuple(
        function
        if function.name == chosen.name
        else replace(
            function,
            published=tuple(replace(one, provisioned_concurrency=0) for one in function.published),
            snap_start=False,
        )
        for function in project.functions
    )
    return replace(project, functions=functions)
