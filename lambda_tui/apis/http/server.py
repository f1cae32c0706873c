"""Listens for clients, on loopback unless told otherwise, and bounds their number and time.

Clients beyond the number that is served at a time wait in the listener's queue until one leaves.
None is accepted that cannot be answered.
"""

from __future__ import annotations

import asyncio
import errno
import os
import resource
import socket
import sys
from contextlib import suppress
from functools import cached_property
from typing import Any

from lambda_tui.apis.http.connection import Application, Connection

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 3001
"""The port of AWS's own ``sam local start-lambda``."""
_LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""The address for clients of a server that listens on all of them: not every system takes that."""
_PORTS_TRIED = 100
_PROBE_SECONDS = 1.0
_BACKLOG = 4096
"""Clients that wait to be accepted; the system may allow fewer."""
_ACCEPTED_AT_ONCE = 64
"""Clients that are accepted before the loop serves those who are there."""
_RECEIVE_SIZE = 1 << 16
_SWEEP_SECONDS = 1.0
"""Between two looks for connections whose time is over."""
_ROOM_SECONDS = 0.25
"""Between two looks for room, while clients wait for it."""
_SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class ServerError(Exception):
    """The server cannot listen; ``str()`` is one sentence for the user."""


class Server:
    """Serves an application over HTTP."""

    def __init__(
        self, application: Application, most_connections: int, host: str = DEFAULT_HOST
    ) -> None:
        self.host = host
        self.port: int | None = None
        """The port that it listens on; None while it does not listen."""
        self._application = application
        self._wanted_connections = most_connections
        self._connections: dict[Connection, None] = {}
        """The open connections, oldest first."""
        self._opening: set[asyncio.Task[None]] = set()
        """The accepted connections that are not open yet."""
        self._loop = asyncio.get_running_loop()
        self._listener: socket.socket | None = None
        self._is_accepting = False
        self._looking: asyncio.TimerHandle | None = None
        """The next look for room, while clients wait for it."""
        self._sweeping: asyncio.TimerHandle | None = None
        self._has_no_connections = asyncio.Event()
        self._has_no_connections.set()

    @property
    def address(self) -> str | None:
        """The URL for clients, such as ``http://127.0.0.1:3001``; None while it does not listen."""
        if self.port is None:
            return None
        host = _LOOPBACK_OF.get(self.host, self.host)
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}"

    @property
    def in_flight(self) -> int:
        """The number of clients with a complete request that has not been answered."""
        return sum(connection.is_serving for connection in self._connections)

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._connections)

    def start(self, port: int = DEFAULT_PORT, *, or_next: bool = False) -> None:
        """Listen on a port, or on the next free one, and bound the time of clients.

        Raises ``ServerError``.
        """
        self.serve(self._free_listener(port, or_next))
        self._sweeping = self._loop.call_later(_SWEEP_SECONDS, self._sweep)

    def serve(self, listener: socket.socket) -> None:
        """Listen on a socket; its clients may take as long as they like."""
        self._listener = listener
        self.port = listener.getsockname()[1]
        self._go_on()

    async def close(self, seconds: float = 0.0) -> int:
        """Stop listening, and close once the requests in flight are answered or time is over.

        Returns how many were given up.
        """
        self._stop_listening()
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
        self._stop_listening()
        for connection in list(self._connections):
            connection.abort()
        if self._sweeping is not None:
            self._sweeping.cancel()

    @cached_property
    def _buffer(self) -> bytearray:
        """The buffer that all connections share; a server without clients never makes it."""
        return bytearray(_RECEIVE_SIZE)

    @cached_property
    def _most_connections(self) -> int:
        """The number of connections at a time, which leaves descriptors for environments."""
        soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY:
            return self._wanted_connections
        return min(self._wanted_connections, max(soft // 2, 1))

    def _accept(self) -> None:
        """Accept the clients that have come, as far as there is room for them."""
        assert self._listener is not None
        for _ in range(_ACCEPTED_AT_ONCE):
            if len(self._connections) + len(self._opening) >= self._most_connections:
                self._wait_for_room(self._listener)
                return
            try:
                client, _address = self._listener.accept()
            except OSError as error:
                # Any other error is that of a client who has left already, or there is none.
                if error.errno in _SHORTAGES:
                    self._wait_for_room(self._listener)
                return
            client.setblocking(False)
            opening = self._loop.create_task(self._open(client))
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)

    async def _open(self, client: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(
                lambda: Connection(self._application, self._buffer, self._on_open, self._on_close),
                client,
            )
        except OSError:
            # The client has left already.
            client.close()

    def _wait_for_room(self, listener: socket.socket) -> None:
        """Accept nobody until a client leaves, or is made to leave because it has been idle."""
        self._is_accepting = False
        self._loop.remove_reader(listener)
        if self._looking is None:
            self._looking = self._loop.call_later(_ROOM_SECONDS, self._look_for_room)

    def _look_for_room(self) -> None:
        """Close the connections that were idle at the last look and have been since."""
        self._looking = None
        for connection in list(self._connections):
            connection.close_if_still_idle()
        self._go_on()

    def _go_on(self) -> None:
        """Accept clients again."""
        if self._listener is not None and not self._is_accepting:
            self._is_accepting = True
            self._loop.add_reader(self._listener, self._accept)

    def _stop_listening(self) -> None:
        self.port = None
        if self._looking is not None:
            self._looking.cancel()
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    def _on_open(self, connection: Connection) -> None:
        self._connections[connection] = None
        self._has_no_connections.clear()
        if self._listener is None:
            connection.close_when_idle()

    def _on_close(self, connection: Connection) -> None:
        self._connections.pop(connection, None)
        if not self._connections:
            self._has_no_connections.set()
        self._go_on()

    def _free_listener(self, port: int, or_next: bool) -> socket.socket:
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
        for connection in list(self._connections):
            connection.seconds_left -= _SWEEP_SECONDS
            if connection.seconds_left <= 0 and not connection.is_busy:
                connection.abort()
        self._sweeping = self._loop.call_later(_SWEEP_SECONDS, self._sweep)


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
    if sys.platform == "darwin" and port and _is_answered(address, family):
        raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
    listener = socket.socket(family, kind, protocol)
    bind(listener, address)
    return listener


def _is_answered(address: tuple[Any, ...], family: int) -> bool:
    """Return whether somebody listens on an address, or on all of the machine.

    Linux refuses an address then. macOS gives it, and takes the other's clients away.
    """
    with socket.socket(family) as client:
        client.settimeout(_PROBE_SECONDS)
        return client.connect_ex(address) == 0


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
