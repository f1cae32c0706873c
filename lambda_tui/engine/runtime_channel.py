"""The engine's end of the channel to a Python runtime, which large events go past.

They lie in memory that both share: the runtime is sent its descriptor with each of them, and
decodes the event where it lies.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from lambda_tui.engine.channel import Channel, Message
from lambda_tui.engine.invocation import Payload

LARGE_EVENT = 1 << 18
"""Bytes from which on the way through memory is the shorter one."""
_MEMORY_SIZE = 8 << 20


class RuntimeChannel(Channel):
    """A channel whose large events go through memory, on machines that can share it so."""

    _memory: _EventMemory | None = None

    def send(
        self, message: Message, payload: Payload = b"", descriptors: Sequence[int] = ()
    ) -> None:
        """Sends a frame; the event may be changed as soon as it is sent."""
        memory = self._shared_memory() if len(payload) >= LARGE_EVENT else None
        if memory is None:
            super().send(message, payload, descriptors)
            return
        memory.put(payload)
        place = {**message, "event_size": len(payload)}
        super().send(place, descriptors=[memory.descriptor])

    def close(self) -> None:
        """Closes this end, and gives the memory back."""
        super().close()
        if self._memory is not None:
            self._memory.close()
            self._memory = None

    def _shared_memory(self) -> _EventMemory | None:
        """None where the machine, or the channel's end, allows none."""
        if self._memory is None and self._is_open and sys.platform == "linux":
            with suppress(OSError):
                self._memory = _EventMemory()
        return self._memory


class _EventMemory:
    """Holds one event at a time. Its pages are kept: fresh ones would be slower."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("event", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.descriptor, _MEMORY_SIZE)
        # A function that shortened it would have the engine killed for writing beyond its end.
        fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
        self._memory = mmap.mmap(self.descriptor, _MEMORY_SIZE)

    def put(self, event: Payload) -> None:
        """Places an event where the one before was."""
        self._memory[: len(event)] = event

    def close(self) -> None:
        """Gives it back to the machine."""
        self._memory.close()
        os.close(self.descriptor)
