"""Listeners for telemetry, like those of extensions, on the event loop of the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from support import SECONDS


@dataclass(frozen=True)
class Request:
    """An HTTP request: one batch of events."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[Any]:
        """The body, decoded from JSON."""
        events = json.loads(self.body)
        assert isinstance(events, list)
        return events


class Listener:
    """A server of telemetry, whose subclasses keep what they receive."""

    def __init__(self) -> None:
        self.port = 0
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self, port: int = 0) -> None:
        """Start to listen, on a free port unless one is given."""
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port, limit=1 << 22)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening, and abort all connections."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def until(self, condition: Callable[[], object], seconds: float = SECONDS) -> None:
        """Wait until a condition holds, checked whenever something is received."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            await self._serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


class HttpListener(Listener):
    """Answers each batch with the next of ``answers``, or 200."""

    def __init__(self, *answers: bytes) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self.answers = list(answers)
        """The raw responses to the next batches."""
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    @property
    def events(self) -> list[Any]:
        """The events of all batches, refused ones included."""
        return [event for request in self.requests for event in request.events]

    @property
    def records(self) -> list[Any]:
        """The records of these events."""
        return [event["record"] for event in self.events]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *rest = head.strip().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (field.partition(": ") for field in rest)
        }
        body = await reader.readexactly(int(headers["content-length"]))
        self.requests.append(Request(line, headers, body))
        self._changed.set()
        await self.may_answer.wait()
        writer.write(response(200) if not self.answers else self.answers.pop(0))
        await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
        await reader.read()


class TcpListener(Listener):
    """Reads lines while ``may_read`` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[bytes] = []
        self.connections = 0
        self.may_read = asyncio.Event()
        self.may_read.set()

    @property
    def events(self) -> list[Any]:
        """The lines, decoded from JSON."""
        return [json.loads(line) for line in self.lines]

    def hang_up(self) -> None:
        """Abort every connection."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._changed.set()
        while True:
            await self.may_read.wait()
            self.lines.append(await reader.readuntil(b"\n"))
            self._changed.set()


def response(status: int, body: bytes = b"") -> bytes:
    """Return a raw HTTP response."""
    return f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
