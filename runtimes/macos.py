"""macOS's libproc and kqueue: a process's children, group, start and memory, and its forks.

No process is started to find others: ``ps`` would list itself, and would cost an invocation tens of
milliseconds.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import select
import struct
from typing import Any, Iterable, Mapping, NamedTuple

# It has kqueue on macOS, where a type checker that runs on Linux does not find it.
_kqueue: Any = select
# Kinds of ``proc_listpids``.
_PROC_PGRP_ONLY = 2
_PROC_PPID_ONLY = 6
# ``struct proc_bsdinfo``: twelve numbers, two names, six numbers, and the start's time.
_PROC_PIDTBSDINFO = 3
_BSD_INFO = struct.Struct("=12I 16s 32s 5Ii QQ")
_STATUS, _GROUP, _START = 1, 15, 20
_ZOMBIE = 5
# ``struct rusage_info_v0``: a UUID and ten numbers.
_RUSAGE_INFO_V0 = 0
_RUSAGE_INFO = struct.Struct("=16s 10Q")
_FOOTPRINT = 8
# More children than this are found by asking again.
_FIRST_PIDS = 256
# In memory that is shared: a process id, its start's two numbers, its group.
_SEEN = struct.Struct("=q QQ q")
_MOST_SEEN = 4096
_F_GETPATH, _LONGEST_PATH = 50, 1024


def path_of_descriptor(descriptor: int) -> str:
    """Return the path of an open file; raise ``OSError`` where it has none."""
    # Python has the number from 3.9 on.
    number = getattr(fcntl, "F_GETPATH", _F_GETPATH)
    return os.fsdecode(fcntl.fcntl(descriptor, number, bytes(_LONGEST_PATH)).rstrip(b"\0"))


class Process(NamedTuple):
    """A process that runs: what identifies it, and its group."""

    start: tuple[int, int]
    """Seconds and microseconds; with the pid it identifies a process, as pids are used again."""
    group: int


class Libproc:
    """Calls of libproc."""

    def __init__(self) -> None:
        """Load the library; raise ``OSError`` where there is none."""
        self._library = ctypes.CDLL("/usr/lib/libproc.dylib", use_errno=True)

    def children(self, pid: int) -> list[int]:
        """Return the ids of a process's children."""
        return self._list(_PROC_PPID_ONLY, pid)

    def group(self, leader: int) -> list[int]:
        """Return the ids of the processes of a group."""
        return self._list(_PROC_PGRP_ONLY, leader)

    def process(self, pid: int) -> Process | None:
        """Return a process; None if it has ended."""
        buffer = ctypes.create_string_buffer(_BSD_INFO.size)
        size = self._library.proc_pidinfo(
            ctypes.c_int(pid),
            ctypes.c_int(_PROC_PIDTBSDINFO),
            ctypes.c_uint64(0),
            buffer,
            ctypes.c_int(len(buffer.raw)),
        )
        if size < _BSD_INFO.size:
            return None
        fields = _BSD_INFO.unpack(buffer.raw)
        if fields[_STATUS] == _ZOMBIE:
            return None
        return Process((fields[_START], fields[_START + 1]), fields[_GROUP])

    def footprint_kb(self, pid: int) -> int:
        """Return the memory that is charged to a process, as Activity Monitor shows it."""
        buffer = ctypes.create_string_buffer(_RUSAGE_INFO.size)
        failed = self._library.proc_pid_rusage(
            ctypes.c_int(pid), ctypes.c_int(_RUSAGE_INFO_V0), buffer
        )
        return 0 if failed else _RUSAGE_INFO.unpack(buffer.raw)[_FOOTPRINT] // 1024

    def _list(self, kind: int, number: int) -> list[int]:
        room = _FIRST_PIDS
        while True:
            pids = (ctypes.c_int * room)()
            size = self._library.proc_listpids(
                ctypes.c_uint32(kind), ctypes.c_uint32(number), pids, ctypes.c_int(room * 4)
            )
            count = max(size, 0) // 4
            if count < room:
                return [pid for pid in pids[:count] if pid > 0]
            room *= 4


class SeenProcesses:
    """Processes by their ids, in memory that this process shares with its forks."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _SEEN.size * (_MOST_SEEN + 1))

    def write(self, processes: Mapping[int, Process]) -> None:
        """Replace them. Those beyond some thousands are left out."""
        packed = b"".join(
            _SEEN.pack(pid, *process.start, process.group)
            for pid, process in list(processes.items())[:_MOST_SEEN]
        )
        # The end first: what is read meanwhile, after this process was killed, is whole.
        self._memory[len(packed) : len(packed) + _SEEN.size] = bytes(_SEEN.size)
        self._memory[: len(packed)] = packed

    def read(self) -> dict[int, Process]:
        """Return them."""
        found: dict[int, Process] = {}
        for pid, seconds, microseconds, group in _SEEN.iter_unpack(self._memory[:]):
            if not pid:
                break
            found[pid] = Process((seconds, microseconds), group)
        return found


class ForkWatch:
    """A descriptor that becomes readable when one of several processes has forked.

    So it does when this process's parent has ended: macOS sends no signal for that.
    """

    def __init__(self, guardian: int | None = None) -> None:
        """``guardian`` takes the part of the parent, where that one ends anyway."""
        self._queue = queue = _kqueue.kqueue()
        # A fork has no kqueue, and Python before 3.13 closes in it whatever has the number by then
        # when the object goes. So it never goes.
        os.register_at_fork(after_in_child=lambda _held=queue: None)
        self._watched: set[int] = set()
        self._guardian = guardian
        self._parent = os.getppid()
        self._register(self._parent if guardian is None else guardian, _kqueue.KQ_NOTE_EXIT)

    @property
    def is_orphaned(self) -> bool:
        """Whether this process's parent, or its guardian, has ended since."""
        if self._guardian is None:
            return os.getppid() != self._parent
        try:
            os.kill(self._guardian, 0)
        except ProcessLookupError:
            return True
        return False

    def fileno(self) -> int:
        """Return the descriptor."""
        number: int = self._queue.fileno()
        return number

    def forget(self) -> None:
        """Forget the forks so far. Before the children are looked for: a later one counts again."""
        self._queue.control(None, max(len(self._watched), 1), 0)

    def watch(self, pids: Iterable[int]) -> bool:
        """Watch these processes from now on; return whether one of them was not watched before.

        It may have forked meanwhile.
        """
        before, self._watched = self._watched, set()
        for pid in pids:
            # The kernel itself drops those that have ended.
            if pid in before or self._register(pid, _kqueue.KQ_NOTE_FORK):
                self._watched.add(pid)
        return not self._watched <= before

    def _register(self, pid: int, what: int) -> bool:
        event = _kqueue.kevent(pid, _kqueue.KQ_FILTER_PROC, _kqueue.KQ_EV_ADD, what)
        try:
            self._queue.control([event], 0)
        except ProcessLookupError:
            return False
        return True
