"""Large events, which come in memory that is shared with the engine."""

from __future__ import annotations

import json
import mmap
import os
from typing import Optional

from ..frames import Frame


class EventMemory:
    """The memory, mapped from one large event to the next; a small one between them lets it go."""

    def __init__(self) -> None:
        self._memory: Optional[mmap.mmap] = None

    def read(self, frame: Frame) -> str:
        """The text of the event that lies where the frame's descriptor leads.

        It is decoded as ``json.loads`` does it, but where it lies: only the text is copied.
        """
        (descriptor,) = frame.descriptors
        if self._memory is None:
            self._memory = mmap.mmap(descriptor, 0, mmap.MAP_SHARED, mmap.PROT_READ)
        os.close(descriptor)
        encoding = json.detect_encoding(self._memory[:4])
        with memoryview(self._memory) as memory, memory[: frame.message["event_size"]] as event:
            return str(event, encoding, "surrogatepass")

    def release(self) -> None:
        """What is mapped counts as the function's memory."""
        if self._memory is not None:
            self._memory.close()
            self._memory = None
