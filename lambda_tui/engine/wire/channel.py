"""The engine's end of a socket pair to a zygote, an init process or a runtime.

A frame is two big-endian 32-bit lengths, a msgpack map (the message) and raw bytes (the payload);
``runtimes/frames.py`` is the other end. A path in a message crosses as its bytes, which may be no
UTF-8. With a forked Python runtime the engine shares memory for
large events, and it polls for a quick answer.
"""

from __future__ import annotations

import asyncio
import fcntl
import mmap
import os
import socket
import struct
import sys
import termios
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import msgpack
import msgspec

from lambda_tui.engine.event_loop import (
    POLLING_SECONDS,
    available_cores,
    released,
    report_defect,
)
from lambda_tui.engine.invocation import Payload
from lambda_tui.engine.wire.frames import LONGEST_ERROR_TYPE, RuntimeFrame

Message = dict[str, Any]
OnMessage = Callable[[Message, bytes], None]
Buffer = bytes | bytearray | memoryview
_Outgoing = tuple[Buffer, Sequence[int]]
"""Bytes to write, and the descriptors that go with the first of them."""

_HEADER = struct.Struct("!II")
_COUNT = struct.Struct("i")
# Small, because memory for a read is taken in full. A larger payload is read into its place.
_READ_SIZE = 1 << 16
_SOCKET_BUFFER = 1 << 20
# Bounds on the memory that the other end can make this one use: a function can write to its
# runtime's channel.
_MAXIMUM_MESSAGE = 1 << 16
_MAXIMUM_PAYLOAD = 8 << 20
_MAXIMUM_DESCRIPTORS = 4
# By then the other end, which waits for frames, has read it. Longer would hide ends from readers.
_FLIGHT_SECONDS = 0.5

LARGE_EVENT = 1 << 18
"""Bytes from which on shared memory is faster than the socket."""
_MEMORY_SIZE = 8 << 20
_MOST_MISSES = 6

# A text may have a path in it.
_ERRORS = "surrogateescape"

# One for all channels, which belong to one thread: each has a buffer of 256 KB.
_pack = msgpack.Packer(default=os.fsencode, unicode_errors=_ERRORS).pack
_decode = msgspec.msgpack.Decoder(RuntimeFrame).decode


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
        self._on_message: OnMessage = on_message
        self._on_closed: Callable[[], None] = on_closed
        self._incoming = b""
        self._message = b""
        """Message of a large frame whose payload is being received."""
        self._payload: bytearray | None = None
        self._filled = 0
        """Bytes of that payload received so far."""
        self._descriptors: deque[int] = deque()
        """Received and not yet taken."""
        self._in_flight: deque[Sequence[int]] = deque()
        """On macOS: duplicates of descriptors that were sent a moment ago."""
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
        packed: bytes = _pack(message)
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
        while self._in_flight:
            self._land()
        self._on_message = self._on_closed = released
        while self._descriptors:
            os.close(self._descriptors.popleft())

    def take_descriptor(self) -> int:
        """Return the oldest received descriptor, for the caller to close.

        Raise ``IndexError`` when none has been received, which is a defect.
        """
        return self._descriptors.popleft()

    def drain(self) -> None:
        """Read the frames that have arrived by now, ahead of the event loop.

        It reads no more than that: a process that writes endlessly must not hold the loop.
        """
        if not self._is_open:
            return
        (remaining,) = _COUNT.unpack(fcntl.ioctl(self._socket, termios.FIONREAD, _COUNT.pack(0)))
        while self._is_open and remaining >= 0 and (count := self._read()):
            remaining -= count

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
                self._keep_in_flight(descriptors)
            else:
                count = self._socket.send(data)
        except BlockingIOError:
            return data, descriptors
        except OSError:
            # The other end has gone. The reader sees end-of-file next and reports it.
            return None
        return None if count == len(data) else (memoryview(data)[count:], ())

    def _keep_in_flight(self, descriptors: Sequence[int]) -> None:
        """Keep what was sent open for a while where a kernel may lose what has no other holder.

        macOS takes a file that is open in messages alone for garbage.
        """
        if sys.platform == "darwin":
            self._in_flight.append(_duplicates(descriptors))
            self._loop.call_later(_FLIGHT_SECONDS, self._land)

    def _land(self) -> None:
        """Close the duplicates of what was sent first."""
        if self._in_flight:
            for descriptor in self._in_flight.popleft():
                os.close(descriptor)

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

    def _read(self) -> int:
        """Read once; return how many bytes, 0 if there is nothing to read."""
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
            return 0
        except OSError:
            count = 0
        if not count:
            self._end()
            return 0
        try:
            if self._payload is None:
                self._incoming += data
                self._deliver_all()
            else:
                self._fill(self._payload, count)
        except Exception as error:
            # Whoever waits for what this frame should have brought about must learn of an end.
            report_defect(error, "A frame could not be handled.")
            if self._is_open:
                self._break_off()
        return count

    def _end(self) -> None:
        """Close a channel whose other end has gone."""
        self._break_off()

    def _break_off(self) -> None:
        """Close a channel whose other end has gone or does not send frames."""
        on_closed = self._on_closed
        self.close()
        on_closed()

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
            unpacked = msgpack.unpackb(message, unicode_errors=_ERRORS)
        except (ValueError, msgpack.UnpackException, RecursionError):
            unpacked = None
        if isinstance(unpacked, dict):
            self._on_message(unpacked, payload)
        else:
            self._break_off()

    def _begun_frame(self) -> tuple[bytes, bytes]:
        """Return the message of a frame that has arrived in part, and its payload so far.

        Both are empty without one.
        """
        if self._payload is not None:
            return self._message, bytes(self._payload[: self._filled])
        if len(self._incoming) < _HEADER.size:
            return b"", b""
        message_size, _payload_size = _HEADER.unpack_from(self._incoming)
        start = _HEADER.size + message_size
        if len(self._incoming) < start:
            return b"", b""
        return self._incoming[_HEADER.size : start], self._incoming[start:]

    def _begin_large(self, message: bytes, begun: bytes, size: int) -> None:
        """Receive the rest of a large payload into its final place."""
        self._message = message
        self._payload = bytearray(size)
        self._filled = len(begun)
        self._payload[: self._filled] = begun
        self._incoming = b""


class RuntimeChannel(Channel):
    """Carries one invocation at a time to a runtime, and its frames back."""

    def __init__(
        self,
        end: socket.socket,
        on_frame: Callable[[RuntimeFrame], None],
        on_closed: Callable[[], None],
        *,
        is_forked: bool,
    ) -> None:
        """``on_closed`` is called for a runtime that does not send frames, not for one that ends.

        ``is_forked`` for a Python runtime, which can share memory and starts to work at once.
        """
        super().__init__(end, lambda _message, _payload: None, on_closed)
        self._on_frame = on_frame
        self._can_share = is_forked and _has_sealed_memory()
        self._memory: _EventMemory | None = None
        # With one core, polling would keep the runtime from its work.
        self._may_poll = is_forked and available_cores() > 1
        self._unpolled = 0
        """Invocations still to be sent before an answer is polled for again."""
        self._misses = 0
        """Consecutive answers that did not come in time."""

    def send(
        self, message: Message, payload: Payload = b"", descriptors: Sequence[int] = ()
    ) -> None:
        """Send an invocation; its event may be changed as soon as this returns."""
        memory = self._shared_memory() if len(payload) >= LARGE_EVENT else None
        if memory is None:
            super().send(message, payload, descriptors)
        else:
            memory.put(payload)
            place = {**message, "event_size": len(payload)}
            super().send(place, descriptors=[*descriptors, memory.descriptor])
        if self._unpolled:
            self._unpolled -= 1
        elif self._may_poll and not self._outgoing:
            self._loop.call_soon(self._poll_for_answer)

    def close(self) -> None:
        """Close this end, and release the shared memory."""
        super().close()
        if self._memory is not None:
            self._memory.close()
            self._memory = None

    def drain(self) -> None:
        """Read what has arrived; an answer of which that is only a part is told as such a part."""
        super().drain()
        message, begun = self._begun_frame()
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            frame = _decode(message)
            if frame.kind in ("chunk", "response", "error"):
                frame.payload = begun if frame.kind == "chunk" else b""
                frame.kind = "chunk"
                self._on_frame(frame)

    def _end(self) -> None:
        # Its process ends now, or has become another program by execve and goes on: the init
        # process tells which, and the phase has its limit of time.
        self.close()

    def _deliver(self, message: bytes, payload: bytes) -> None:
        try:
            frame = _decode(message)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._break_off()
            return
        if frame.kind == "fault":
            # Only the Runtime API's state may speak for the platform.
            self._break_off()
            return
        frame.payload = payload
        if len(frame.error_type) > LONGEST_ERROR_TYPE:
            frame.error_type = frame.error_type[:LONGEST_ERROR_TYPE]
        self._on_frame(frame)

    def _poll_for_answer(self) -> None:
        """Read a quick answer before the loop begins anything else.

        The data that serves the next invocation is then still in the caches of both cores. Each
        consecutive miss doubles the number of invocations that are not polled for.
        """
        until = time.monotonic() + POLLING_SECONDS
        while self._is_open:
            if self._read():
                self._misses = 0
                return
            if time.monotonic() > until:
                break
        self._misses += 1
        self._unpolled = (1 << min(self._misses, _MOST_MISSES)) - 1

    def _shared_memory(self) -> _EventMemory | None:
        """Return the memory for events, or None where it cannot be had."""
        if self._memory is None and self._is_open and self._can_share:
            with suppress(OSError):
                self._memory = _EventMemory()
        return self._memory


class _EventMemory:
    """Memory that holds one event at a time. Its pages are kept: fresh ones would be slower."""

    def __init__(self) -> None:
        """Raise ``OSError`` where the machine is short of memory or descriptors."""
        self.descriptor = os.memfd_create("event", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(self.descriptor, _MEMORY_SIZE)
            # If a function could shrink it, the engine would be killed for writing past its end.
            seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW
            fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, seals)
            self._memory = mmap.mmap(self.descriptor, _MEMORY_SIZE)
        except OSError:
            os.close(self.descriptor)
            raise

    def put(self, event: Payload) -> None:
        """Overwrite the previous event."""
        self._memory[: len(event)] = event

    def close(self) -> None:
        """Release the memory."""
        self._memory.close()
        os.close(self.descriptor)


def _has_sealed_memory() -> bool:
    # A Python that was built for old releases of Linux lacks it, whatever it runs on.
    return hasattr(os, "memfd_create") and hasattr(fcntl, "F_ADD_SEALS")


def _duplicates(descriptors: Sequence[int]) -> Sequence[int]:
    return [os.dup(descriptor) for descriptor in descriptors]
