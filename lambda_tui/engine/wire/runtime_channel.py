"""The engine's end of the channel to a runtime that lambda-tui brings.

The engine and a Python runtime share memory for large events: the runtime receives its descriptor
with each of them, and decodes the event where it lies. A quick answer is polled for.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from lambda_tui.engine.invocation import Payload
from lambda_tui.engine.wire.busy_polling import POLLING_SECONDS, available_cores
from lambda_tui.engine.wire.channel import Channel, Message
from lambda_tui.engine.wire.frames import RuntimeFrame, decode_frame

LARGE_EVENT = 1 << 18
"""Bytes from which on shared memory is faster than the socket."""
_MEMORY_SIZE = 8 << 20
_MOST_MISSES = 6


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
        """``is_forked`` for a Python runtime, which can share memory and starts to work at once."""
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

    def _deliver(self, message: bytes, payload: bytes) -> None:
        try:
            frame = decode_frame(message, payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._break_off()
        else:
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
