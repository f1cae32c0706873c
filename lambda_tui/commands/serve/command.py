"""From the options to an engine and a server of its API, and to their end by a signal."""

from __future__ import annotations

import argparse
import asyncio
import gc
from dataclasses import replace

import uvloop

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.apis.http import DEFAULT_PORT, Server, ServerError
from lambda_tui.apis.lambda_api import Registration, announce, lambda_server
from lambda_tui.commands.errors import CommandError
from lambda_tui.commands.opened_project import OpenedProject, open_project, require_functions
from lambda_tui.commands.output import unwritable
from lambda_tui.commands.serve.log import ServeLog
from lambda_tui.debug_log import log_events
from lambda_tui.end_signals import EndSignals
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import Event, InitStart, RestoreStart
from lambda_tui.project.settings import Settings
from lambda_tui.wording import counted

_INIT_SECONDS = 10.0
"""Time that an invocation under way may need in addition to its function's timeout."""


def run(options: argparse.Namespace) -> int:
    """Serve ``options.project`` until a signal. Returns the exit status.

    Raises ``CommandError`` when there are no functions, or when the server cannot listen.
    """
    opened = open_project(options)
    require_functions(opened)
    settings = replace(opened.settings, watch=False) if options.no_watch else opened.settings
    return uvloop.run(_serve(opened, settings, options))


async def _serve(opened: OpenedProject, settings: Settings, options: argparse.Namespace) -> int:
    first_signal, second_signal = asyncio.Event(), asyncio.Event()

    def note_signal(number: int) -> None:
        (second_signal if first_signal.is_set() else first_signal).set()

    with EndSignals(note_signal):
        engine = Engine(opened.project, settings, open_environment_api, opened.settings_problems)
        log = ServeLog(engine, options.output, options.log_level, first_signal.set)
        log_events(engine.events)
        engine.tell_all_problems()
        server = lambda_server(engine, options.host)
        try:
            port = DEFAULT_PORT if options.port is None else options.port
            server.start(port, or_next=options.port is None)
        except ServerError as error:
            await log.close()
            raise CommandError(str(error)) from None
        engine.let_functions_call(server.address)
        mismatches = Mismatches(log, engine)
        await engine.start()
        registration = _greet(log, engine, server, port)
        booting = asyncio.create_task(mismatches.say_all())
        engine.sync.sync_needed_soon()
        # Exclude the objects that exist by now from later garbage collections: they stay, and to
        # go through them would delay responses.
        gc.freeze()
        await first_signal.wait()
        booting.cancel()
        registration.remove()
        await _close_server(log, engine, server, second_signal)
        waiting = engine.asynchronous.waiting
        if waiting:
            events = counted(waiting, "asynchronous invocation")
            log.say(f"gave up {events} that had not succeeded yet.", "warning")
        await engine.close()
        await log.close()
    if log.failure is not None:
        raise unwritable(log.failure)
    return 0


async def _close_server(
    log: ServeLog, engine: Engine, server: Server, second_signal: asyncio.Event
) -> None:
    """Answer the requests in flight, for as long as they may take or until a second signal."""
    timeouts = [pool.function.timeout for pool in engine.pools.values() if pool.running]
    seconds = max(timeouts) + _INIT_SECONDS if timeouts else 0.0
    if server.in_flight:
        log.say(
            f"answering {server.in_flight} more, for {seconds:g} s at most; "
            "another Ctrl+C ends at once."
        )
    closing = asyncio.create_task(_finish_invocations(server, engine, seconds))
    hurrying = asyncio.create_task(second_signal.wait())
    await asyncio.wait({closing, hurrying}, return_when=asyncio.FIRST_COMPLETED)
    given_up = closing.result() if closing.done() else await server.close()
    for task in (closing, hurrying):
        task.cancel()
    if given_up:
        log.say(f"gave up {counted(given_up, 'invocation')} not answered yet.", "warning")


async def _finish_invocations(server: Server, engine: Engine, seconds: float) -> int:
    """Close the server and wait for the extensions, which may go on after the responses.

    Returns how many requests were given up.
    """
    given_up = await server.close(seconds)
    under_way = [
        asyncio.ensure_future(environment.invocation.wait())
        for pool in engine.pools.values()
        for environment in pool.environments
        if environment.invocation is not None
    ]
    if under_way and not given_up:
        await asyncio.wait(under_way, timeout=seconds)
    for waiting in under_way:
        waiting.cancel()
    return given_up


class Mismatches:
    """Says once for each how this machine differs from what functions have on Lambda.

    That is the sandbox level, and an interpreter that is not the one that its function names.
    """

    def __init__(self, log: ServeLog, engine: Engine) -> None:
        self._log = log
        self._engine = engine
        self._said: dict[str, str] = {}
        """By the name of the function."""
        # The project may change after the start.
        engine.events.listen(self._note, InitStart, RestoreStart)

    async def say_all(self) -> None:
        """Say all as soon as they are known."""
        await self._engine.booted()
        sandboxes = [pool.sandbox for pool in self._engine.pools.values() if pool.sandbox]
        for shortcoming in dict.fromkeys(one.shortcoming for one in sandboxes if one.shortcoming):
            self._log.say(shortcoming, "warning")
        for name in list(self._engine.pools):
            self._say(name)

    def _note(self, event: Event) -> None:
        self._say(event.function)

    def _say(self, name: str) -> None:
        pool = self._engine.pools.get(name)
        mismatch = pool.version_mismatch if pool is not None else None
        if mismatch is not None and self._said.get(name) != mismatch:
            self._said[name] = mismatch
            self._log.say(f"{name} {mismatch}.", "warning")


def _greet(log: ServeLog, engine: Engine, server: Server, wanted_port: int) -> Registration:
    if wanted_port not in (0, server.port):
        log.say(f"port {wanted_port} is in use, so it is {server.port}.", "warning")
    functions = counted(len(engine.pools), "function")
    whose = engine.credentials.choice
    log.say(f"{functions} of {engine.project.directory.name}, credentials: {whose}; Ctrl+C ends.")
    return announce(engine, server)
