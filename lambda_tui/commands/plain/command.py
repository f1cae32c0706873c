"""From the options to an engine, its server and a keyboard, and to their end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.apis.http import DEFAULT_PORT, Server, ServerError
from lambda_tui.apis.lambda_api import announce, lambda_server
from lambda_tui.commands.output import STANDARD_OUTPUT, unwritable
from lambda_tui.commands.plain.keyboard import Keyboard
from lambda_tui.commands.plain.session import PlainSession
from lambda_tui.commands.serve.command import Mismatches
from lambda_tui.commands.serve.log import ServeLog
from lambda_tui.debug_log import log_events
from lambda_tui.end_signals import EndSignals
from lambda_tui.engine.engine import Engine
from lambda_tui.project.function import Problem
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings

END_LIMIT = 5.0
"""Seconds in which the command ends, else it is ended by force; extensions may take two."""

_SIGNALLED = 128
_STANDARD_INPUT = 0


def run(
    directory: Path,
    settings: Settings,
    problems: tuple[Problem, ...],
    host: str,
    port: int | None,
) -> int:
    """Show the project in a folder as lines until the user leaves; return the exit status.

    The problems are those of the settings. The Lambda API is served at a port of the host; None is
    the usual port or the next free one. Raises ``CommandError`` when standard output fails.
    """
    return asyncio.run(_run(directory, settings, problems, (host, port)))


async def _run(
    directory: Path,
    settings: Settings,
    problems: tuple[Problem, ...],
    serve_at: tuple[str, int | None],
) -> int:
    plain = _Plain(
        Engine(load_project(directory, settings), settings, open_environment_api, problems)
    )
    return await plain.run(settings, *serve_at)


class _Plain:
    """The engine with its log and its server, and the keyboard where there is one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._end = asyncio.Event()
        self._status = 0
        self._keyboard: Keyboard | None = None

    async def run(self, settings: Settings, host: str, port: int | None) -> int:
        """Run until the user leaves or a signal ends it; return the exit status."""
        engine = self._engine
        is_terminal = sys.stdin.isatty()
        terminal = _STANDARD_INPUT if is_terminal else None
        with ExitStack() as stack:
            signals = stack.enter_context(EndSignals(self._end_by, self._restore, terminal))
            log = ServeLog(engine, "text", "info", self._end.set, STANDARD_OUTPUT)
            log_events(engine.events)
            engine.tell_all_problems()
            server = self._serve(log, host, port)
            mismatches = Mismatches(log, engine)
            await engine.start()
            registration = announce(engine, server)
            telling = asyncio.create_task(mismatches.say_all())
            engine.sync.sync_needed_soon()
            if is_terminal:
                self._keyboard = stack.enter_context(Keyboard(_STANDARD_INPUT, self._end.set))
                session = PlainSession(engine, settings, log, self._keyboard, self._end.set)
                await _first_of(self._end.wait(), session.run())
            else:
                log.say("standard input is no terminal, so there are no keys; Ctrl+C ends.")
                await self._end.wait()
            signals.limit(END_LIMIT, self._status)
            telling.cancel()
            registration.remove()
            await server.close()
            await engine.close()
            await log.close()
        if log.failure is not None:
            raise unwritable(log.failure)
        return self._status

    def _serve(self, log: ServeLog, host: str, port: int | None) -> Server:
        """Serve the functions at the wanted, the usual or the next free port, or say why not."""
        server = lambda_server(self._engine, host)
        try:
            server.start(DEFAULT_PORT if port is None else port, or_next=port is None)
        except ServerError as error:
            log.say(f"the Lambda API is not served: {error}", "warning")
        self._engine.let_functions_call(server.address)
        return server

    def _end_by(self, number: int) -> None:
        self._status = _SIGNALLED + number
        self._end.set()

    def _restore(self) -> None:
        if self._keyboard is not None:
            self._keyboard.restore()


async def _first_of(*both: Coroutine[Any, Any, object]) -> None:
    """Wait until one of these ends, cancel the other, and raise what has gone wrong."""
    tasks = [asyncio.create_task(one) for one in both]
    done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for other in others:
        other.cancel()
    for task in done:
        task.result()
