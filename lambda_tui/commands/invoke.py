"""``lambda-tui invoke``: invokes a function on an engine of its own and tells what comes of it."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from lambda_tui import limits
from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.commands.calls import Calls, Plan
from lambda_tui.commands.ending import Ending, end, listening_for_signals
from lambda_tui.commands.opening import Opened, find_function, open_project
from lambda_tui.commands.output_stream import ERRORS, OutputStream
from lambda_tui.commands.refused import RefusedError
from lambda_tui.commands.reports import OutputFormat, make_report
from lambda_tui.commands.standard_output import unwritable
from lambda_tui.engine import events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import AsyncRetried
from lambda_tui.engine.pool import Pool
from lambda_tui.project.event_files import check_event, read_event
from lambda_tui.project.files import UnreadableFileError
from lambda_tui.project.function import Function, Project
from lambda_tui.project.settings import Settings

FUNCTION_ERROR = 1
"""The exit status when an invocation failed or was throttled."""
SIGNALLED = 128
"""To this the number of the signal is added that ended the command."""

_NO_EVENT = "{}"
_LAST_WORDS_SECONDS = 1.0


def run(options: argparse.Namespace) -> int:
    """Carries the command out; its exit status. Raises ``RefusedError``."""
    opened = open_project(options)
    function = find_function(opened, options.function)
    payload = _payload(options)
    plan = Plan(payload, options.count, options.concurrency, options.asynchronous)
    return asyncio.run(_invoke(opened, function, plan, options.output))


def _payload(options: argparse.Namespace) -> bytes:
    """The event that the options give, checked as Lambda checks it."""
    if options.payload is not None:
        source, text = "--payload", options.payload
    elif options.event == "-":
        source, text = "standard input", _read_standard_input()
    elif options.event is not None:
        source = options.event
        try:
            text = read_event(Path(options.event))
        except UnreadableFileError as error:
            raise RefusedError(f"{options.event}: {error}") from error
    else:
        source, text = "the event", _NO_EVENT
    problem = check_event(text)
    if problem is not None:
        raise RefusedError(f"{source}: {problem}.")
    payload: bytes = text.encode()
    if options.asynchronous and len(payload) > limits.ASYNCHRONOUS_EVENT_BYTES:
        size = f"{len(payload) / 1024**2:.1f} MB"
        raise RefusedError(f"{source}: the event has {size}, but Lambda takes 1 MB with --async.")
    return payload


def _read_standard_input() -> str:
    try:
        return sys.stdin.buffer.read(limits.EVENT_BYTES + 1).decode()
    except UnicodeDecodeError as error:
        raise RefusedError("standard input: the event is not UTF-8.") from error


async def _invoke(
    opened: Opened, function: Function, plan: Plan, output_format: OutputFormat
) -> int:
    ending: Ending = asyncio.get_running_loop().create_future()
    output = OutputStream(lambda: end(ending, signal.SIGPIPE))
    # Nothing is saved while it runs.
    engine = Engine(
        _without_provisioning(opened.project, function),
        replace(opened.settings, watch=False),
        open_environment_api,
    )
    pool = engine.pools[function.name]
    is_one_at_a_time = min(plan.count, plan.concurrency) == 1
    report = make_report(output_format, engine, output, is_one_at_a_time=is_one_at_a_time)
    calls = Calls(engine, pool, plan, output, report)
    engine.events.listen(lambda event: _note(engine, output, event))
    for problem in opened.problems_of(function):
        _say(output, str(problem))
    with listening_for_signals(ending):
        await engine.start()
        try:
            number = await _unless_ended(_run(engine, pool, calls, output), ending)
        finally:
            await engine.close()
        return await _conclude(calls, pool, plan, output, ending, number)


async def _run(engine: Engine, pool: Pool, calls: Calls, output: OutputStream) -> None:
    await calls.run()
    if calls.problem is None:
        for note in _notes(pool, engine.settings):
            _say(output, note)
    await output.flush()


async def _unless_ended(work: Coroutine[None, None, None], ending: Ending) -> int | None:
    """Does the work; gives it up, and tells the signal's number, when one comes before its end."""
    working = asyncio.create_task(work)
    either: set[asyncio.Future[None] | Ending] = {working, ending}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    if not working.done():
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    else:
        working.result()
    return ending.result() if ending.done() else None


async def _conclude(
    calls: Calls,
    pool: Pool,
    plan: Plan,
    output: OutputStream,
    ending: Ending,
    number: int | None,
) -> int:
    """Says what is left to say; the exit status."""
    if number == signal.SIGPIPE:
        return _ended_by(number, output)
    if calls.problem is not None:
        raise RefusedError(f"{pool.function.name} cannot run: {calls.problem}")
    if output.dropped:
        _say(output, f"{output.dropped:,} pieces of the output are left out: nobody read them.")
    if number is not None or plan.count > 1:
        _say(output, f"{calls.summary(is_interrupted=number is not None)}.")
    if number is not None:
        # Nobody has to read them.
        with suppress(TimeoutError):
            await asyncio.wait_for(output.flush(), _LAST_WORDS_SECONDS)
        return SIGNALLED + number
    number = await _unless_ended(output.flush(), ending)
    if number is not None:
        return _ended_by(number, output)
    return FUNCTION_ERROR if calls.has_failures else 0


def _ended_by(number: int, output: OutputStream) -> int:
    """The exit status; raises as ``unwritable`` tells where it is the output that failed."""
    if number == signal.SIGPIPE and output.failure is not None:
        raise unwritable(output.failure)
    return SIGNALLED + number


def _without_provisioning(project: Project, chosen: Function) -> Project:
    """The project with environments made ahead for the chosen function only."""
    functions = tuple(
        function
        if function.name == chosen.name
        else replace(function, provisioned_concurrency=0, snap_start=False)
        for function in project.functions
    )
    return replace(project, functions=functions)


def _notes(pool: Pool, settings: Settings) -> list[str]:
    """How this machine differs from Lambda, as far as the function can notice."""
    notes = []
    if pool.version_mismatch is not None:
        notes.append(f"{pool.function.name} {pool.version_mismatch}.")
    is_chosen = settings.sandbox == "processes"
    if pool.sandbox is not None and pool.sandbox.level == "processes" and not is_chosen:
        notes.append(f"there is no isolation: {pool.sandbox.reason}; see `lambda-tui doctor`.")
    return notes


def _note(engine: Engine, output: OutputStream, event: events.Event) -> None:
    """Says why nothing comes for a while, and what the engine warns of."""
    if isinstance(event.record, events.Notice) and event.record.severity == "warning":
        _say(output, event.record.message)
    can_run = event.function in engine.pools and engine.pools[event.function].problem is None
    if isinstance(event.record, AsyncRetried) and can_run:
        why = "was throttled" if event.record.reason == "throttled" else "failed"
        seconds = f"{event.record.delay_seconds:g} s"
        hint = " (the setting retry_delays)" if event.record.reason == "error" else ""
        _say(output, f"{event.function} {why}; the next try is in {seconds}{hint}.")


def _say(output: OutputStream, sentence: str) -> None:
    output.put(f"lambda-tui: {sentence}\n", ERRORS)
