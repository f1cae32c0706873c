"""The engine's end of a socket pair to a zygote, an init process or a runtime.

A frame is two big-endian 32-bit lengths, a msgpack map and raw payload bytes;
``runtimes/frames.py`` is the other end.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Any

import msgpack

Message = dict[str, Any]
OnFrame = Callable[[Message, bytes], None]

_HEADER = struct.Struct("!II")
# Small, because memory for a read is taken in full; what is left of a large frame is read at once.
_READ_SIZE = 1 << 16
_LARGEST_READ = 1 << 20
_SOCKET_BUFFER = 1 << 20


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
        self, end: socket.socket, on_frame: OnFrame, on_closed: Callable[[], None]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = end
        self._on_frame = on_frame
        self._on_closed = on_closed
        self._incoming = bytearray()
        self._missing = 0
        """Bytes that the frame being read still lacks."""
        self._outgoing: list[tuple[bytes, Sequence[int]]] = []
        self._is_open = True
        self._loop.add_reader(end.fileno(), self._read)

    def send(self, message: Message, payload: bytes = b"", descriptors: Sequence[int] = ()) -> None:
        """Sends a frame, now if the socket takes it. To an end that has gone it does nothing.

        The descriptors are kept open until they are sent, and must be closed by the caller after.
        """
        if not self._is_open:
            return
        if descriptors:
            message = {**message, "descriptors": len(descriptors)}
        packed: bytes = msgpack.packb(message)
        data = _HEADER.pack(len(packed), len(payload)) + packed + payload
        if self._outgoing:
            self._outgoing.append((data, descriptors))
            return
        rest = self._write(data, descriptors)
        if rest:
            self._outgoing.append((rest, ()))
            self._loop.add_writer(self._socket.fileno(), self._flush)

    def close(self) -> None:
        """Closes this end; the other sees the end of its file."""
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._socket.fileno())
        self._loop.remove_writer(self._socket.fileno())
        self._socket.close()

    def _write(self, data: bytes, descriptors: Sequence[int]) -> bytes:
        """Writes what the socket takes; the rest, or nothing when the other end has gone."""
        try:
            if descriptors:
                count = socket.send_fds(self._socket, [data], list(descriptors))
            else:
                count = self._socket.send(data)
        except BlockingIOError:
            count = 0
        except OSError:
            # The reader sees the end of the file next, and tells.
            return b""
        return data[count:]

    def _flush(self) -> None:
        while self._outgoing:
            data, descriptors = self._outgoing.pop(0)
            rest = self._write(data, descriptors)
            if rest:
                self._outgoing.insert(0, (rest, ()))
                return
        self._loop.remove_writer(self._socket.fileno())

    def drain(self) -> None:
        """Takes the frames that have come by now, before the loop would."""
        while self._is_open and self._read():
            pass

    def _read(self) -> bool:
        """Reads once; whether there may be more."""
        try:
            data = self._socket.recv(min(max(self._missing, _READ_SIZE), _LARGEST_READ))
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self.close()
            self._on_closed()
            return False
        self._incoming += data
        self._deliver()
        return True

    def _deliver(self) -> None:
        while self._is_open and len(self._incoming) >= _HEADER.size:
            message_size, payload_size = _HEADER.unpack_from(self._incoming)
            start = _HEADER.size + message_size
            end = start + payload_size
            self._missing = end - len(self._incoming)
            if self._missing > 0:
                return
            message = msgpack.unpackb(self._incoming[_HEADER.size : start])
            payload = bytes(self._incoming[start:end])
            del self._incoming[:end]
            self._on_frame(message, payload)
