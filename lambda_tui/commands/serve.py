"""``lambda-tui serve``: the Lambda API for SDKs, the AWS CLI and functions, until a signal."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from contextlib import suppress
from dataclasses import replace

from platformdirs import user_config_path

from lambda_tui.apis.lambda_api import lambda_server
from lambda_tui.apis.server import DEFAULT_HOST, DEFAULT_PORT, Server, ServerError
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import Event, Notice
from lambda_tui.engine.log_text import log_text
from lambda_tui.project.function import Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from lambda_tui.project.settings_file import load_settings

USAGE_ERROR = 2
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_INIT_SECONDS = 10.0
"""What an invocation under way may need beyond its function's timeout."""


def run(options: argparse.Namespace) -> int:
    """Serves ``options.project`` at ``options.host`` and ``options.port``; the exit status."""
    settings, problems = load_settings(options.project, user_config_path("lambda-tui"))
    project = load_project(options.project)
    for problem in problems:
        _say(str(problem))
    if not project.functions:
        _say(str(project.problems[0]))
        return USAGE_ERROR
    for problem in project.problems:
        _say(str(problem))
    return asyncio.run(_serve(project, _chosen(settings, options), options))


def _chosen(settings: Settings, options: argparse.Namespace) -> Settings:
    """The settings with what the command line says beside them."""
    if getattr(options, "sandbox", None) is not None:
        settings = replace(settings, sandbox=options.sandbox)
    if getattr(options, "no_watch", False):
        settings = replace(settings, watch=False)
    return settings


async def _serve(project: Project, settings: Settings, options: argparse.Namespace) -> int:
    ending, hurrying = _signals()
    engine = Engine(project, settings)
    server = lambda_server(engine, options.host or DEFAULT_HOST)
    port = DEFAULT_PORT if options.port is None else options.port
    try:
        await server.start(port, or_next=port == DEFAULT_PORT)
    except ServerError as error:
        _say(str(error))
        return USAGE_ERROR
    engine.events.listen(lambda event: _log(engine, event))
    await engine.start()
    _greet(engine, server, port)
    await ending.wait()
    await _answer_the_last(engine, server, hurrying)
    waiting = engine.asynchronous.waiting
    if waiting:
        _say(f"gave up {waiting} asynchronous invocations that were not over.")
    await engine.close()
    return 0


def _signals() -> tuple[asyncio.Event, asyncio.Event]:
    """Set by the first signal to end, and by the second."""
    loop = asyncio.get_running_loop()
    ending, hurrying = asyncio.Event(), asyncio.Event()

    def heard() -> None:
        (hurrying if ending.is_set() else ending).set()

    for number in _SIGNALS:
        loop.add_signal_handler(number, heard)
    return ending, hurrying


async def _answer_the_last(engine: Engine, server: Server, hurrying: asyncio.Event) -> None:
    """Waits for what is in flight, as long as it may take or until a second signal."""
    seconds = 0.0
    if server.in_flight:
        timeouts = [pool.function.timeout for pool in engine.pools.values() if pool.running]
        seconds = max(timeouts, default=0) + _INIT_SECONDS
        _say(
            f"answering {server.in_flight} more, for {seconds:g} s at most; "
            "another Ctrl+C ends at once."
        )
    closing = asyncio.create_task(server.close(seconds))
    hurry = asyncio.create_task(hurrying.wait())
    await asyncio.wait({closing, hurry}, return_when=asyncio.FIRST_COMPLETED)
    given_up = closing.result() if closing.done() else await server.close()
    for task in (closing, hurry):
        task.cancel()
    if given_up:
        _say(f"gave up {given_up} invocations that were not over.")


def _greet(engine: Engine, server: Server, wanted_port: int) -> None:
    count = len(engine.pools)
    functions = f"{count} function{'s' if count > 1 else ''}"
    name = next(iter(engine.pools))
    _say(f"the Lambda API for {functions} of {engine.project.directory.name} at {server.address}")
    if wanted_port not in (0, server.port):
        _say(f"port {wanted_port} is in use, so it is {server.port}.")
    _write(
        f"\n  export AWS_ENDPOINT_URL_LAMBDA={server.address}\n"
        f"  aws lambda invoke --function-name {name} /dev/stdout\n\n"
        "Any credentials and the function's region do. Ctrl+C ends.\n\n"
    )


def _log(engine: Engine, event: Event) -> None:
    """A function's log as it comes, and what lambda-tui has to say."""
    if isinstance(event.record, Notice):
        _say(event.record.message)
        return
    pool = engine.pools.get(event.function)
    text = log_text(event, pool.function.logging) if pool is not None else None
    if text is not None:
        lines = text.replace("\r", "\n").split("\n")
        _write("".join(f"{event.function}  {line}\n" for line in lines))


def _say(sentence: str) -> None:
    _write(f"lambda-tui: {sentence}\n")


def _write(text: str) -> None:
    # Whoever reads it may have gone; the API is served all the same.
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()
