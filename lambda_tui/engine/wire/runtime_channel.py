"""The engine's end of the channel to a Python runtime.

Large events go past it, in memory that both share: the runtime is sent its descriptor with each of
them, and decodes the event where it lies. A quick answer is waited for.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from lambda_tui.engine.invocation import Payload
from lambda_tui.engine.wakefulness import MOMENT, cores
from lambda_tui.engine.wire.channel import Channel, Message, OnFrame

LARGE_EVENT = 1 << 18
"""Bytes from which on the way through memory is the shorter one."""
_MEMORY_SIZE = 8 << 20
_MOST_MISSES = 6


class RuntimeChannel(Channel):
    """A channel for invocations, one at a time."""

    def __init__(
        self, end: socket.socket, on_frame: OnFrame, on_closed: Callable[[], None]
    ) -> None:
        super().__init__(end, on_frame, on_closed)
        self._memory: _EventMemory | None = None
        # On the only core waiting would keep the runtime from its work.
        self._may_wait = cores() > 1
        self._unwaited = 0
        """Invocations still to be sent before an answer is waited for again."""
        self._misses = 0
        """Answers in a row that did not come in time."""

    def send(
        self, message: Message, payload: Payload = b"", descriptors: Sequence[int] = ()
    ) -> None:
        """Sends a frame; the event may be changed as soon as it is sent."""
        self._send_event(message, payload, descriptors)
        if self._unwaited:
            self._unwaited -= 1
        elif self._may_wait and not self._outgoing:
            self._loop.call_soon(self._wait_for_answer)

    def _wait_for_answer(self) -> None:
        """Reads a quick answer before the loop begins anything else.

        What serves the next invocation is then still at hand, in the caches of both cores. Each
        answer in a row that is not quick lets twice as many go by without this.
        """
        until = time.monotonic() + MOMENT
        while self._is_open:
            if self._read():
                self._misses = 0
                return
            if time.monotonic() > until:
                break
        self._misses += 1
        self._unwaited = (1 << min(self._misses, _MOST_MISSES)) - 1

    def _send_event(self, message: Message, payload: Payload, descriptors: Sequence[int]) -> None:
        memory = self._shared_memory() if len(payload) >= LARGE_EVENT else None
        if memory is None:
            super().send(message, payload, descriptors)
            return
        memory.put(payload)
        place = {**message, "event_size": len(payload)}
        super().send(place, descriptors=[*descriptors, memory.descriptor])

    def close(self) -> None:
        """Closes this end, and gives the memory back."""
        super().close()
        if self._memory is not None:
            self._memory.close()
            self._memory = None

    def _shared_memory(self) -> _EventMemory | None:
        """None where the machine, its Python or the channel's end allows none."""
        if self._memory is None and self._is_open and _can_share():
            with suppress(OSError):
                self._memory = _EventMemory()
        return self._memory


class _EventMemory:
    """Holds one event at a time. Its pages are kept: fresh ones would be slower."""

    def __init__(self) -> None:
        """Raises ``OSError`` where the machine has not the means."""
        self.descriptor = os.memfd_create("event", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(self.descriptor, _MEMORY_SIZE)
            # A function that shortened it would have the engine killed for writing beyond its end.
            seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW
            fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, seals)
            self._memory = mmap.mmap(self.descriptor, _MEMORY_SIZE)
        except OSError:
            os.close(self.descriptor)
            raise

    def put(self, event: Payload) -> None:
        """Places an event where the one before was."""
        self._memory[: len(event)] = event

    def close(self) -> None:
        """Gives it back to the machine."""
        self._memory.close()
        os.close(self.descriptor)


def _can_share() -> bool:
    # A Python that was built for old releases of Linux lacks them, whatever it runs on.
    return hasattr(os, "memfd_create") and hasattr(fcntl, "F_ADD_SEALS")
