"""The memory size as a limit on an environment's processes, and the one to kill over it.

Lambda's kernel kills at once. Here the init process polls, the more often the nearer the limit is,
because an ordinary user may not limit the memory of several processes together on every machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
# An upper bound on how fast processes take memory into use.
_FASTEST_KB_PER_SECOND = 4 * 1024 * 1024
_SHORTEST_WAIT, _LONGEST_WAIT = 0.002, 0.1


class MemoryLimit:
    """Checks the resident memory of several processes against a limit."""

    def __init__(self, limit_mb: int) -> None:
        self.peak_kb = 0
        """The most that any check has seen, at most the limit."""
        self._limit_kb = limit_mb * 1024
        self._used_kb = 0

    @property
    def seconds_to_next_check(self) -> float:
        """Seconds after which the limit could have been reached, within bounds."""
        seconds = (self._limit_kb - self._used_kb) / _FASTEST_KB_PER_SECOND
        return min(max(seconds, _SHORTEST_WAIT), _LONGEST_WAIT)

    def find_victim(self, pids: Iterable[int]) -> int | None:
        """Measure the processes; return the largest if together they are over the limit."""
        used = {pid: _resident_kb(pid) for pid in pids}
        if len(used) > 1:
            # Pages that several processes share would be counted for each of them. The exact number
            # costs the kernel a walk through all mappings, which a single process does not need.
            used = {pid: _proportional_kb(pid) for pid in used}
        self._used_kb = sum(used.values())
        self.peak_kb = max(self.peak_kb, min(self._used_kb, self._limit_kb))
        if self._used_kb <= self._limit_kb:
            return None
        return max(used, key=lambda pid: used[pid])


def _resident_kb(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE_KB
    except OSError:
        return 0


def _proportional_kb(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            for line in file:
                if line.startswith(b"Pss:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0
