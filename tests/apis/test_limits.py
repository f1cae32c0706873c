"""Time and numbers: what a client may take of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.apis.http import DEFAULT_HOST, Server, ServerError, connection, server
from lambda_tui.apis.lambda_api import lambda_server
from lambda_tui.apis.lambda_api.api import LambdaApi
from lambda_tui.engine.engine import Engine
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.lambda_api import invocations, write_project
from support.workbench import until

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
SECONDS = 60


@pytest.fixture
async def engine(tmp_path: Path, nothing_is_left: None) -> AsyncIterator[Engine]:
    engine = Engine(
        load_project(write_project(tmp_path)), Settings(watch=False), open_environment_api
    )
    await engine.start()
    yield engine
    await engine.close()


@pytest.fixture
async def serving(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(connection, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(server, "_SWEEP_SECONDS", 0.02)
    serving = lambda_server(engine)
    serving.start(0)
    yield serving
    await serving.close()
    assert serving.connections == 0


async def connect(serving: Server) -> Streams:
    return await asyncio.open_connection("127.0.0.1", serving.port)


async def ask(streams: Streams, name: str = "echo", event: bytes = b"{}") -> bytes:
    """The body of the answer to an invocation."""
    reader, writer = streams
    path = invocations(name)
    writer.write(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n".encode())
    writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(event), event))
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SECONDS)
    assert head.startswith(b"HTTP/1.1 200 "), head
    size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return await reader.readexactly(size)


async def is_closed(streams: Streams) -> bool:
    try:
        return await asyncio.wait_for(streams[0].read(1), SECONDS) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    "begun",
    [
        b"P",
        b"POST / HTTP/1.1\r\nHost: localh",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{",
    ],
)
async def test_a_client_that_dawdles_is_cut_off_and_others_are_not(
    serving: Server, begun: bytes
) -> None:
    slow, other = await connect(serving), await connect(serving)
    slow[1].write(begun)

    assert await ask(other, "waits", b'{"seconds": 0.5}') == b"0.5"
    assert await is_closed(slow)
    assert await ask(other) == b"{}"
    for _, writer in (slow, other):
        writer.close()


async def test_a_refused_request_is_told_in_the_debug_log(
    serving: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "lambda_tui")
    noise = await connect(serving)
    noise[1].write(b"noise\r\n\r\n")

    await asyncio.wait_for(noise[0].readuntil(b"\r\n"), SECONDS)
    assert caplog.messages == ["refused a request with status 400"]
    noise[1].close()


async def test_a_head_that_comes_byte_by_byte_is_not_waited_for(serving: Server) -> None:
    slow = await connect(serving)

    async def drip() -> None:
        for _ in range(200):
            slow[1].write(b"x")
            await asyncio.sleep(0.02)

    slow[1].write(b"POST / HTTP/1.1\r\nHost: localhost\r\nX: ")
    dripping = asyncio.create_task(drip())
    assert await is_closed(slow)
    dripping.cancel()
    slow[1].close()


@pytest.fixture
async def small(engine: Engine) -> AsyncIterator[Server]:
    small = Server(LambdaApi(engine, DEFAULT_HOST), most_connections=5)
    small.start(0)
    yield small
    await small.close()
    assert small.connections == 0


async def test_idle_clients_make_room_for_new_ones_and_the_served_ones_stay(
    engine: Engine, small: Server
) -> None:
    busy = await connect(small)
    answer = asyncio.create_task(ask(busy, "waits", b'{"seconds": 0.5}'))
    await until(engine, lambda: small.in_flight)
    idle = [await connect(small) for _ in range(8)]

    assert await ask(idle[-1]) == b"{}"
    assert small.connections <= 5
    assert [await is_closed(streams) for streams in idle[:4]] == [True] * 4
    assert await answer == b"0.5"
    for _, writer in (busy, *idle):
        writer.close()


async def test_callers_beyond_the_connections_wait_and_each_gets_its_answer(
    small: Server,
) -> None:
    callers = [await connect(small) for _ in range(40)]
    events = [b"%d" % number for number in range(40)]
    answers = asyncio.gather(*map(ask, callers, ["echo"] * 40, events))

    assert await asyncio.wait_for(answers, SECONDS) == events
    assert small.connections <= 5
    for _, writer in callers:
        writer.close()


async def test_a_client_in_the_middle_of_its_request_does_not_make_room(small: Server) -> None:
    half, *others = [await connect(small) for _ in range(5)]
    half[1].write(b"POST / HTTP/1.1\r\n")
    waiting = [await connect(small) for _ in range(5)]

    for streams in waiting:
        assert await ask(streams) == b"{}"
    assert [await is_closed(streams) for streams in others] == [True] * 4
    half[1].write(b"Host: localhost\r\n\r\n")
    assert (await half[0].readuntil(b"\r\n")).startswith(b"HTTP/1.1 404 ")
    for _, writer in (half, *others, *waiting):
        writer.close()


async def test_the_next_free_port_is_taken_only_when_it_may_be(
    engine: Engine, serving: Server
) -> None:
    assert serving.port is not None
    second = lambda_server(engine)
    with pytest.raises(ServerError, match=f"port {serving.port}: address already in use"):
        second.start(serving.port)

    second.start(serving.port, or_next=True)
    assert second.port is not None
    assert second.port > serving.port
    assert second.address == f"http://127.0.0.1:{second.port}"
    await second.close()


async def test_a_host_that_is_not_ours_is_told(engine: Engine) -> None:
    with pytest.raises(ServerError, match=r"cannot listen on 192\.0\.2\.1 port 0: "):
        lambda_server(engine, "192.0.2.1").start(0)
    with pytest.raises(ServerError, match=r"there is no address 'no\.such\.host\.invalid'"):
        lambda_server(engine, "no.such.host.invalid").start(0)


@pytest.mark.parametrize(("seconds", "given_up"), [(60.0, 0), (0.05, 1)])
async def test_closing_answers_what_is_in_flight_or_says_how_much_it_gave_up(
    engine: Engine, seconds: float, given_up: int
) -> None:
    serving = lambda_server(engine)
    serving.start(0)
    busy, idle = await connect(serving), await connect(serving)
    answer = asyncio.create_task(ask(busy, "waits", b'{"seconds": 0.4}'))
    await until(engine, lambda: serving.in_flight)

    assert await serving.close(seconds) == given_up
    assert await is_closed(idle)
    if given_up:
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await answer
    else:
        assert await answer == b"0.4"
    for _, writer in (busy, idle):
        writer.close()
