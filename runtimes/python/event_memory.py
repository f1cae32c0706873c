"""Large events, which arrive in memory that is shared with the engine."""

from __future__ import annotations

import errno
import json
import mmap
import os
from collections.abc import Sequence

from ..frames import Frame


class EventMemory:
    """The shared memory, which stays mapped from one large event to the next.

    A small event between them unmaps it.
    """

    def __init__(self) -> None:
        self._memory: mmap.mmap | None = None

    def event_of(self, frame: Frame) -> str | bytes | bytearray:
        """Return the event of a frame, from its payload or from the shared memory.

        From there it is decoded as ``json.loads`` would, but in place: only the text is copied.
        Raise ``OSError`` when the function has left no descriptor or no room to map it, and
        ``ValueError`` for bytes that are no text.
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
                    # One was sent, but the function has used up all numbers, so it was dropped.
                    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
                self._memory = mmap.mmap(descriptors[0], 0, mmap.MAP_SHARED, mmap.PROT_READ)
            return self._memory
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _release(self) -> None:
        if self._memory is not None:
            # Mapped memory counts as the function's.
            self._memory.close()
            self._memory = None
