"""The engine's end of a socket pair to a zygote, an init process or a runtime.

A frame is two big-endian 32-bit lengths, a msgpack map (the message) and raw bytes (the payload);
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
OnMessage = Callable[[Message, bytes], None]
Buffer = bytes | bytearray | memoryview
_Outgoing = tuple[Buffer, Sequence[int]]
"""Bytes to write, and the descriptors that go with the first of them."""

_HEADER = struct.Struct("!II")
# Small, because memory for a read is taken in full. A larger payload is read into its place.
_READ_SIZE = 1 << 16
_SOCKET_BUFFER = 1 << 20
# Bounds on the memory that the other end can make this one use: a function can write to its
# runtime's channel.
_MAXIMUM_MESSAGE = 1 << 16
_MAXIMUM_PAYLOAD = 8 << 20
_MAXIMUM_DESCRIPTORS = 4


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """Return the two ends of one channel, the engine's first.

    The send buffers are large, so that 1 MB goes in one piece.
    """
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER)
    ours.setblocking(False)
    return ours, theirs


class Channel:
    """Reads and writes frames from the event loop without blocking it."""

    def __init__(
        self,
        end: socket.socket,
        on_message: OnMessage,
        on_closed: Callable[[], None],
    ) -> None:
        self.takes_descriptors = False
        """Whether descriptors are accepted: only where no function can write to the other end."""
        self._loop = asyncio.get_running_loop()
        self._socket = end
        self._on_message = on_message
        self._on_closed = on_closed
        self._pack = msgpack.Packer().pack
        self._incoming = b""
        self._message = b""
        """Message of a large frame whose payload is being received."""
        self._payload: bytearray | None = None
        self._filled = 0
        """Bytes of that payload received so far."""
        self._descriptors: deque[int] = deque()
        """Received and not yet taken."""
        self._outgoing: deque[_Outgoing] = deque()
        self._is_open = True
        self._loop.add_reader(end.fileno(), self._read)

    def send(
        self,
        message: Message,
        payload: bytes | bytearray = b"",
        descriptors: Sequence[int] = (),
    ) -> None:
        """Send a frame, at once if the socket takes it; do nothing if the other end has gone.

        The caller may close the descriptors at once: those of a frame that waits are duplicates.
        A large payload is not copied and must not be changed.
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

    def close(self) -> None:
        """Close this end; the other end reads end-of-file."""
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

    def take_descriptor(self) -> int:
        """Return the oldest received descriptor, for the caller to close.

        Raise ``IndexError`` when none has been received, which is a defect.
        """
        return self._descriptors.popleft()

    def drain(self) -> None:
        """Read the frames that have arrived by now, ahead of the event loop."""
        while self._is_open and self._read():
            pass

    def _send(self, data: Buffer, descriptors: Sequence[int]) -> None:
        # Frames keep their order: nothing overtakes what waits.
        if self._outgoing:
            self._outgoing.append((data, _duplicates(descriptors)))
            return
        rest = self._write(data, descriptors)
        if rest is not None:
            self._outgoing.append((rest[0], _duplicates(rest[1])))
            self._loop.add_writer(self._socket.fileno(), self._flush)

    def _write(self, data: Buffer, descriptors: Sequence[int]) -> _Outgoing | None:
        """Write what the socket takes; return the rest."""
        try:
            if descriptors:
                count = socket.send_fds(self._socket, [data], list(descriptors))
            else:
                count = self._socket.send(data)
        except BlockingIOError:
            return data, descriptors
        except OSError:
            # The other end has gone. The reader sees end-of-file next and reports it.
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

    def _read(self) -> bool:
        """Read once; return whether there may be more."""
        try:
            if self._payload is not None:
                count = self._socket.recv_into(memoryview(self._payload)[self._filled :])
            elif self.takes_descriptors:
                data, descriptors, _flags, _address = socket.recv_fds(
                    self._socket, _READ_SIZE, _MAXIMUM_DESCRIPTORS
                )
                self._descriptors += descriptors
                count = len(data)
            else:
                data = self._socket.recv(_READ_SIZE)
                count = len(data)
        except BlockingIOError:
            return False
        except OSError:
            count = 0
        if not count:
            self._break_off()
            return False
        if self._payload is None:
            self._incoming += data
            self._deliver_all()
        else:
            self._fill(self._payload, count)
        return True

    def _break_off(self) -> None:
        """Close a channel whose other end has gone or does not send frames."""
        self.close()
        self._on_closed()

    def _fill(self, payload: bytearray, count: int) -> None:
        self._filled += count
        if self._filled == len(payload):
            self._payload = None
            self._deliver(self._message, bytes(payload))

    def _deliver_all(self) -> None:
        """Deliver every complete frame among the incoming bytes."""
        while self._is_open and len(self._incoming) >= _HEADER.size:
            message_size, payload_size = _HEADER.unpack_from(self._incoming)
            if message_size > _MAXIMUM_MESSAGE or payload_size > _MAXIMUM_PAYLOAD:
                return self._break_off()
            start = _HEADER.size + message_size
            end = start + payload_size
            is_whole = end <= len(self._incoming)
            if not is_whole and (len(self._incoming) < start or payload_size < _READ_SIZE):
                return
            message = self._incoming[_HEADER.size : start]
            if not is_whole:
                return self._begin_large(message, self._incoming[start:], payload_size)
            payload = self._incoming[start:end]
            # Before it is delivered: what is told of it may read on.
            self._incoming = self._incoming[end:]
            self._deliver(message, payload)

    def _deliver(self, message: bytes, payload: bytes) -> None:
        """Decode a frame and pass it on."""
        try:
            unpacked = msgpack.unpackb(message)
        except (ValueError, msgpack.UnpackException, RecursionError):
            unpacked = None
        if isinstance(unpacked, dict):
            self._on_message(unpacked, payload)
        else:
            self._break_off()

    def _begin_large(self, message: bytes, begun: bytes, size: int) -> None:
        """Receive the rest of a large payload into its final place."""
        self._message = message
        self._payload = bytearray(size)
        self._filled = len(begun)
        self._payload[: self._filled] = begun
        self._incoming = b""


def _duplicates(descriptors: Sequence[int]) -> Sequence[int]:
    return [os.dup(descriptor) for descriptor in descriptors]
