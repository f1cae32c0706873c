"""Listens for clients, on loopback unless told otherwise, and bounds their number and time."""

from __future__ import annotations

import asyncio
import errno
import socket
from contextlib import suppress
from functools import cached_property
from typing import Any

from lambda_tui.apis.http.connection import Application, Connection

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 3001
"""The port of AWS's own ``sam local start-lambda``."""
MAXIMUM_CONNECTIONS = 256
_PORTS_TRIED = 100
_BACKLOG = 256
_RECEIVE_SIZE = 1 << 16
_SWEEP_SECONDS = 1.0
"""Between two looks for connections whose time is over."""


class ServerError(Exception):
    """The server cannot listen; ``str()`` is one sentence for the user."""


class Server:
    """Serves an application over HTTP."""

    def __init__(self, application: Application, host: str = DEFAULT_HOST) -> None:
        self.host = host
        self.port: int | None = None
        """The port that it listens on; None while it does not listen."""
        self._application = application
        self._connections: dict[Connection, None] = {}
        """The open connections, oldest first."""
        self._server: asyncio.Server | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._has_no_connections = asyncio.Event()
        self._has_no_connections.set()

    @property
    def address(self) -> str | None:
        """The URL, such as ``http://127.0.0.1:3001``; None while it does not listen."""
        if self.port is None:
            return None
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def in_flight(self) -> int:
        """The number of clients with a complete request that has not been answered."""
        return sum(connection.is_serving for connection in self._connections)

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._connections)

    async def start(self, port: int = DEFAULT_PORT, *, or_next: bool = False) -> None:
        """Listen on a port, or on the next free one, and bound the time of clients.

        Raises ``ServerError``.
        """
        await self.serve(self._listener(port, or_next))
        loop = asyncio.get_running_loop()
        self._sweeping = loop.call_later(_SWEEP_SECONDS, self._sweep)

    async def serve(self, listener: socket.socket) -> None:
        """Listen on a socket; its clients may take as long as they like."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._application, self._buffer, self._on_open, self._on_close),
            sock=listener,
            backlog=_BACKLOG,
            start_serving=False,
        )
        # Only now, with the server at hand: whoever is cancelled in its start must be able to close
        # it, or the loop would take the next socket of the same number for this one.
        await self._server.start_serving()
        self.port = listener.getsockname()[1]

    async def close(self, seconds: float = 0.0) -> int:
        """Stop listening, and close once the requests in flight are answered or time is over.

        Returns how many were given up.
        """
        self.port = None
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close_when_idle()
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._has_no_connections.wait(), seconds)
        given_up = self.in_flight
        self.abort()
        # The loop tells each connection of its end in its next iteration.
        await asyncio.sleep(0)
        return given_up

    def abort(self) -> None:
        """Stop listening and close every connection, at once."""
        self.port = None
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.abort()
        if self._sweeping is not None:
            self._sweeping.cancel()

    @cached_property
    def _buffer(self) -> bytearray:
        """The buffer that all connections share; a server without clients never makes it."""
        return bytearray(_RECEIVE_SIZE)

    def _on_open(self, connection: Connection) -> None:
        """Count a connection; when there are too many, close the oldest without a request."""
        self._connections[connection] = None
        self._has_no_connections.clear()
        if len(self._connections) > MAXIMUM_CONNECTIONS:
            idle = (one for one in self._connections if not one.is_serving)
            next(idle).abort()

    def _on_close(self, connection: Connection) -> None:
        self._connections.pop(connection, None)
        if not self._connections:
            self._has_no_connections.set()

    def _listener(self, port: int, or_next: bool) -> socket.socket:
        last = min(port + _PORTS_TRIED, 65_536) if or_next else port + 1
        for candidate in range(port, last):
            try:
                return listen(self.host, candidate)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or candidate == last - 1:
                    reason = (error.strerror or str(error)).lower()
                    raise ServerError(
                        f"cannot listen on {self.host} port {candidate}: {reason}; "
                        "choose another with --port or --host."
                    ) from None
        raise AssertionError("unreachable")

    def _sweep(self) -> None:
        """Close connections on which nothing has arrived in time."""
        loop = asyncio.get_running_loop()
        for connection in list(self._connections):
            connection.seconds_left -= _SWEEP_SECONDS
            if connection.seconds_left <= 0 and not connection.is_busy:
                connection.abort()
        self._sweeping = loop.call_later(_SWEEP_SECONDS, self._sweep)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a port, or for 0 on a free one.

    Raises ``OSError``, or ``ServerError`` for a host that has no address.
    """
    try:
        info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no host name"
        raise ServerError(f"there is no address {host!r}: {reason}; choose another.") from None
    family, kind, protocol, _, address = info[0]
    listener = socket.socket(family, kind, protocol)
    bind(listener, address)
    return listener


def bind(listener: socket.socket, address: tuple[Any, ...]) -> None:
    """Let a socket listen on an address. When it cannot, close it and raise ``OSError``."""
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
