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
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple


class NotInOwnNamespaceError(Exception):
    """This process is not process 1 of a pid namespace of its own, and may not signal all."""


def current_pid_namespace() -> str:
    """Return the kernel's name for this process's pid namespace."""
    return os.readlink("/proc/self/ns/pid")


class PidNamespace:
    """All other processes of the pid namespace in which this process is process 1."""

    def __init__(self, outer: str) -> None:
        """Prove it once here; ``outer`` is the namespace from which this process's was made."""
        self._outer = outer
        self._require_proof()

    def signal_all(self, number: int) -> None:
        """Signal every process of the namespace but this one, if there is any."""
        # Again at every call, and directly before it: nothing may come between proof and signal.
        self._require_proof()
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, number)

    def pids(self) -> list[int]:
        """Return their ids, as they are in the namespace."""
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]

    def _require_proof(self) -> None:
        if os.getpid() != 1:
            raise NotInOwnNamespaceError(f"process {os.getpid()} is not process 1 of a namespace")
        if current_pid_namespace() == self._outer:
            raise NotInOwnNamespaceError("process 1 has not entered a pid namespace of its own")


class ProcessTree:
    """All descendants of this process, where no pid namespace bounds them."""

    def __init__(self, kept: frozenset[int] = frozenset()) -> None:
        self._kept = kept
        """Children that are left out, with all of their descendants."""

    def pids(self) -> list[int]:
        """Return their ids."""
        return descendants(os.getpid(), self._kept)

    def signal_all(self, number: int) -> None:
        """Signal every descendant.

        Look again until no new one is found: a process that was not signalled yet may have forked.
        """
        signalled: set[int] = set()
        while True:
            found = set(self.pids()) - signalled
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
    if sys.platform.startswith("linux"):
        yield from _parents_from_proc()
        return
    listing = subprocess.run(["/bin/ps", "-axo", "pid=,ppid="], capture_output=True, text=True)
    for line in listing.stdout.splitlines():
        child, parent = line.split()
        yield int(child), int(parent)


def _parents_from_proc() -> Iterable[tuple[int, int]]:
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
