"""Large events, which come in memory that is shared with the engine."""

from __future__ import annotations

import errno
import json
import mmap
import os
from collections.abc import Sequence

from ..frames import Frame


class EventMemory:
    """The memory, mapped from one large event to the next; a small one between them lets it go."""

    def __init__(self) -> None:
        self._memory: mmap.mmap | None = None

    def event_of(self, frame: Frame) -> str | bytes | bytearray:
        """The event that comes with a frame, or lies where its descriptor leads.

        Such a one is decoded as ``json.loads`` does it, but where it lies: only the text is copied.
        Raises ``OSError`` when the function has left no descriptor or no room to map it, and
        ``ValueError`` for what is no text.
        """
        size = frame.message.get("event_size")
        if size is None:
            self._release()
            return frame.payload
        memory = self._map(frame.descriptors)
        encoding = json.detect_encoding(memory[:4])
        with memoryview(memory) as whole, whole[:size] as event:
            return str(event, encoding, "surrogatepass")

    def _map(self, descriptors: Sequence[int]) -> mmap.mmap:
        try:
            if self._memory is None:
                if not descriptors:
                    # It was sent, and the kernel had no number for it.
                    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
                self._memory = mmap.mmap(descriptors[0], 0, mmap.MAP_SHARED, mmap.PROT_READ)
            return self._memory
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _release(self) -> None:
        if self._memory is not None:
            # What is mapped counts as the function's memory.
            self._memory.close()
            self._memory = None
