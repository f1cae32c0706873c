"""``lambda-tui serve``: serves the Lambda API to SDKs, the AWS CLI and functions, until a signal.

Standard error has the functions' logs, and the command's own sentences.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
from contextlib import suppress
from dataclasses import replace

import uvloop

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.apis.http import DEFAULT_PORT, Server, ServerError
from lambda_tui.apis.lambda_api import lambda_server
from lambda_tui.commands.errors import CommandError
from lambda_tui.commands.opened_project import open_project, require_functions
from lambda_tui.commands.output import STANDARD_ERROR, OutputStream
from lambda_tui.commands.signals import handling_end_signals
from lambda_tui.debug_log import log_events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import Event, InitStart, Notice, RestoreStart, log_text
from lambda_tui.project.function import Project
from lambda_tui.project.settings import Settings
from lambda_tui.wording import counted

_INIT_SECONDS = 10.0
"""Time that an invocation under way may need in addition to its function's timeout."""
_GATHER_SECONDS = 0.02
"""How long lines of the log are collected for one write."""
_FLUSH_SECONDS = 1.0
"""How long the end waits for somebody to read the rest of the log."""


def run(options: argparse.Namespace) -> int:
    """Serve ``options.project`` until a signal. Returns the exit status.

    Raises ``CommandError`` when there are no functions, or when the server cannot listen.
    """
    opened = open_project(options)
    require_functions(opened)
    for problem in (*opened.settings_problems, *opened.project.problems):
        sys.stderr.write(f"lambda-tui: {problem}\n")
    sys.stderr.flush()
    settings = replace(opened.settings, watch=False) if options.no_watch else opened.settings
    return uvloop.run(_serve(opened.project, settings, options))


async def _serve(project: Project, settings: Settings, options: argparse.Namespace) -> int:
    first_signal, second_signal = asyncio.Event(), asyncio.Event()

    def note_signal(number: int) -> None:
        (second_signal if first_signal.is_set() else first_signal).set()

    with handling_end_signals(note_signal):
        engine = Engine(project, settings, open_environment_api)
        server = lambda_server(engine, options.host)
        try:
            port = DEFAULT_PORT if options.port is None else options.port
            await server.start(port, or_next=options.port is None)
        except ServerError as error:
            raise CommandError(str(error)) from None
        log_events(engine.events)
        log = ServeLog(engine)
        await engine.start()
        _greet(log, engine, server, port)
        booting = asyncio.create_task(_tell_mismatches(log, engine))
        engine.sdk.install_needed_soon()
        # Exclude the objects that exist by now from later garbage collections: they stay, and to
        # go through them would delay responses.
        gc.freeze()
        await first_signal.wait()
        booting.cancel()
        await _close_server(log, engine, server, second_signal)
        waiting = engine.asynchronous.waiting
        if waiting:
            log.say(
                f"gave up {counted(waiting, 'asynchronous invocation')} that had not succeeded yet."
            )
        await engine.close()
        await log.close()
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
        log.say(f"gave up {counted(given_up, 'invocation')} not answered yet.")


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


async def _tell_mismatches(log: ServeLog, engine: Engine) -> None:
    """Say, as soon as it is known, which functions run on another version than they name."""
    await engine.booted()
    for name, pool in engine.pools.items():
        log.say_mismatch(name, pool.version_mismatch)


def _greet(log: ServeLog, engine: Engine, server: Server, wanted_port: int) -> None:
    functions = counted(len(engine.pools), "function")
    name = next(iter(engine.pools))
    log.say(f"the Lambda API for {functions} of {engine.project.directory.name}: {server.address}")
    if wanted_port not in (0, server.port):
        log.say(f"port {wanted_port} is in use, so it is {server.port}.")
    log.write(
        f"\n  export AWS_ENDPOINT_URL_LAMBDA={server.address}\n"
        f"  aws lambda invoke --function-name {name} /dev/stdout\n\n"
        "Any credentials and the function's region do. Ctrl+C ends.\n\n"
    )


class ServeLog:
    """Writes functions' logs and sentences to standard error, in order, and never blocks the loop.

    Lines that come close together are put into one write.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stream = OutputStream(lambda: None)
        self._waiting: list[str | Event] = []
        """To be written; the text of an event is made when it is."""
        self._mismatches: dict[str, str] = {}
        """The sentences that were said of functions' interpreters, by name."""
        self._timer: asyncio.TimerHandle | None = None
        engine.events.listen(self._note)

    def say(self, sentence: str) -> None:
        """Write a sentence of lambda-tui's own, soon."""
        self.write(f"lambda-tui: {sentence}\n")

    def write(self, text: str) -> None:
        """Write a text, soon."""
        self._waiting.append(text)
        if self._timer is None:
            self._put_soon()

    def say_mismatch(self, name: str, mismatch: str | None) -> None:
        """Say that a function's interpreter is not the one that it names, unless it was said."""
        if mismatch is not None and self._mismatches.get(name) != mismatch:
            self._mismatches[name] = mismatch
            self.say(f"{name} {mismatch}.")

    async def close(self) -> None:
        """Write what is left, as far as somebody reads it."""
        self._put()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stream.flush(), _FLUSH_SECONDS)

    def _put_soon(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._put)

    def _put(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        texts = [one if isinstance(one, str) else self._text(one) for one in waiting]
        if any(texts):
            self._stream.put("".join(texts), STANDARD_ERROR)

    def _note(self, event: Event) -> None:
        if isinstance(event.record, Notice):
            self.say(event.record.message)
        else:
            if isinstance(event.record, InitStart | RestoreStart):
                # The project may have changed since the start.
                pool = self._engine.pools.get(event.function)
                self.say_mismatch(event.function, pool.version_mismatch if pool else None)
            self._waiting.append(event)
            if self._timer is None:
                self._put_soon()

    def _text(self, event: Event) -> str:
        """Return an event's lines, each after the function's name; empty if it is not logged."""
        pool = self._engine.pools.get(event.function)
        text = log_text(event, pool.function.logging) if pool is not None else None
        if text is None:
            return ""
        begin = f"{event.function}  "
        return begin + text.replace("\r", "\n").replace("\n", f"\n{begin}") + "\n"
