"""Batches on their way to real listeners: when they go, what they are, and what becomes of them."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import pytest

from lambda_tui.apis.telemetry import delivery as delivery_module
from lambda_tui.apis.telemetry.buffer import Buffer, Item
from lambda_tui.apis.telemetry.delivery import Delivery
from lambda_tui.apis.telemetry.sender import TcpSender, sender_to
from lambda_tui.apis.telemetry.subscription import STREAMS, Buffering, Destination, Subscription
from lambda_tui.engine import events
from lambda_tui.engine.events import Json, telemetry
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.wire import OwnNetwork, connect_to_loopback
from support.telemetry_listener import HttpListener, Listener, TcpListener, response

SECONDS = 60.0
AT_ONCE = Buffering(1000, 262_144, 25)
NEVER = Buffering(1000, 262_144, 3_600_000)
"""Not within a test, as far as time is concerned."""


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries follow one another at once."""
    monkeypatch.setattr(delivery_module, "_DELAYS", (0.01, 0.01, 0.01))


def project(event: events.Event) -> list[Json]:
    envelope = telemetry(event)
    return [] if envelope is None else [envelope]


class Subscribed:
    """A delivery, and what it reports."""

    delivery: Delivery

    def __init__(self) -> None:
        self.lost: list[events.LogsDropped] = []
        self._has_lost = asyncio.Event()

    def note_loss(self, loss: events.LogsDropped) -> None:
        self.lost.append(loss)
        self._has_lost.set()

    def tell(self, *records: events.Record) -> None:
        for record in records:
            self.delivery.on_event(events.Event(record=record, function="hello"))

    def log(self, *lines: str) -> None:
        self.tell(*(events.FunctionLog(line) for line in lines))

    async def delivered(self) -> None:
        await asyncio.wait_for(self.delivery.delivered(), SECONDS)

    async def until_lost(self) -> None:
        await asyncio.wait_for(self._has_lost.wait(), SECONDS)


@asynccontextmanager
async def subscribed(
    listener: Listener,
    buffering: Buffering = AT_ONCE,
    types: tuple[str, ...] = STREAMS,
    **destination: Any,
) -> AsyncIterator[Subscribed]:
    """A subscription to a listener, which is started unless it was."""
    if not listener.port:
        await listener.start()
    protocol: Any = "TCP" if isinstance(listener, TcpListener) else "HTTP"
    where = Destination(protocol, listener.port, "sandbox.localdomain", **destination)
    sender = sender_to(where, partial(connect_to_loopback, None))
    subscription = Subscription("telemetry", "2022-12-13", types, buffering, where)
    one = Subscribed()
    one.delivery = Delivery("recorder", subscription, sender, project, one.note_loss)
    try:
        yield one
    finally:
        one.delivery.close()
        await listener.close()


@pytest.mark.rule("4.2.1")
async def test_a_batch_is_a_post_of_a_json_array_to_the_path() -> None:
    listener = HttpListener()
    async with subscribed(listener, path="/logs?to=me") as one:
        one.log("first", "zwölf")
        await one.delivered()

    (request,) = listener.requests
    assert request.line == "POST /logs?to=me HTTP/1.1"
    assert request.headers["host"] == f"sandbox.localdomain:{listener.port}"
    assert request.headers["content-type"] == "application/json"
    assert [event["record"] for event in request.events] == ["first", "zwölf"]
    assert {event["type"] for event in request.events} == {"function"}


@pytest.mark.rule("4.4.3")
async def test_the_logs_apis_method_is_used() -> None:
    listener = HttpListener()
    async with subscribed(listener, method="PUT") as one:
        one.log("hi")
        await one.delivered()

    assert listener.requests[0].line == "PUT / HTTP/1.1"


@pytest.mark.rule("4.3.5")
async def test_only_the_streams_that_were_subscribed_to_are_heard() -> None:
    listener = HttpListener()
    async with subscribed(listener, types=("platform", "extension")) as one:
        one.tell(
            events.FunctionLog("function"),
            events.ExtensionLog("extension"),
            events.Start("id"),
            events.EnvironmentStale(("a.py",)),
            events.Notice("warning", "mind the gap"),
        )
        await one.delivered()

    assert [event["type"] for event in listener.events] == ["extension", "platform.start"]


@pytest.mark.rule("4.2.3")
async def test_a_batch_goes_when_its_time_is_over() -> None:
    listener = HttpListener()
    async with subscribed(listener, Buffering(1000, 262_144, 50)) as one:
        one.log("first")
        await listener.until(lambda: listener.requests)
        await one.delivered()
        one.log("second")
        await one.delivered()

    assert [len(request.events) for request in listener.requests] == [1, 1]


@pytest.mark.rule("4.2.3")
async def test_a_batch_goes_when_it_has_its_items() -> None:
    listener = HttpListener()
    async with subscribed(listener, NEVER) as one:
        one.log("line 0")
        # By now its delivery waits for more.
        for _ in range(5):
            await asyncio.sleep(0)
        one.log(*(f"line {number}" for number in range(1, 2500)))
        await listener.until(lambda: len(listener.requests) == 2)

    assert [len(request.events) for request in listener.requests] == [1000, 1000]
    assert listener.records == [f"line {number}" for number in range(2000)]


@pytest.mark.rule("4.2.3")
async def test_a_batch_goes_when_it_has_its_bytes_and_passes_them_by_one_event() -> None:
    listener = HttpListener()
    async with subscribed(listener, NEVER) as one:
        one.log(*("x" * 100_000 for _ in range(4)))
        await listener.until(lambda: listener.requests)

    (request,) = listener.requests
    assert len(request.events) == 3


@pytest.mark.rule("4.2.9")
async def test_what_is_there_goes_at_once_when_the_environment_ends() -> None:
    listener = HttpListener()
    async with subscribed(listener, NEVER) as one:
        await asyncio.wait_for(one.delivery.flush(), SECONDS)
        one.log("first")
        await asyncio.wait_for(one.delivery.flush(), SECONDS)
        one.log("second")
        await asyncio.wait_for(one.delivery.flush(), SECONDS)

    assert [request.events[0]["record"] for request in listener.requests] == ["first", "second"]


@pytest.mark.rule("4.2.9")
async def test_what_comes_after_that_keeps_to_the_batches() -> None:
    listener = HttpListener()
    listener.may_answer.clear()
    async with subscribed(listener, NEVER) as one:
        one.log("first")
        flushing = asyncio.create_task(one.delivery.flush())
        await listener.until(lambda: listener.requests)
        # A listener that writes a line for each delivery, and more of them than a batch takes.
        one.log(*(f"line {number}" for number in range(1500)))
        listener.may_answer.set()
        await asyncio.wait_for(flushing, SECONDS)
        await listener.until(lambda: len(listener.requests) == 2)
        one.log(*(f"line {number}" for number in range(1500, 2000)))
        await one.delivered()

    assert [len(request.events) for request in listener.requests] == [1, 1000, 1000]


@pytest.mark.rule("4.2.4")
@pytest.mark.parametrize(
    "end", [events.RuntimeDone("id", "error", 1.0), events.InitRuntimeDone("timeout")]
)
async def test_a_batch_goes_when_the_runtime_has_ended(end: events.Record) -> None:
    listener = HttpListener()
    async with subscribed(listener, NEVER) as one:
        one.log("last words")
        one.tell(end)
        await one.delivered()
        one.log("of the next one")

    assert [event["type"] for event in listener.events] == ["function", end.type]


@pytest.mark.rule("4.2.1")
@pytest.mark.parametrize(
    "answer",
    [
        response(204),
        response(302),
        b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
        b"HTTP/1.1 100 Continue\r\n\r\n" + response(200, b"taken"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n",
        response(200) + b"and what nobody asked for",
    ],
)
async def test_an_answer_below_400_takes_the_batch(answer: bytes) -> None:
    listener = HttpListener(answer)
    async with subscribed(listener) as one:
        one.log("hi")
        await one.delivered()

    assert len(listener.requests) == 1
    assert one.lost == []


@pytest.mark.rule("4.2.6")
@pytest.mark.parametrize(
    "answer",
    [
        response(400),
        response(500, b"no"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + response(500),
        b"",
        b"what?\r\n",
        b"HTTP",
    ],
)
async def test_a_batch_that_is_not_taken_is_sent_again(answer: bytes) -> None:
    listener = HttpListener(answer, answer)
    async with subscribed(listener) as one:
        one.log("first")
        await listener.until(lambda: len(listener.requests) >= 2)
        one.log("second")
        await one.delivered()

    assert listener.records[:3] == ["first", "first", "first"]
    assert listener.records[3:] == ["second"]
    assert one.lost == []


@pytest.mark.rule("4.2.6")
@pytest.mark.parametrize("kind", [HttpListener, TcpListener])
async def test_a_listener_that_comes_late_has_all(kind: type[HttpListener | TcpListener]) -> None:
    listener = kind()
    await listener.start()
    port = listener.port
    await listener.close()
    async with subscribed(listener) as one:
        tries = []

        async def connect(port: int) -> Any:
            tries.append(port)
            if len(tries) == 2:
                await listener.start(port)
            return await connect_to_loopback(None, port)

        one.delivery._sender._connect = connect
        one.log("first")
        await one.delivered()
        await listener.until(lambda: listener.events)

    assert [event["record"] for event in listener.events] == ["first"]
    assert tries == [port, port]


@pytest.mark.rule("4.2.7")
async def test_a_batch_that_is_never_taken_is_dropped_and_told_of() -> None:
    listener = HttpListener(*[response(503)] * 4)
    async with subscribed(listener) as one:
        one.log("first", "second")
        await one.until_lost()
        size = len(listener.requests[0].body) - len("[,]")
        one.log("third")
        await one.delivered()

    assert one.lost == [events.LogsDropped("could not send events: HTTP status 503", 2, size)]
    assert listener.records[-1] == "third"


@pytest.mark.rule("4.2.7")
async def test_the_loss_of_what_tells_of_a_loss_is_not_told() -> None:
    listener = HttpListener(*[response(503)] * 4)
    async with subscribed(listener) as one:
        one.tell(events.LogsDropped("too slow", 3, 400))
        await one.delivered()

    assert len(listener.requests) == 4
    assert one.lost == []


@pytest.mark.rule("4.2.7")
async def test_a_listener_that_never_answers_costs_a_bounded_buffer_and_no_time() -> None:
    listener = HttpListener()
    listener.may_answer.clear()
    async with subscribed(listener) as one:
        one.log("under way")
        await listener.until(lambda: listener.requests)
        one.log(*(f"line {number}" for number in range(4_500)))
        listener.may_answer.set()
        await one.delivered()

    assert listener.records == ["under way", *(f"line {number}" for number in range(4000))]
    (loss,) = one.lost
    assert loss.dropped_records == 500
    assert loss.dropped_bytes > 500 * len("line 4000")
    assert "fallen behind" in loss.reason


@pytest.mark.rule("4.2.8")
async def test_nothing_is_sent_to_a_frozen_environment_and_all_after_its_thaw() -> None:
    listener, awake = HttpListener(), HttpListener()
    async with subscribed(listener) as one, subscribed(awake) as other:
        one.log("before")
        one.tell(events.StateChange(State.FROZEN))
        other.log("before")
        await other.delivered()
        assert listener.requests == []
        one.tell(events.StateChange(State.IDLE))
        one.log("after")
        await one.delivered()

    assert listener.records == ["before", "after"]


@pytest.mark.rule("4.2.8")
async def test_a_delivery_under_way_waits_for_the_thaw_and_does_not_count_as_failed() -> None:
    listener = HttpListener()
    listener.may_answer.clear()
    async with subscribed(listener) as one:
        one.log("under way")
        await listener.until(lambda: listener.requests)
        one.tell(events.StateChange(State.FROZEN), events.StateChange(State.IDLE))
        listener.may_answer.set()
        await one.delivered()

    assert len(listener.requests) == 1
    assert one.lost == []


@pytest.mark.rule("4.2.2")
async def test_over_tcp_each_event_is_a_line_on_one_connection() -> None:
    listener = TcpListener()
    async with subscribed(listener) as one:
        one.log("first", "in two\rlines")
        await listener.until(lambda: len(listener.lines) == 2)
        one.log("third")
        await listener.until(lambda: len(listener.lines) == 3)

    assert [event["record"] for event in listener.events] == ["first", "in two\rlines", "third"]
    assert listener.connections == 1


@pytest.mark.rule("4.2.2")
async def test_a_lost_tcp_connection_is_made_anew() -> None:
    listener = TcpListener()
    async with subscribed(listener) as one:
        one.log("first")
        await listener.until(lambda: listener.lines)
        await one.delivered()
        sender = one.delivery._sender
        assert isinstance(sender, TcpSender)
        streams = sender._streams
        assert streams is not None
        listener.hang_up()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(streams[0].readexactly(1), SECONDS)
        one.log("second")
        await listener.until(lambda: len(listener.lines) == 2)

    assert listener.connections == 2
    assert one.lost == []


@pytest.mark.rule("4.2.7")
async def test_a_tcp_subscriber_that_does_not_read_costs_a_bounded_buffer() -> None:
    listener = TcpListener()
    listener.may_read.clear()
    line = "x" * 100_000
    async with subscribed(listener) as one:
        for _ in range(60):
            one.log(*([line] * 10))
            await asyncio.sleep(0)
        listener.may_read.set()
        await one.until_lost()
        await one.delivered()
        kept = 600 - sum(loss.dropped_records for loss in one.lost)
        await listener.until(lambda: len(listener.lines) == kept)

    assert 0 < kept < 600
    assert {event["record"] for event in listener.events} == {line}


@pytest.mark.rule("4.2.7")
def test_a_buffer_keeps_four_batches_and_gives_them_in_order() -> None:
    buffer = Buffer(Buffering(1000, 262_144, 100))
    events_ = [json.dumps(number).encode() for number in range(4001)]

    kept = [buffer.add(Item(1.0, event, True)) for event in events_]
    batches = [buffer.take() for _ in range(5)]

    assert kept == [True] * 4000 + [False]
    assert [len(batch) for batch in batches] == [1000, 1000, 1000, 1000, 0]
    assert [item.event for batch in batches for item in batch] == events_[:4000]


@pytest.mark.rule("4.2.3")
def test_a_buffers_time_runs_from_its_first_event() -> None:
    buffer = Buffer(Buffering(1000, 262_144, 100))

    assert buffer.due_at is None
    buffer.add(Item(5.0, b"1", True))
    buffer.add(Item(6.0, b"2", True))
    assert buffer.due_at == pytest.approx(5.1)
    buffer.take()
    assert buffer.due_at is None


class EndlessListener(HttpListener):
    """Begins to answer each batch, and never ends."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n")
        while True:
            writer.write(b"x" * 10_000)
            await writer.drain()


async def test_a_response_without_an_end_is_not_read_for_ever() -> None:
    async with subscribed(EndlessListener()) as one:
        one.log("first")
        await one.delivered()

    assert one.lost == []


class OwnPort:
    """A network in which the kernel chooses a certain port, which it may do in any."""

    def __init__(self) -> None:
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            self.port: int = chosen.getsockname()[1]

    async def open_socket(self) -> socket.socket:
        end = socket.socket()
        end.bind(("127.0.0.1", self.port))
        return end


async def test_a_port_where_nobody_listens_is_not_connected_to_itself() -> None:
    network = OwnPort()

    with pytest.raises(ConnectionRefusedError):
        await connect_to_loopback(cast(OwnNetwork, network), network.port)
