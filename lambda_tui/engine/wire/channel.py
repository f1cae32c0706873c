"""The engine's end of a socket pair to a zygote, an init process or a runtime.

A frame is two big-endian 32-bit lengths, a msgpack map and raw payload bytes;
``runtimes/frames.py`` is the other end.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import msgpack

Message = dict[str, Any]
OnFrame = Callable[[Message, bytes], None]
Buffer = bytes | bytearray | memoryview
_Outgoing = tuple[Buffer, Sequence[int]]
"""Bytes to write, and the descriptors that go with the first of them."""

_HEADER = struct.Struct("!II")
# Small, because memory for a read is taken in full; a larger payload is read into its place.
_READ_SIZE = 1 << 16
_SOCKET_BUFFER = 1 << 20
# What the other end may make this one keep: a function can write to its runtime's channel.
_MAXIMUM_MESSAGE = 1 << 16
_MAXIMUM_PAYLOAD = 8 << 20
_MAXIMUM_DESCRIPTORS = 4


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """A pair for one channel, ours first; large buffers, so that 1 MB goes in one piece."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER)
    ours.setblocking(False)
    return ours, theirs


class Channel:
    """Reads and writes frames from the event loop; never blocks."""

    def __init__(
        self,
        end: socket.socket,
        on_frame: OnFrame,
        on_closed: Callable[[], None],
    ) -> None:
        self.takes_descriptors = False
        """Set where no function can write to the other end."""
        self._loop = asyncio.get_running_loop()
        self._socket = end
        self._on_frame = on_frame
        self._on_closed = on_closed
        self._pack = msgpack.Packer().pack
        self._incoming = b""
        self._message: Message = {}
        self._payload: bytearray | None = None
        """Of a large frame that has come in part; its message is the one above."""
        self._filled = 0
        self._descriptors: deque[int] = deque()
        """That have come, and that nobody has taken yet."""
        self._outgoing: deque[_Outgoing] = deque()
        self._is_open = True
        self._loop.add_reader(end.fileno(), self._read)

    def send(
        self,
        message: Message,
        payload: bytes | bytearray = b"",
        descriptors: Sequence[int] = (),
    ) -> None:
        """Sends a frame, now if the socket takes it. To an end that has gone it does nothing.

        The caller may close the descriptors at once: those of a frame that waits are duplicates.
        A large payload is not copied; it must stay as it is.
        """
        if not self._is_open:
            return
        if descriptors:
            message = {**message, "descriptors": len(descriptors)}
        packed: bytes = self._pack(message)
        head = _HEADER.pack(len(packed), len(payload)) + packed
        if len(payload) < _READ_SIZE:
            self._send(head + payload, descriptors)
        else:
            self._send(head, descriptors)
            self._send(payload, ())

    def _send(self, data: Buffer, descriptors: Sequence[int]) -> None:
        if self._outgoing:
            self._outgoing.append((data, _duplicates(descriptors)))
            return
        rest = self._write(data, descriptors)
        if rest is not None:
            self._outgoing.append((rest[0], _duplicates(rest[1])))
            self._loop.add_writer(self._socket.fileno(), self._flush)

    def close(self) -> None:
        """Closes this end; the other sees the end of its file."""
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()
        for _, descriptors in self._outgoing:
            for descriptor in descriptors:
                os.close(descriptor)
        self._outgoing.clear()
        while self._descriptors:
            os.close(self._descriptors.popleft())

    def _write(self, data: Buffer, descriptors: Sequence[int]) -> _Outgoing | None:
        """Writes what the socket takes; what is left is to be written later."""
        try:
            if descriptors:
                count = socket.send_fds(self._socket, [data], list(descriptors))
            else:
                count = self._socket.send(data)
        except BlockingIOError:
            return data, descriptors
        except OSError:
            # The reader sees the end of the file next, and tells.
            return None
        return None if count == len(data) else (memoryview(data)[count:], ())

    def _flush(self) -> None:
        while self._outgoing:
            data, descriptors = self._outgoing.popleft()
            rest = self._write(data, descriptors)
            if rest is not None:
                self._outgoing.appendleft(rest)
                if rest[1]:
                    return
            for descriptor in descriptors:
                os.close(descriptor)
            if rest is not None:
                return
        self._loop.remove_writer(self._socket.fileno())

    def take_descriptor(self) -> int:
        """The next that came with the frames; for the caller to close. None has come: a defect."""
        return self._descriptors.popleft()

    def drain(self) -> None:
        """Takes the frames that have come by now, before the loop would."""
        while self._is_open and self._read():
            pass

    def _read(self) -> bool:
        """Reads once; whether there may be more."""
        try:
            if self._payload is None:
                data = self._receive()
                count = len(data)
            else:
                count = self._socket.recv_into(memoryview(self._payload)[self._filled :])
        except BlockingIOError:
            return False
        except OSError:
            count = 0
        if not count:
            self._break_off()
            return False
        if self._payload is None:
            self._incoming += data
            self._deliver()
        else:
            self._fill(self._payload, count)
        return True

    def _receive(self) -> bytes:
        if not self.takes_descriptors:
            return self._socket.recv(_READ_SIZE)
        data, descriptors, _flags, _address = socket.recv_fds(
            self._socket, _READ_SIZE, _MAXIMUM_DESCRIPTORS
        )
        self._descriptors += descriptors
        return data

    def _break_off(self) -> None:
        """The other end has gone, or does not speak in frames."""
        self.close()
        self._on_closed()

    def _fill(self, payload: bytearray, count: int) -> None:
        """So many bytes more of a large payload are in their place."""
        self._filled += count
        if self._filled == len(payload):
            self._payload = None
            self._on_frame(self._message, bytes(payload))

    def _deliver(self) -> None:
        while self._is_open and len(self._incoming) >= _HEADER.size:
            message_size, payload_size = _HEADER.unpack_from(self._incoming)
            if message_size > _MAXIMUM_MESSAGE or payload_size > _MAXIMUM_PAYLOAD:
                return self._break_off()
            start = _HEADER.size + message_size
            end = start + payload_size
            is_whole = end <= len(self._incoming)
            if not is_whole and (len(self._incoming) < start or payload_size < _READ_SIZE):
                return
            message = _unpack(self._incoming[_HEADER.size : start])
            if message is None:
                return self._break_off()
            if not is_whole:
                return self._begin_large(message, self._incoming[start:], payload_size)
            payload = self._incoming[start:end]
            self._incoming = self._incoming[end:]
            self._on_frame(message, payload)

    def _begin_large(self, message: Message, begun: bytes, size: int) -> None:
        """What is still to come of this payload is read into its place."""
        self._message = message
        self._payload = bytearray(size)
        self._filled = len(begun)
        self._payload[: self._filled] = begun
        self._incoming = b""


def _duplicates(descriptors: Sequence[int]) -> Sequence[int]:
    return [os.dup(descriptor) for descriptor in descriptors]


def _unpack(data: bytes) -> Message | None:
    """The message; None for what is no map that msgpack knows."""
    try:
        message = msgpack.unpackb(data)
    except (ValueError, msgpack.UnpackException, RecursionError):
        return None
    return message if isinstance(message, dict) else None
