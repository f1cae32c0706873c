"""Freeze and thaw, reset, shutdown: what goes on, what is kept, what never comes."""

from __future__ import annotations

import asyncio
import re
import time

import pytest

from lambda_tui import limits
from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.wire import init_process
from support.workbench import Open, Workbench

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])

LISTENS = """
import atexit, os, signal, time
signal.signal(signal.SIGTERM, lambda *_: print("terminated", flush=True))
atexit.register(lambda: print("goodbye", flush=True))
def lambda_handler(event, context):
    if event == "crash":
        os._exit(1)
    if event == "hang":
        while True:
            time.sleep(0.01)
    return os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
"""


def messages(workbench: Workbench) -> list[str]:
    return [record.message for record in workbench.records(events.FunctionLog)]


@pytest.mark.rule("1.7.1")
@ONE_LEVEL
@pytest.mark.parametrize("state", [State.FROZEN, State.IDLE])
async def test_without_extensions_nothing_tells_the_runtime_of_its_shutdown(
    open_project: Open, state: State
) -> None:
    workbench = await open_project(LISTENS)
    await workbench.invoke()
    environment = await workbench.until_frozen()
    if state is State.IDLE:
        environment.thaw()

    workbench.pool.reinitialise(environment)

    await workbench.until(lambda: environment.state is State.ENDED)
    await workbench.until_frozen()
    assert messages(workbench) == []


@pytest.mark.rule("1.7.1")
@ONE_LEVEL
async def test_without_extensions_nothing_tells_the_runtime_of_its_reset(
    open_project: Open,
) -> None:
    workbench = await open_project(LISTENS, timeout=1)

    invocation = await workbench.invoke("hang")

    assert invocation.status == "timeout"
    await workbench.until_state(State.RESET)
    assert messages(workbench) == []


@pytest.mark.rule("1.7.1", "9.18")
@ONE_LEVEL
async def test_shutdown_without_extensions_takes_no_time(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever waited for it would be given up.
    monkeypatch.setattr(limits, "INTERNAL_SHUTDOWN_SECONDS", 1000.0)
    monkeypatch.setattr(limits, "SHUTDOWN_SECONDS", 1000.0)
    monkeypatch.setattr(init_process, "END_GRACE_PERIOD", 1000.0)
    workbench = await open_project(LISTENS)
    await workbench.invoke()
    environment = await workbench.until_frozen()

    environment.shut_down("idle")

    await workbench.until(lambda: not workbench.pool.environments)
    assert environment.state is State.ENDED


@pytest.mark.rule("1.6.4")
@ONE_LEVEL
async def test_a_reset_environment_keeps_its_log_stream_and_a_new_one_has_its_own(
    open_project: Open,
) -> None:
    workbench = await open_project(LISTENS)
    first = await workbench.answer()
    await workbench.invoke("crash")

    again = await workbench.answer()
    old = workbench.environment
    workbench.pool.reinitialise()
    await workbench.until(lambda: old not in workbench.pool.environments)
    other = await workbench.answer()

    assert first == again
    for stream in (first, other):
        assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
    assert first != other


KEEPS_TIME = """
import socket, time
kept = []
connection = None
def lambda_handler(event, context):
    global connection
    kept.append(context)
    if event == "rest":
        return time.time()
    if isinstance(event, int):
        connection = socket.create_connection(("127.0.0.1", event))
        return connection.recv(100).decode()
    if event == "receive":
        return connection.recv(100).decode()
    return [context.get_remaining_time_in_millis() for context in kept]
"""


async def stay_frozen(workbench: Workbench) -> None:
    """Wait until an environment has been frozen for 300 ms, which its clock then has missed."""
    environment = await workbench.until_frozen()
    frozen_since = environment.state_since
    loop = asyncio.get_running_loop()
    await workbench.until(lambda: loop.time() - frozen_since > 0.3)


@pytest.mark.rule("1.5.5", "8.4.2")
@ONE_LEVEL
async def test_the_remaining_time_is_right_after_a_thaw(open_project: Open) -> None:
    workbench = await open_project(KEEPS_TIME, timeout=30)
    (before,) = await workbench.answer()
    await stay_frozen(workbench)

    asked = time.monotonic()
    earlier, now = await workbench.answer()
    passed_ms = (time.monotonic() - asked) * 1000

    assert 30_000 - passed_ms - 5 <= now <= 30_000, "only the time of this invocation counts"
    assert earlier <= before - 300, "the clock went on for the one before"


@pytest.mark.rule("1.5.5")
@ONE_LEVEL
async def test_wall_clock_time_has_jumped_after_a_thaw(open_project: Open) -> None:
    workbench = await open_project(KEEPS_TIME)
    before = await workbench.answer("rest")
    await stay_frozen(workbench)

    assert await workbench.answer("rest") >= before + 0.3


@pytest.mark.rule("1.5.4")
@ONE_LEVEL
async def test_an_open_connection_outlives_a_freeze(open_project: Open) -> None:
    connected: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"first")
        connected.set_result(writer)

    workbench = await open_project(KEEPS_TIME)
    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await workbench.answer(port) == "first"
    await workbench.until_frozen()

    writer = await connected
    writer.write(b"while you were frozen")
    await writer.drain()

    assert await workbench.answer("receive") == "while you were frozen"
    writer.close()
    server.close()


@pytest.mark.rule("8.3.3")
@ONE_LEVEL
async def test_tmp_is_gone_with_its_environment(open_project: Open) -> None:
    workbench = await open_project(
        """
import os
def lambda_handler(event, context):
    was_there = os.path.exists("/tmp/note")
    open("/tmp/note", "w").close()
    return was_there
"""
    )
    assert await workbench.answer() is False
    assert await workbench.answer() is True
    old = workbench.environment

    workbench.pool.reinitialise()

    await workbench.until(lambda: old not in workbench.pool.environments)
    assert await workbench.answer() is False
