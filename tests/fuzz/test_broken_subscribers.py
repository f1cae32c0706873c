"""Whatever a subscriber of telemetry does, others get theirs, and it does when it is well again."""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from fuzz.fuzzing import LONG_ENOUGH, ROUNDS, caught_errors, changed, new_chance
from lambda_tui.apis.telemetry import delivery as delivery_module
from lambda_tui.apis.telemetry.delivery import Delivery
from lambda_tui.apis.telemetry.sender import sender_to
from lambda_tui.apis.telemetry.subscription import STREAMS, Buffering, Destination, Subscription
from lambda_tui.engine import events
from lambda_tui.engine.events import Json, telemetry
from lambda_tui.engine.wire import connect_to_loopback
from support import SECONDS

pytestmark = LONG_ENOUGH

DELIVERIES = 60
AT_ONCE = Buffering(1000, 262_144, 25)
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
ANSWERS = (
    GOOD,
    b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: y\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nto the end",
)
TOKENS = (
    *(b"\r\n", b"\n", b"\0", b"\xff", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    *(b"Content-Length: 99999999999\r\n", b"Transfer-Encoding: chunked\r\n", b"ffffffff\r\n"),
    *(b"X: " + b"x" * 100_000, b"999", b"Content-Length: -1\r\n", b"Connection: close\r\n"),
)


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries follow one another at once."""
    monkeypatch.setattr(delivery_module, "_DELAYS", (0.001, 0.001))


class BrokenListener:
    """Do something else with each batch, until it is well."""

    def __init__(self, chance: random.Random) -> None:
        self.port = 0
        self.is_well = False
        self.got_when_well: list[bytes] = []
        self._chance = chance
        self._listening: socket.socket | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self.has_got = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()

    def start(self) -> None:
        """Listen on the port that it had, if it had one."""
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self._listening.setblocking(False)
        self.port = self._listening.getsockname()[1]
        asyncio.get_running_loop().add_reader(self._listening, self._accept)

    def stop(self) -> None:
        """Refuse connections from now on."""
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()
            self._listening = None

    def hang_up(self) -> None:
        """Abort every connection, those that hang included."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def _accept(self) -> None:
        # A server of asyncio that is closed just then forgets a client that it has accepted.
        assert self._listening is not None
        client, _address = self._listening.accept()
        serving = asyncio.create_task(self._serve(client))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, client: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=client)
        self._writers.add(writer)
        try:
            batch = await reader.read(1 << 16)
            if self.is_well:
                self.got_when_well.append(batch)
                self.has_got.set()
                writer.write(GOOD)
            else:
                await self._answer_badly(reader, writer)
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            if writer in self._writers:
                self._writers.discard(writer)
                writer.transport.abort() if self._chance.random() < 0.3 else writer.close()

    async def _answer_badly(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        answer = self._chance.choice(ANSWERS)
        if self._chance.random() < 0.8:
            answer = changed(self._chance, answer, ANSWERS, TOKENS)
        match self._chance.randrange(6):
            case 0:
                # It hangs until it is hung up.
                await reader.read()
            case 1:
                for byte in answer[:200]:
                    writer.write(bytes([byte]))
                    await asyncio.sleep(0)
            case 2:
                # Its head or its body has no end.
                begin = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n"
                writer.write(begin + self._chance.choice([b"\r\n", b"X: "]))
                while True:
                    writer.write(b"x" * 10_000)
                    await writer.drain()
            case _:
                writer.write(answer)


def envelopes(event: events.Event) -> list[Json]:
    envelope = telemetry(event)
    return [] if envelope is None else [envelope]


def delivery_to(listener: BrokenListener, protocol: Any) -> Delivery:
    where = Destination(protocol, listener.port, "sandbox.localdomain")
    sender = sender_to(where, partial(connect_to_loopback, None))
    subscription = Subscription("telemetry", "2022-12-13", STREAMS, AT_ONCE, where)
    return Delivery("recorder", subscription, sender, envelopes, lambda _loss: None)


def tell(delivery: Delivery, line: str) -> None:
    delivery.on_event(events.Event(record=events.FunctionLog(line), function="hello"))


async def until_heard(listener: BrokenListener, delivery: Delivery) -> None:
    """Tell lines until one arrives: over TCP none that was accepted is known to have arrived."""
    async with asyncio.timeout(SECONDS):
        while not listener.got_when_well:
            tell(delivery, "the last line")
            with suppress(TimeoutError):
                await asyncio.wait_for(listener.has_got.wait(), 0.05)


@pytest.mark.parametrize("protocol", ["HTTP", "TCP"])
async def test_a_broken_subscriber_harms_nobody_and_may_become_well(protocol: str) -> None:
    chance = new_chance()
    errors = caught_errors()
    for number in range(ROUNDS * DELIVERIES):
        listener = BrokenListener(chance)
        listener.start()
        delivery = delivery_to(listener, protocol)
        for line in range(chance.randint(1, 4)):
            tell(delivery, f"line {line} of {number}")
            if chance.random() < 0.3:
                listener.stop()
            await asyncio.sleep(chance.choice([0.0, 0.001, 0.03]))
        listener.is_well = True
        listener.stop()
        listener.hang_up()
        listener.start()
        await until_heard(listener, delivery)
        delivery.close()
        listener.stop()
        listener.hang_up()
        assert errors == []
