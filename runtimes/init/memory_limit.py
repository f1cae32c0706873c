"""The memory size as a limit on an environment's processes, and the one to kill over it.

The runtime and each extension count with all of their resident memory but the pages of files, of
which the most that one of them has are counted: they share libraries. What they have forked or
started counts with what is its own alone. Proportional shares would be less than the truth, because
a forked runtime shares pages with processes outside its environment.

Memory that is shared on purpose (a ``memfd``, an anonymous shared mapping, a segment of System V)
counts once for all of them, also where nobody has it mapped. It is looked for only while the
machine as a whole has more of it than before, because that takes a look at every descriptor.

Lambda's kernel kills at once. Here the init process polls, the more often the nearer the limit is,
because an ordinary user may not limit the memory of several processes together on every machine.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Sequence

from .. import linux
from ..macos import Libproc
from .shared_memory import SharedMemory

_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
# An upper bound on how fast processes take memory into use.
_FASTEST_KB_PER_SECOND = 4 * 1024 * 1024
_SHORTEST_WAIT, _LONGEST_WAIT = 0.002, 0.1
# More shared memory on the whole machine that is worth a look.
_NOTED_RISE_KB = 1024


class MemoryLimit:
    """Checks the resident memory of several processes against a limit."""

    def __init__(self, limit_mb: int, shared_memory: SharedMemory) -> None:
        self.peak_kb = 0
        """The most that any check has seen, at most the limit."""
        self.beside_runtime_kb = 0
        """Use of all processes but the runtime at the last check: extensions, children."""
        self._libproc = None if sys.platform.startswith("linux") else Libproc()
        self._limit_kb = limit_mb * 1024
        self._used_kb = 0
        self._shared_memory = shared_memory
        self._machine_shared_kb = _machine_shared_kb()
        """The least shared memory that the machine has had since."""

    @property
    def seconds_to_next_check(self) -> float:
        """Seconds after which the limit could have been reached, within bounds."""
        seconds = (self._limit_kb - self._used_kb) / _FASTEST_KB_PER_SECOND
        return min(max(seconds, _SHORTEST_WAIT), _LONGEST_WAIT)

    def find_victim(
        self, pids: Sequence[int], runtime: int | None, extensions: Iterable[int]
    ) -> int | None:
        """Measure the processes; return the largest if together they are over the limit."""
        programs = {runtime, *extensions}
        has_shared = self._may_have_shared_memory()
        used: dict[int, int] = {}
        mapped: dict[int, int] = {}
        files = 0
        for pid in pids:
            if has_shared:
                mapped[pid] = _mapped_shared_kb(pid)
            if self._libproc is not None:
                # The kernel charges it to one process alone, without the pages of files.
                used[pid] = self._libproc.footprint_kb(pid)
            elif pid in programs:
                used[pid], pages_of_files = _resident_kb(pid)
                if has_shared:
                    pages_of_files = _resident_files_kb(pid)
                files = max(files, pages_of_files)
            else:
                # Costs the kernel a walk through all mappings.
                used[pid] = max(_own_kb(pid) - mapped.get(pid, 0), 0)
        shared = 0
        if has_shared:
            # A file may be mapped, too: counted once, at the risk of too little.
            shared = max(self._shared_memory.used_kb(pids), sum(mapped.values()))
        self._used_kb = files + shared + sum(used.values())
        beside = sum(kb for pid, kb in used.items() if pid != runtime)
        self.beside_runtime_kb = beside if runtime in used else self._used_kb
        self.peak_kb = max(self.peak_kb, min(self._used_kb, self._limit_kb))
        if self._used_kb <= self._limit_kb:
            return None
        return max(used, key=lambda pid: used[pid] + mapped.get(pid, 0))

    def _may_have_shared_memory(self) -> bool:
        now = _machine_shared_kb()
        self._machine_shared_kb = min(self._machine_shared_kb, now)
        return now > self._machine_shared_kb + _NOTED_RISE_KB


def _machine_shared_kb() -> int:
    return linux.shared_memory_kb() if sys.platform.startswith("linux") else 0


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
        return _mappings_kb(pid, b"Private_")
    except OSError:
        # A process can refuse to be looked at, but not to be counted as a whole.
        return _resident_kb(pid)[0]


def _mapped_shared_kb(pid: int) -> int:
    """Return a process's share of the shared memory that is mapped."""
    with contextlib.suppress(OSError):
        return _mappings_kb(pid, b"Pss_Shmem:")
    return _status_kb(pid, b"RssShmem:")


def _mappings_kb(pid: int, name: bytes) -> int:
    with open(f"/proc/{pid}/smaps_rollup", "rb") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith(name))


def _resident_files_kb(pid: int) -> int:
    return _status_kb(pid, b"RssFile:")


def _status_kb(pid: int, name: bytes) -> int:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", "rb") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith(name))
    return 0
