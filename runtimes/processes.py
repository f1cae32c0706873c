"""All processes of an environment but the init process, as one thing to signal.

Freeze, thaw and reset are one signal each. At level ``namespaces`` that is a single ``kill(-1,
…)``, which outside a pid namespace of our own would stop the whole machine. Only ``PidNamespace``
may call it, and only after it has proved at each call that this process is process 1 of a pid
namespace that it entered itself.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any, Callable, NamedTuple, Protocol

from . import macos

# The kernel hands a signal to all processes on to a child that is being forked just then, and takes
# a stop back by a later SIGCONT in the processes that there are, not in that child.
_FORK_SECONDS = 0.05
"""The longest that a fork which a stop has met is waited for."""
_LOOK_SECONDS = 0.0002


class NotInOwnNamespaceError(Exception):
    """This process is not process 1 of a pid namespace of its own, and may not signal all."""


def current_pid_namespace() -> str:
    """Return the kernel's name for this process's pid namespace."""
    return os.readlink("/proc/self/ns/pid")


class ProcessSet(Protocol):
    """The processes of an environment but the init process, whatever bounds them."""

    @property
    def forks(self) -> macos.ForkWatch | None:
        """Becomes readable when ``pids`` should be called, lest one is lost.

        None where none can be.
        """

    def signal_all(self, number: int) -> None:
        """Signal all of them."""

    def pids(self) -> list[int]:
        """Return their ids."""


class PidNamespace:
    """All other processes of the pid namespace in which this process is process 1."""

    forks = None
    _stopped_at = 0.0
    """Monotonic time of the last stop."""

    def __init__(self, outer: str) -> None:
        """Prove it once here; ``outer`` is the namespace from which this process's was made."""
        self._outer = outer
        self._require_proof()

    def signal_all(self, number: int) -> None:
        """Signal every process of the namespace but this one, if there is any."""
        if number == STOP:
            self._stopped_at = time.monotonic()
        elif number == CONTINUE:
            self._wait_for_forks()
        # Again at every call, and directly before it: nothing may come between proof and signal.
        self._require_proof()
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, number)

    def pids(self) -> list[int]:
        """Return their ids, as they are in the namespace."""
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]

    def _wait_for_forks(self) -> None:
        """Wait until no process runs that was stopped just before: it may be within a fork.

        A child that is born after the SIGCONT would stay stopped.
        """
        until = self._stopped_at + _FORK_SECONDS
        while time.monotonic() < until and any(map(_is_running, self.pids())):
            time.sleep(_LOOK_SECONDS)

    def _require_proof(self) -> None:
        if os.getpid() != 1:
            raise NotInOwnNamespaceError(f"process {os.getpid()} is not process 1 of a namespace")
        if current_pid_namespace() == self._outer:
            raise NotInOwnNamespaceError("process 1 has not entered a pid namespace of its own")


def process_tree(
    shared: macos.SeenProcesses | None = None, guardian: int | None = None
) -> ProcessSet:
    """Return all descendants of this process, where no pid namespace bounds them.

    On macOS another process can end them by what is ``shared`` with it, and this process is to end
    with its ``guardian``, or else its parent.
    """
    return ProcessTree() if sys.platform.startswith("linux") else FollowedTree(shared, guardian)


class ProcessTree:
    """All descendants of this process on Linux, which is their subreaper."""

    forks = None

    def __init__(self, kept: frozenset[int] = frozenset()) -> None:
        self._kept = kept
        """Children that are left out, with all of their descendants."""

    def pids(self) -> list[int]:
        """Return their ids."""
        return descendants(os.getpid(), self._kept)

    def signal_all(self, number: int) -> None:
        """Signal every descendant."""
        _signal_until_no_new(self.pids, number)


class FollowedTree:
    """All descendants of this process on macOS, which has neither namespaces nor subreapers.

    A process whose parent has ended is no descendant any more. It is found all the same, because it
    was seen before, or because it is in the group of one that was.
    """

    def __init__(self, shared: macos.SeenProcesses | None, guardian: int | None) -> None:
        """Raise ``OSError`` where there is no libproc."""
        self._libproc = macos.Libproc()
        self._shared = shared
        self._seen: dict[int, macos.Process] = {}
        """By the process id."""
        self.forks = macos.ForkWatch(guardian)

    def pids(self) -> list[int]:
        """Return their ids, and follow each from now on."""
        self.forks.forget()
        self._look()
        while self.forks.watch(self._seen):
            self._look()
        if self._shared is not None:
            self._shared.write(self._seen)
        return list(self._seen)

    def _look(self) -> None:
        self._seen = _descendants_seen(self._libproc, os.getpid(), self._seen)

    def signal_all(self, number: int) -> None:
        """Signal every one of them."""
        _signal_until_no_new(self.pids, number)


def end_descendants_of_ended(shared: macos.SeenProcesses) -> None:
    """Kill what a process that has ended was sharing of what it had followed."""
    libproc, seen = macos.Libproc(), shared.read()

    def find() -> list[int]:
        nonlocal seen
        seen = _descendants_seen(libproc, None, seen)
        return list(seen)

    _signal_until_no_new(find, KILL)


def _descendants_seen(
    libproc: macos.Libproc, root: int | None, before: Mapping[int, macos.Process]
) -> dict[int, macos.Process]:
    """Return the descendants of a process, and of those that were seen before, with these."""
    found: dict[int, macos.Process] = {}
    waiting = [*before, *([] if root is None else libproc.children(root))]
    while waiting:
        pid = waiting.pop()
        if pid in found or pid == root:
            continue
        seen, process = before.get(pid), libproc.process(pid)
        if process is not None and (seen is None or seen.start == process.start):
            found[pid] = process
            waiting += libproc.children(pid)
            if process.group == pid:
                waiting += libproc.group(pid)
        elif process is None and seen is not None:
            # It has ended. Its id is not used again while its group has members, and these may
            # have left their session with it and lost their parent in it.
            members = [member for member in libproc.group(pid) if member != pid]
            if members:
                found[pid] = seen
                waiting += members
    return found


def _signal_until_no_new(find: Callable[[], list[int]], number: int) -> None:
    """Signal processes until none is found that was not: one may have forked just before."""
    signalled: set[int] = set()
    while True:
        found = set(find()) - signalled
        if not found:
            return
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        signalled |= found


def descendants(pid: int, kept: frozenset[int] = frozenset()) -> list[int]:
    """Return the ids of a process's descendants, nearest first, without ``kept`` and theirs."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        if child not in kept:
            children.setdefault(parent, []).append(child)
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(0), [])
        found += below
        waiting += below
    return found


def _parents() -> Iterable[tuple[int, int]]:
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                # The name, in parentheses, may hold anything, spaces and parentheses included.
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        # Zombies count as well: a child that was read before its parent ended would be cut off from
        # the tree without it.
        yield int(name), int(fields[1])


def _is_running(pid: int) -> bool:
    """Return whether a thread of a process runs, or would if it had a processor."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
        return any(_state(f"/proc/{pid}/task/{thread}/stat") == b"R" for thread in threads)
    except OSError:
        return False


def _state(stat: str) -> bytes:
    with open(stat, "rb") as file:
        # Behind the name, in parentheses, which may hold anything.
        return file.read().rpartition(b")")[2].split(None, 1)[0]


def count_threads(pids: Iterable[int]) -> int:
    """Return the number of all threads of processes; of the processes where there is no /proc."""
    count = 0
    for pid in pids:
        try:
            # A folder has a link from each folder in it, and two of its own.
            count += os.stat(f"/proc/{pid}/task").st_nlink - 2
        except OSError:
            count += 1
    return count


class EndedChild(NamedTuple):
    """A child process that was reaped."""

    pid: int
    status: int
    """Wait status, as wait(2) gives it."""
    peak_memory_kb: int
    """Largest resident memory."""


def reap(block: bool) -> list[EndedChild]:
    """Reap the children that have ended; with ``block``, wait until all children have."""
    ended: list[EndedChild] = []
    while True:
        try:
            pid, status, usage = os.wait4(-1, 0 if block else os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        unit = 1 if sys.platform.startswith("linux") else 1024
        ended.append(EndedChild(pid, status, usage.ru_maxrss // unit))


Step = Callable[[], Any]
"""The work of a forked process, from the bottom of its stack: returns another, or its status.

What forks returns in the new process too, as ``os.fork`` does. So a function finds no frames below
its own but those that it finds on AWS, and nothing that its forebears held.
"""


def run_and_exit(body: Callable[[], None]) -> None:
    """Run a forked process's work and end the process, whatever happens.

    ``os._exit``, because the exit handlers and buffers are copies of the parent's.
    """
    status = 1
    try:
        body()
        status = 0
    finally:
        os._exit(status)


KILL = int(signal.SIGKILL)
STOP = int(signal.SIGSTOP)
CONTINUE = int(signal.SIGCONT)
