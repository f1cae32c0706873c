"""Sends batches to their subscriber: as the body of an HTTP request, or as lines over TCP."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Awaitable, Callable, Sequence

import httptools

from lambda_tui.apis.telemetry.subscription import Destination
from lambda_tui.engine.wire import Streams

Connect = Callable[[int], Awaitable[Streams]]
"""Connects to a port inside the environment. Raises ``OSError``."""

_RECEIVE_SIZE = 1 << 16
_LONGEST_RESPONSE = 1 << 20
"""Bytes of a response that are read."""
_FIRST_FINAL_STATUS = 200
_FIRST_ERROR_STATUS = 400


class DeliveryError(Exception):
    """A batch has not been accepted; ``str()`` says why."""


class HttpSender:
    """Sends each batch as a JSON array, in a request on a connection of its own."""

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
        """Send a batch and wait for a response, however long that takes.

        Raises ``DeliveryError`` unless the status of the response is below 400.
        """
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
        """Do nothing: no connection is kept."""


class TcpSender:
    """Sends each event as a line, all on one connection."""

    def __init__(self, port: int, connect: Connect) -> None:
        self._port = port
        self._connect = connect
        self._streams: Streams | None = None

    async def send(self, events: Sequence[bytes]) -> None:
        """Send a batch, on a new connection if the one before was lost.

        Returns when the connection has accepted it, however long that takes. Raises
        ``DeliveryError``.
        """
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
        """Close the connection."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def _open(self) -> Streams:
        self._streams = await self._connect(self._port)
        # Nothing is buffered here: events for a slow reader wait in the bounded buffer.
        self._streams[1].transport.set_write_buffer_limits(0)
        return self._streams


Sender = HttpSender | TcpSender


def sender_to(destination: Destination, connect: Connect) -> Sender:
    """Return the sender for a destination; it connects when there is something to send."""
    if destination.protocol == "HTTP":
        return HttpSender(destination, connect)
    return TcpSender(destination.port, connect)


class _ResponseReader:
    """Reads the status of a response, and where it ends."""

    def __init__(self) -> None:
        self.status: int | None = None
        """The status, once the head is complete."""
        self.is_complete = False
        self.parser = httptools.HttpResponseParser(self)

    def on_headers_complete(self) -> None:
        """Take the status. An interim response, such as 100, is followed by the real one."""
        status = self.parser.get_status_code()
        self.status = status if status >= _FIRST_FINAL_STATUS else None

    def on_message_complete(self) -> None:
        """Note the end of the response."""
        self.is_complete = self.status is not None

    def feed(self, data: bytes) -> None:
        """Read more of it. Raises ``DeliveryError`` for bytes that are not HTTP."""
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            # Bytes after the end of the response do not matter.
            if not self.is_complete:
                raise DeliveryError("the response is not HTTP") from None


async def _response_status(reader: asyncio.StreamReader) -> int:
    """Read a response to its end; one without a length ends with the connection.

    A subscriber that does not end is not read for ever.
    """
    response, size = _ResponseReader(), 0
    while not response.is_complete and size < _LONGEST_RESPONSE:
        data = await reader.read(_RECEIVE_SIZE)
        if not data:
            break
        size += len(data)
        response.feed(data)
    if response.status is None and size >= _LONGEST_RESPONSE:
        raise DeliveryError("the response does not end")
    if response.status is None:
        raise DeliveryError("connection closed before the response")
    return response.status


def _reason(error: OSError) -> str:
    return os.strerror(error.errno or errno.ECONNRESET).lower()
