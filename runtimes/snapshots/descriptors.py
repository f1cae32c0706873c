"""Renewing a restored function's open files, pipes, sockets and pollers.

A fork shares open descriptions, and with them offsets and contents, with all other forks of its
snapshot. On AWS each restored machine has its own, and no connection to another machine survives.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import socket
import stat
import sys
from collections.abc import Callable, Iterable, Mapping

from ..macos import path_of_descriptor
from .sock_diag import unix_socket_peers

_POLLER = "anon_inode:[eventpoll]"


def renew_descriptors(kept: Iterable[int], move: Callable[[str], str]) -> None:
    """Renew every descriptor that is not ``kept``, in place.

    ``move`` returns a file's path now for its path in the snapshot. On macOS, where nothing tells
    which ends belong together, pipes and socket pairs stay shared.
    """
    is_linux = sys.platform.startswith("linux")
    folder = "/proc/self/fd" if is_linux else "/dev/fd"
    numbers = sorted({int(name) for name in os.listdir(folder)} - {*kept})
    find = _target if is_linux else _target_on_macos
    found = {number: target for number in numbers if (target := find(number)) is not None}
    _renew_files(found, move)
    _renew_pipes([number for number, target in found.items() if target.startswith("pipe:")])
    sockets = [number for number, target in found.items() if target.startswith("socket:")]
    _renew_sockets(sockets, unix_socket_peers() if sockets and is_linux else {})
    # Pollers last: epoll watches open files, not numbers, and has to get the renewed ones.
    for number, target in found.items():
        if target == _POLLER:
            _renew_poller(number)


def _target(number: int) -> str | None:
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return None


def _target_on_macos(number: int) -> str | None:
    """Return a file's path, and a word for a socket of the network."""
    try:
        if stat.S_ISREG(os.fstat(number).st_mode):
            return path_of_descriptor(number)
        end = socket.socket(fileno=number)
    except OSError:
        return None
    is_of_network = end.family in (socket.AF_INET, socket.AF_INET6)
    end.detach()
    return "socket:" if is_of_network else None


def _replace(number: int, new: int) -> None:
    """Put a new descriptor in the place of an old one, with the flags that the old one has."""
    fcntl.fcntl(new, fcntl.F_SETFL, fcntl.fcntl(number, fcntl.F_GETFL))
    os.dup2(new, number, inheritable=os.get_inheritable(number))
    os.close(new)


def _renew_files(found: dict[int, str], move: Callable[[str], str]) -> None:
    """Open files again at their offset; one that has been deleted stays shared."""
    for number, path in found.items():
        if not stat.S_ISREG(os.fstat(number).st_mode):
            continue
        with contextlib.suppress(OSError):
            new = os.open(move(path), fcntl.fcntl(number, fcntl.F_GETFL) | os.O_CLOEXEC)
            os.lseek(new, os.lseek(number, 0, os.SEEK_CUR), os.SEEK_SET)
            _replace(number, new)


def _renew_pipes(numbers: list[int]) -> None:
    """Make pipes anew of which this process has both ends.

    The other end of any other is in a process that was not restored.
    """
    ends: dict[int, list[int]] = {}
    for number in numbers:
        ends.setdefault(os.fstat(number).st_ino, []).append(number)
    for same in ends.values():
        readers = [number for number in same if _access(number) == os.O_RDONLY]
        writers = [number for number in same if _access(number) == os.O_WRONLY]
        if len(readers) == len(writers) == 1:
            for number, new in zip((readers[0], writers[0]), os.pipe()):
                _replace(number, new)


def _access(number: int) -> int:
    return fcntl.fcntl(number, fcntl.F_GETFL) & os.O_ACCMODE


def _renew_sockets(numbers: list[int], peer_of: Mapping[int, int]) -> None:
    """Make socket pairs within the process anew, and break connections that leave it.

    ``peer_of`` has the inode of the other end by that of one.
    """
    inodes = {number: os.fstat(number).st_ino for number in numbers}
    by_inode = {inode: number for number, inode in inodes.items()}
    for number, inode in inodes.items():
        peer = by_inode.get(peer_of.get(inode, 0))
        if peer is None:
            if _is_connection(number):
                _replace(number, _lost_connection())
        elif inode < peer_of[inode]:  # Each pair once.
            for old, new in zip((number, peer), socket.socketpair()):
                _replace(old, new.detach())


def _is_connection(number: int) -> bool:
    """Return whether a socket is a stream that is connected."""
    end = socket.socket(fileno=number)
    try:
        end.getpeername()
    except OSError:
        return False
    else:
        return end.type == socket.SOCK_STREAM
    finally:
        end.detach()


def _lost_connection() -> int:
    """Return a connection whose other end has been closed."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        end = socket.create_connection(server.getsockname())
        server.accept()[0].close()
    return end.detach()


def _renew_poller(number: int) -> None:
    """Make an ``epoll`` anew with the same registrations: asyncio's loops have one."""
    with open(f"/proc/self/fdinfo/{number}") as file:
        lines = [line.split() for line in file if line.startswith("tfd:")]
    with select.epoll() as poller:
        for fields in lines:
            with contextlib.suppress(OSError):
                poller.register(int(fields[1]), int(fields[3], 16))
        _replace(number, os.dup(poller.fileno()))
