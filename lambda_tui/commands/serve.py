"""``lambda-tui serve``: the Lambda API for SDKs, the AWS CLI and functions, until a signal."""

from __future__ import annotations

import argparse
import asyncio
import gc
import signal
import sys
from dataclasses import replace

import uvloop

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.apis.http import DEFAULT_PORT, Server, ServerError
from lambda_tui.apis.lambda_api import lambda_server
from lambda_tui.commands.opening import open_project, require_functions
from lambda_tui.commands.refused import RefusedError
from lambda_tui.commands.served_log import ServedLog
from lambda_tui.engine.engine import Engine
from lambda_tui.project.function import Project
from lambda_tui.project.settings import Settings
from lambda_tui.wording import counted

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_INIT_SECONDS = 10.0
"""What an invocation under way may need beyond its function's timeout."""


def run(options: argparse.Namespace) -> int:
    """Serves ``options.project`` at ``options.host`` and ``options.port``; the exit status."""
    opened = open_project(options)
    require_functions(opened)
    for problem in (*opened.settings_problems, *opened.project.problems):
        sys.stderr.write(f"lambda-tui: {problem}\n")
    sys.stderr.flush()
    settings = replace(opened.settings, watch=False) if options.no_watch else opened.settings
    return uvloop.run(_serve(opened.project, settings, options))


async def _serve(project: Project, settings: Settings, options: argparse.Namespace) -> int:
    ending, hurrying = _signals()
    engine = Engine(project, settings, open_environment_api)
    server = lambda_server(engine, options.host)
    try:
        port = DEFAULT_PORT if options.port is None else options.port
        await server.start(port, or_next=options.port is None)
    except ServerError as error:
        raise RefusedError(str(error)) from None
    log = ServedLog(engine)
    await engine.start()
    _greet(log, engine, server, port)
    # What there is by now stays: a search for garbage in it would hold callers up.
    gc.freeze()
    await ending.wait()
    await _answer_the_last(log, engine, server, hurrying)
    waiting = engine.asynchronous.waiting
    if waiting:
        log.say(
            f"gave up {counted(waiting, 'asynchronous invocation')} that had not succeeded yet."
        )
    await engine.close()
    await log.close()
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


async def _answer_the_last(
    log: ServedLog, engine: Engine, server: Server, hurrying: asyncio.Event
) -> None:
    """Waits for what is in flight, as long as it may take or until a second signal."""
    timeouts = [pool.function.timeout for pool in engine.pools.values() if pool.running]
    seconds = max(timeouts) + _INIT_SECONDS if timeouts else 0.0
    if server.in_flight:
        log.say(
            f"answering {server.in_flight} more, for {seconds:g} s at most; "
            "another Ctrl+C ends at once."
        )
    closing = asyncio.create_task(_close(server, engine, seconds))
    hurry = asyncio.create_task(hurrying.wait())
    await asyncio.wait({closing, hurry}, return_when=asyncio.FIRST_COMPLETED)
    given_up = closing.result() if closing.done() else await server.close()
    for task in (closing, hurry):
        task.cancel()
    if given_up:
        log.say(f"gave up {counted(given_up, 'invocation')} not answered yet.")


async def _close(server: Server, engine: Engine, seconds: float) -> int:
    """How many were given up; extensions may outlast the answers, and have their time too."""
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


def _greet(log: ServedLog, engine: Engine, server: Server, wanted_port: int) -> None:
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
