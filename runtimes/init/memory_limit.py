"""The memory size as a limit on an environment's processes, and the one to kill over it.

The runtime and each extension count with all of their resident memory but the pages of files, of
which the most that one of them has are counted: they share libraries. What they have forked or
started counts with what is its own alone. Proportional shares would be less than the truth, because
a forked runtime shares pages with processes outside its environment.

Lambda's kernel kills at once. Here the init process polls, the more often the nearer the limit is,
because an ordinary user may not limit the memory of several processes together on every machine.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from ..macos import Libproc

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
        self._libproc = None if sys.platform.startswith("linux") else Libproc()
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
        used: dict[int, int] = {}
        files = 0
        for pid in pids:
            if self._libproc is not None:
                # The kernel charges it to one process alone, without the pages of files.
                used[pid] = self._libproc.footprint_kb(pid)
            elif pid in programs:
                used[pid], pages_of_files = _resident_kb(pid)
                files = max(files, pages_of_files)
            else:
                # Costs the kernel a walk through all mappings.
                used[pid] = _own_kb(pid)
        self._used_kb = files + sum(used.values())
        beside = sum(kb for pid, kb in used.items() if pid != runtime)
        self.beside_runtime_kb = beside if runtime in used else self._used_kb
        self.peak_kb = max(self.peak_kb, min(self._used_kb, self._limit_kb))
        if self._used_kb <= self._limit_kb:
            return None
        return max(used, key=lambda pid: used[pid])


def _resident_kb(pid: int) -> tuple[int, int]:
    """Return the resident memory of a process: without that of files, and of files."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            resident, of_files = map(int, file.read().split()[1:3])
    except OSError:
        return 0, 0
    return (resident - of_files) * _PAGE_KB, of_files * _PAGE_KB


def _own_kb(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith(b"Private_"))
    except OSError:
        return 0
