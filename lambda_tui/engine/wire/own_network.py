"""An environment's own network: it is waited for until it is connected, and reached into."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from pathlib import Path

from lambda_tui.engine.launch import Connector
from lambda_tui.engine.wire.log_pipe import LogPipe

CONNECTING_SECONDS = 10.0
"""Seconds after which a program that has connected nothing is given up."""

_STEP = 0.002
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class NetworkError(Exception):
    """The environment's network cannot be used; ``str()`` is one sentence for the user."""


class OwnNetwork:
    """One network namespace, of which the init process inside makes sockets for the engine."""

    def __init__(
        self,
        connector: Connector | None,
        ask_for_socket: Callable[[], None],
        on_lost: Callable[[str], None],
    ) -> None:
        """``on_lost`` is told in one sentence that what was connected is so no longer."""
        self.connector_log = LogPipe(self._note) if connector else None
        """What the program writes that connects it; None without one."""
        self._connector = connector
        self._ask_for_socket = ask_for_socket
        self._on_lost = on_lost
        self._awaited: deque[asyncio.Future[socket.socket]] = deque()
        self._last_words = ""
        self._was_connected = False
        self._is_disconnected = False
        self._is_closed = False

    async def open_socket(self) -> socket.socket:
        """A new TCP socket inside. Raises ``OSError`` when the environment has gone."""
        if self._is_closed:
            raise ConnectionResetError
        awaited: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()
        self._awaited.append(awaited)
        self._ask_for_socket()
        try:
            return await awaited
        except asyncio.CancelledError:
            # It may have come in this very moment, for nobody.
            if awaited.done() and not awaited.cancelled() and awaited.exception() is None:
                awaited.result().close()
            raise

    async def connect(self, pid: Callable[[], int | None]) -> None:
        """Waits until the outside can be reached, if there is a program for that.

        ``pid`` tells a process inside, once it is known. Raises ``NetworkError``.
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
        """One that was asked for has come."""
        inside = socket.socket(fileno=descriptor)
        inside.setblocking(False)
        awaited = self._awaited.popleft()
        if awaited.done():
            # Nobody waits any longer.
            inside.close()
        else:
            awaited.set_result(inside)

    def disconnect(self) -> None:
        """The program has ended."""
        self._is_disconnected = True
        if self._was_connected and not self._is_closed:
            self._on_lost(f"{self._failure()}.")

    def close(self) -> None:
        """The environment has gone."""
        self._is_closed = True
        if self.connector_log is not None:
            self.connector_log.close()
        while self._awaited:
            awaited = self._awaited.popleft()
            if not awaited.done():
                awaited.set_exception(ConnectionResetError())

    def _note(self, line: str) -> None:
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
    """Connects to the loopback of an environment's network, or of the shared one.

    Raises ``OSError``.
    """
    end = socket.socket() if network is None else await network.open_socket()
    try:
        end.setblocking(False)
        await asyncio.get_running_loop().sock_connect(end, ("127.0.0.1", port))
        return await asyncio.open_connection(sock=end)
    except BaseException:
        end.close()
        raise


def _has_route(pid: int | None) -> bool:
    """Whether the network of a process has a default route, of IPv4 or IPv6."""
    if pid is None:
        return False
    try:
        routes = Path(f"/proc/{pid}/net/route").read_text().splitlines()[1:]
        routes_of_6 = Path(f"/proc/{pid}/net/ipv6_route").read_text().splitlines()
    except OSError:
        return False
    if any(line.split()[1] == "00000000" for line in routes):
        return True
    # The kernel's own, which leads nowhere, is on the loopback.
    return any(line.split()[1] == "00" and line.split()[-1] != "lo" for line in routes_of_6)
