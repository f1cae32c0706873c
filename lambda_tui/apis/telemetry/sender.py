"""How a batch reaches its subscriber: as the body of an HTTP request, or as lines over TCP."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import httptools

from lambda_tui.apis.telemetry.subscription import Destination
from lambda_tui.engine.wire import Streams

Connect = Callable[[int], Awaitable[Streams]]
"""Connects to a port inside the environment; raises ``OSError``."""

_RECEIVE_SIZE = 1 << 16
_FIRST_FINAL_STATUS = 200
_FIRST_ERROR_STATUS = 400


class DeliveryError(Exception):
    """A batch has not been taken; ``str()`` says why."""


class Sender(Protocol):
    """Sends batches, one at a time."""

    async def send(self, events: Sequence[bytes]) -> None:
        """Returns when they are taken, however long that takes; raises ``DeliveryError``."""

    def close(self) -> None:
        """Sends no more."""


def sender_to(destination: Destination, connect: Connect) -> Sender:
    """The sender for a destination; it connects when there is something to send."""
    if destination.protocol == "HTTP":
        return HttpSender(destination, connect)
    return TcpSender(destination.port, connect)


class HttpSender:
    """One request for each batch, with a JSON array, on a connection of its own."""

    def __init__(self, destination: Destination, connect: Connect) -> None:
        self._port = destination.port
        self._connect = connect
        self._head = (
            f"{destination.method} {destination.path} HTTP/1.1\r\n"
            f"Host: {destination.host}:{destination.port}\r\n"
            "Content-Type: application/json\r\n"
            "Connection: close\r\n"
        )

    async def send(self, events: Sequence[bytes]) -> None:
        """Taken when the answer's status is below 400."""
        body = b"[" + b",".join(events) + b"]"
        try:
            reader, writer = await self._connect(self._port)
        except OSError as error:
            raise DeliveryError(_reason(error)) from None
        try:
            writer.write(f"{self._head}Content-Length: {len(body)}\r\n\r\n".encode())
            writer.write(body)
            status = await _response_status(reader)
        except OSError as error:
            raise DeliveryError(_reason(error)) from None
        finally:
            writer.transport.abort()
        if status >= _FIRST_ERROR_STATUS:
            raise DeliveryError(f"HTTP status {status}")

    def close(self) -> None:
        """There is nothing to close."""


class TcpSender:
    """One connection, on which each event is a line."""

    def __init__(self, port: int, connect: Connect) -> None:
        self._port = port
        self._connect = connect
        self._streams: Streams | None = None

    async def send(self, events: Sequence[bytes]) -> None:
        """Taken when the connection has; a lost one is made anew."""
        try:
            reader, writer = self._streams or await self._open()
            if reader.at_eof():
                raise ConnectionResetError
            writer.write(b"\n".join(events) + b"\n")
            await writer.drain()
        except OSError as error:
            self.close()
            raise DeliveryError(_reason(error)) from None

    def close(self) -> None:
        """Hangs up."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _open(self) -> Streams:
        self._streams = await self._connect(self._port)
        # Nothing is kept here: what is slow to be read waits in the bounded buffer.
        self._streams[1].transport.set_write_buffer_limits(0)
        return self._streams


class _Response:
    """What the parser tells of a response."""

    def __init__(self) -> None:
        self.status: int | None = None
        """Known when its head is whole."""
        self.is_whole = False
        self.parser = httptools.HttpResponseParser(self)

    def on_headers_complete(self) -> None:
        """A head is whole; one of 100 is not the last."""
        status = self.parser.get_status_code()
        self.status = status if status >= _FIRST_FINAL_STATUS else None

    def on_message_complete(self) -> None:
        """A response is whole."""
        self.is_whole = self.status is not None

    def feed(self, data: bytes) -> None:
        """More of it; raises ``DeliveryError`` for what is no HTTP."""
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            # What follows a whole response is nobody's.
            if not self.is_whole:
                raise DeliveryError("the response is not HTTP") from None


async def _response_status(reader: asyncio.StreamReader) -> int:
    """Reads a response to its end; one that has no length ends with the connection."""
    response = _Response()
    while not response.is_whole:
        data = await reader.read(_RECEIVE_SIZE)
        if not data:
            break
        response.feed(data)
    if response.status is None:
        raise DeliveryError("connection closed before the response")
    return response.status


def _reason(error: OSError) -> str:
    return os.strerror(error.errno or errno.ECONNRESET).lower()
