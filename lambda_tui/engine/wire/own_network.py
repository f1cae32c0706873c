"""The own network of an environment: its connection to the outside, and sockets inside it."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections import deque
from collections.abc import Callable
from pathlib import Path

from lambda_tui.engine.event_loop import released
from lambda_tui.engine.launch import Connector
from lambda_tui.engine.wire.log_pipe import LogPipe

CONNECTING_SECONDS = 10.0
"""Seconds after which a program that has not connected the network is given up."""

_STEP = 0.002
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class NetworkError(Exception):
    """The environment's network cannot be used; ``str()`` is one sentence for the user."""


class OwnNetwork:
    """A network namespace in which the init process makes sockets for the engine."""

    def __init__(
        self,
        connector: Connector | None,
        ask_for_socket: Callable[[], None],
        on_lost: Callable[[str], None],
    ) -> None:
        """``on_lost`` receives one sentence when an established connection is lost."""
        self.connector_log = LogPipe(self._note) if connector else None
        """Output of the program that connects it; None without one."""
        self._connector = connector
        self._ask_for_socket: Callable[[], None] = ask_for_socket
        self._on_lost: Callable[[str], None] = on_lost
        self._awaited: deque[asyncio.Future[socket.socket]] = deque()
        self._last_words = ""
        self._was_connected = False
        self._is_disconnected = False
        self._is_closed = False

    async def open_socket(self) -> socket.socket:
        """Return a new TCP socket inside. Raise ``OSError`` when the environment has gone."""
        if self._is_closed:
            raise ConnectionResetError
        awaited: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()
        self._awaited.append(awaited)
        self._ask_for_socket()
        try:
            return await awaited
        except asyncio.CancelledError:
            # It may have arrived in this very moment, and would leak.
            if awaited.done() and not awaited.cancelled() and awaited.exception() is None:
                awaited.result().close()
            raise

    async def connect(self, pid: Callable[[], int | None]) -> None:
        """Wait until the outside can be reached, if there is a program for that.

        ``pid`` returns the id of a process inside, once it is known. Raise ``NetworkError``.
        """
        if self._connector is None:
            return
        loop = asyncio.get_running_loop()
        deadline = loop.time() + CONNECTING_SECONDS
        while not _has_route(pid()):
            if self._is_disconnected or self._is_closed or loop.time() > deadline:
                raise NetworkError(f"{self._failure()}.")
            await asyncio.sleep(_STEP)
        self._was_connected = True

    def take_socket(self, descriptor: int) -> None:
        """Accept a socket that was requested."""
        inside = socket.socket(fileno=descriptor)
        inside.setblocking(False)
        awaited = self._awaited.popleft()
        if awaited.done():
            inside.close()
        else:
            awaited.set_result(inside)

    def disconnect(self) -> None:
        """Take notice that the program has ended."""
        self._is_disconnected = True
        if self._was_connected and not self._is_closed:
            self._on_lost(f"{self._failure()}.")

    def close(self) -> None:
        """Dismiss whoever waits for a socket: the environment has gone."""
        self._is_closed = True
        self._ask_for_socket = self._on_lost = released
        if self.connector_log is not None:
            self.connector_log.close()
        while self._awaited:
            awaited = self._awaited.popleft()
            if not awaited.done():
                awaited.set_exception(ConnectionResetError())

    def _note(self, line: str, _level: str | None) -> None:
        self._last_words = line.strip() or self._last_words

    def _failure(self) -> str:
        assert self._connector is not None
        if self.connector_log is not None and not self._is_closed:
            self.connector_log.drain()
        what = "no longer connects" if self._was_connected else "cannot connect"
        words = f": {self._last_words.rstrip('.')}" if self._last_words else ""
        remedy = 'set network = "shared" for it, or mend that'
        return f"{self._connector.name} {what} an environment to the outside{words}; {remedy}"


async def connect_to_loopback(network: OwnNetwork | None, port: int) -> Streams:
    """Connect to the loopback of an environment's network, or of the shared one.

    Raise ``OSError``.
    """
    end = socket.socket() if network is None else await network.open_socket()
    try:
        end.setblocking(False)
        await asyncio.get_running_loop().sock_connect(end, ("127.0.0.1", port))
        if end.getsockname() == end.getpeername():
            # Nobody listens there: the kernel has chosen that very port for this end, and has
            # connected it to itself.
            raise ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        return await asyncio.open_connection(sock=end)
    except BaseException:
        end.close()
        raise


def _has_route(pid: int | None) -> bool:
    """Return whether the network of a process has a default route, by IPv4 or IPv6."""
    if pid is None:
        return False
    try:
        routes = Path(f"/proc/{pid}/net/route").read_text().splitlines()[1:]
        routes_of_6 = Path(f"/proc/{pid}/net/ipv6_route").read_text().splitlines()
    except OSError:
        return False
    if any(line.split()[1] == "00000000" for line in routes):
        return True
    # The kernel's own default route, on the loopback, leads nowhere.
    return any(line.split()[1] == "00" and line.split()[-1] != "lo" for line in routes_of_6)
