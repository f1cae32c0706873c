"""Listens for clients: on loopback unless asked, within limits, until it is closed."""

from __future__ import annotations

import asyncio
import errno
import socket
from contextlib import suppress
from functools import cached_property
from typing import Any

from lambda_tui.apis.connection import Application, Connection

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 3001
"""The port of AWS's own ``sam local start-lambda``."""
MAXIMUM_CONNECTIONS = 256
_PORTS_TRIED = 100
_BACKLOG = 256
_RECEIVE_SIZE = 1 << 16
_SWEEP_SECONDS = 1.0


class ServerError(Exception):
    """The server cannot listen; ``str()`` is one sentence for the user."""


class Server:
    """Serves an application to its connections."""

    def __init__(self, application: Application, host: str = DEFAULT_HOST) -> None:
        self.host = host
        self.port: int | None = None
        """Where it listens; None while it does not."""
        self._application = application
        self._connections: dict[Connection, None] = {}
        self._server: asyncio.Server | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    @cached_property
    def buffer(self) -> bytearray:
        """What any connection receives into; many a server never has one."""
        return bytearray(_RECEIVE_SIZE)

    @property
    def address(self) -> str | None:
        """``http://127.0.0.1:3001``, while it listens."""
        if self.port is None:
            return None
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def in_flight(self) -> int:
        """Requests that have come whole and are not answered."""
        return sum(connection.is_serving for connection in self._connections)

    @property
    def connections(self) -> int:
        """Those that are open."""
        return len(self._connections)

    async def start(self, port: int = DEFAULT_PORT, *, or_next: bool = False) -> None:
        """Listens on a port, or on the next free one. Raises ``ServerError``."""
        await self.serve(self._listener(port, or_next))
        loop = asyncio.get_running_loop()
        self._sweeping = loop.call_later(_SWEEP_SECONDS, self._sweep)

    async def serve(self, listener: socket.socket) -> None:
        """Listens on a socket; its clients may take as long as they like."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self._application, self), sock=listener, backlog=_BACKLOG
        )
        self.port = listener.getsockname()[1]

    async def close(self, seconds: float = 0.0) -> int:
        """Stops listening, answers for so long what is in flight; how much of it was given up."""
        self.port = None
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.close_when_idle()
        if seconds > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), seconds)
        given_up = self.in_flight
        self.abort()
        # The loop tells each connection of its end in its next round.
        await asyncio.sleep(0)
        return given_up

    def abort(self) -> None:
        """Stops listening and ends every connection, at once."""
        self.port = None
        if self._server is not None:
            self._server.close()
        for connection in list(self._connections):
            connection.abort()
        if self._sweeping is not None:
            self._sweeping.cancel()

    # What connections tell -----------------------------------------------------------------------

    def add(self, connection: Connection) -> None:
        """One has come: when there are too many, the oldest without a request makes room."""
        self._connections[connection] = None
        self._idle.clear()
        if len(self._connections) > MAXIMUM_CONNECTIONS:
            idle = (one for one in self._connections if not one.is_serving)
            next(idle).abort()

    def discard(self, connection: Connection) -> None:
        """One has gone."""
        self._connections.pop(connection, None)
        if not self._connections:
            self._idle.set()

    # Inside --------------------------------------------------------------------------------------

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
        """Ends connections on which nothing has come in time."""
        loop = asyncio.get_running_loop()
        for connection in list(self._connections):
            connection.patience -= _SWEEP_SECONDS
            if connection.patience <= 0 and not connection.is_busy:
                connection.abort()
        self._sweeping = loop.call_later(_SWEEP_SECONDS, self._sweep)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on a port; 0 takes a free one. Raises ``OSError``, ``ServerError``."""
    try:
        info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise ServerError(f"there is no address {host!r}: {error.strerror}.") from None
    family, kind, protocol, _, address = info[0]
    listener = socket.socket(family, kind, protocol)
    listen_by(listener, address)
    return listener


def listen_by(listener: socket.socket, address: tuple[Any, ...]) -> None:
    """Makes a socket listen on an address; closes it and raises ``OSError`` when it cannot."""
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
