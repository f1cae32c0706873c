"""The memory size as a limit on an environment's processes, and the one to kill over it.

A program counts with all of its resident memory, and what it has forked or started with what is its
own alone: pages that they share are counted once. Proportional shares would be less than the truth,
because a forked runtime shares pages with processes outside its environment.

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
        self.beside_runtime_kb = 0
        """Use of all processes but the runtime at the last check: extensions, children."""
        self._limit_kb = limit_mb * 1024
        self._used_kb = 0

    @property
    def seconds_to_next_check(self) -> float:
        """Seconds after which the limit could have been reached, within bounds."""
        seconds = (self._limit_kb - self._used_kb) / _FASTEST_KB_PER_SECOND
        return min(max(seconds, _SHORTEST_WAIT), _LONGEST_WAIT)

    def find_victim(
        self, pids: Iterable[int], runtime: int | None, extensions: Iterable[int]
    ) -> int | None:
        """Measure the processes; return the largest if together they are over the limit."""
        programs = {runtime, *extensions}
        # Its own memory costs the kernel a walk through all mappings of a process.
        used = {pid: _resident_kb(pid) if pid in programs else _own_kb(pid) for pid in pids}
        self._used_kb = sum(used.values())
        self.beside_runtime_kb = self._used_kb - (used.get(runtime, 0) if runtime else 0)
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


def _own_kb(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith(b"Private_"))
    except OSError:
        return 0
