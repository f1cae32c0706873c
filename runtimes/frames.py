"""Frames: how the engine, the zygote, init processes and runtimes talk over socket pairs.

A frame is two big-endian 32-bit lengths, a msgpack map (the message, whose ``kind`` names it) and
raw bytes (the payload: an event or a response, untouched). Descriptors may travel with a frame; its
message then counts them in ``descriptors``. The engine's end is ``lambda_tui/engine/wire``, and
that of Node.js ``node/channel.cjs``.
"""

from __future__ import annotations

import array
import select
import socket
import struct
from collections.abc import Sequence
from typing import Any, Dict, NamedTuple

from .msgpack import pack, unpack

Message = Dict[str, Any]

HEADER = struct.Struct("!II")
_ANCILLARY_SIZE = socket.CMSG_SPACE(4 * array.array("i").itemsize)
"""Room for four descriptors: no frame comes with more."""
_READ_SIZE = 1 << 16
"""Bytes of one read; a payload of that size or more is neither copied nor buffered."""


class Frame(NamedTuple):
    """A message, its payload and the descriptors that came with it."""

    message: Message
    payload: bytes | bytearray
    descriptors: list[int]


class Channel:
    """One end of a socket pair, which blocks."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(True)
        # To wait in the read itself would cost wake-ups: the kernel wakes a blocked reader of a
        # Unix socket also when the other end has read.
        self._readable = select.poll()
        self._readable.register(descriptor, select.POLLIN)
        self._buffer = b""
        self._descriptors: list[int] = []

    def fileno(self) -> int:
        """Return the socket's descriptor, for a selector."""
        return self._socket.fileno()

    def send(self, message: Message, payload: bytes = b"", descriptors: Sequence[int] = ()) -> None:
        """Send one frame; raise ``OSError`` when the other end has gone."""
        if descriptors:
            message = {**message, "descriptors": len(descriptors)}
        packed = pack(message)
        head = HEADER.pack(len(packed), len(payload)) + packed
        if descriptors:
            # The descriptors go with the first byte; the rest, if the socket is full, without them.
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))
            sent = self._socket.sendmsg([head], [rights])
            self._socket.sendall(head[sent:] + payload)
        elif len(payload) < _READ_SIZE:
            self._socket.sendall(head + payload)
        else:
            self._socket.sendall(head)
            self._socket.sendall(payload)

    def receive(self) -> Frame | None:
        """Wait for the next frame and return it; None when the other end has closed."""
        if not self._read_until(HEADER.size):
            return None
        message_size, payload_size = HEADER.unpack_from(self._buffer)
        start = HEADER.size + message_size
        if not self._read_until(start):
            return None
        message: Message = unpack(self._buffer[HEADER.size : start])
        payload = self._take_payload(start, payload_size)
        if payload is None:
            return None
        if not self._descriptors:
            return Frame(message, payload, [])
        # Several frames may have come at once: each says how many descriptors are its own.
        count = message.get("descriptors", 0)
        descriptors, self._descriptors = self._descriptors[:count], self._descriptors[count:]
        return Frame(message, payload, descriptors)

    def _take_payload(self, start: int, size: int) -> bytes | bytearray | None:
        """Return the payload behind the message, or None when the other end closes before its end.

        A large one is read straight into its place: only what is buffered already is copied.
        """
        end = start + size
        if size < _READ_SIZE or len(self._buffer) >= end:
            if not self._read_until(end):
                return None
            small = self._buffer[start:end]
            self._buffer = self._buffer[end:]
            return small
        payload = bytearray(size)
        filled = len(self._buffer) - start
        payload[:filled] = self._buffer[start:]
        self._buffer = b""
        with memoryview(payload) as view:
            while filled < size:
                try:
                    count = self._socket.recv_into(view[filled:])
                except ConnectionResetError:
                    return None
                if not count:
                    return None
                filled += count
        return payload

    @property
    def has_buffered_frame(self) -> bool:
        """Whether a whole frame came with the last one, so that ``receive`` would not wait.

        A selector does not see it: its bytes have left the socket.
        """
        if len(self._buffer) < HEADER.size:
            return False
        message_size, payload_size = HEADER.unpack_from(self._buffer)
        return len(self._buffer) >= HEADER.size + int(message_size + payload_size)

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def _read_until(self, size: int) -> bool:
        """Read until the buffer holds so many bytes; return whether the other end sent them."""
        while len(self._buffer) < size:
            self._readable.poll()
            try:
                data = self._read()
            except ConnectionResetError:
                return False
            if not data:
                return False
            self._buffer += data
        return True

    def _read(self) -> bytes:
        data, ancillary, _flags, _address = self._socket.recvmsg(_READ_SIZE, _ANCILLARY_SIZE)
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                self._descriptors += _descriptors_of(content)
        return data


def _descriptors_of(content: bytes) -> Sequence[int]:
    descriptors = array.array("i")
    descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
    return descriptors.tolist()
