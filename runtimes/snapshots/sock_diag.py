"""Peers of Unix sockets, from the kernel's socket diagnosis: see sock_diag(7)."""

from __future__ import annotations

import contextlib
import socket
import struct

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x301
_DONE, _ERROR = 3, 2
_ALL_STATES = 0xFFFFFFFF
_SHOW_PEER = 4
_PEER_ATTRIBUTE = 2
# ``struct nlmsghdr``; ``unix_diag_req``; ``unix_diag_msg``; ``rtattr``.
_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBHIIIII")
_ANSWER = struct.Struct("=BBBBIII")
_ATTRIBUTE = struct.Struct("=HH")
_LARGEST = 1 << 18


def unix_socket_peers() -> dict[int, int]:
    """Return the peer's inode by a socket's, for all that have one; empty where that is denied."""
    found: dict[int, int] = {}
    with contextlib.suppress(OSError), _request_dump() as kernel:
        while _parse_part(kernel.recv(_LARGEST), found):
            pass
    return found


def _request_dump() -> socket.socket:
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG)
    request = _REQUEST.pack(socket.AF_UNIX, 0, 0, _ALL_STATES, 0, _SHOW_PEER, 0, 0)
    size = _HEADER.size + len(request)
    kernel.send(_HEADER.pack(size, _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 0, 0) + request)
    return kernel


def _parse_part(data: bytes, found: dict[int, int]) -> bool:
    """Add the peers in one part of the answer; return whether more parts are to come."""
    start = 0
    while start + _HEADER.size <= len(data):
        size, kind, *_ = _HEADER.unpack_from(data, start)
        if kind in (_DONE, _ERROR):
            return False
        inode = _ANSWER.unpack_from(data, start + _HEADER.size)[4]
        peer = _parse_peer(data[start + _HEADER.size + _ANSWER.size : start + size])
        if peer is not None:
            found[inode] = peer
        start += _aligned(size)
    return True


def _parse_peer(attributes: bytes) -> int | None:
    start = 0
    while start + _ATTRIBUTE.size <= len(attributes):
        size, kind = _ATTRIBUTE.unpack_from(attributes, start)
        if kind == _PEER_ATTRIBUTE:
            peer: int = struct.unpack_from("=I", attributes, start + _ATTRIBUTE.size)[0]
            return peer
        start += _aligned(max(size, _ATTRIBUTE.size))
    return None


def _aligned(size: int) -> int:
    return (size + 3) & ~3
