"""Memory that processes share on purpose, and that can exist without being mapped by any."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from typing import Iterator, NamedTuple

from .. import linux

_SEGMENTS = "/proc/sysvipc/shm"


class SharedMemory:
    """The files of memory and System V's segments of an environment."""

    def __init__(self, *, is_isolated: bool) -> None:
        self._is_isolated = is_isolated
        self._segments: set[int] = set()
        """Ids of the segments that were seen."""

    def used_kb(self, pids: Collection[int]) -> int:
        """Return the size of the files that processes have open, and of all segments."""
        used = _files_kb(pids)
        for segment in _list_segments():
            # Without an IPC namespace the list is that of the whole machine.
            if self._is_isolated or segment.creator in pids:
                self._segments.add(segment.id)
            if segment.id in self._segments:
                used += segment.kb
        return used

    def remove_segments(self) -> None:
        """Remove the segments, which outlive all processes."""
        if self._is_isolated:
            self._segments = {segment.id for segment in _list_segments()}
        while self._segments:
            linux.remove_segment(self._segments.pop())


def _files_kb(pids: Collection[int]) -> int:
    sizes: dict[int, int] = {}
    for pid in pids:
        for path in _descriptors(pid):
            with contextlib.suppress(OSError):
                if os.readlink(path).startswith("/memfd:"):
                    status = os.stat(path)
                    sizes[status.st_ino] = status.st_blocks // 2
    return sum(sizes.values())


def _descriptors(pid: int) -> list[str]:
    folder = f"/proc/{pid}/fd"
    with contextlib.suppress(OSError):
        return [f"{folder}/{name}" for name in os.listdir(folder)]
    return []


class _Segment(NamedTuple):
    """A segment of System V's shared memory."""

    id: int
    creator: int
    """The process that has made it."""
    kb: int
    """Memory that is in use for it."""


def _list_segments() -> Iterator[_Segment]:
    with contextlib.suppress(OSError), open(_SEGMENTS) as file:
        names = file.readline().split()
        for line in file:
            fields = dict(zip(names, line.split()))
            used = int(fields["rss"]) + int(fields["swap"])
            yield _Segment(int(fields["shmid"]), int(fields["cpid"]), used // 1024)
