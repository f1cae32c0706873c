"""Every process of an environment but the init process, as one thing to signal.

Freeze, thaw and reset are one signal each. At level ``namespaces`` that is a single ``kill(-1,
…)``, which outside a pid namespace of our own would stop the whole machine: ``PidNamespace`` is
the one place that may call it, and only with proof in hand.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple


class NotInOwnNamespace(Exception):
    """This process is not the first of a pid namespace that it entered: it may not signal all."""


def current_pid_namespace() -> str:
    """The kernel's name of this process's pid namespace."""
    return os.readlink("/proc/self/ns/pid")


class PidNamespace:
    """All processes of the pid namespace whose process 1 this process is."""

    def __init__(self, outer: str) -> None:
        """Takes the proof: ``outer`` is the namespace that this process's parent was in before."""
        self._outer = outer
        self._require_proof()

    def signal_all(self, number: int) -> None:
        """Signals every process of the namespace but this one; none left is fine."""
        self._require_proof()
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, number)

    def pids(self) -> list[int]:
        """All of them by their ids in the namespace."""
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]

    def _require_proof(self) -> None:
        if os.getpid() != 1:
            raise NotInOwnNamespace(f"process {os.getpid()} is not process 1 of a namespace")
        if current_pid_namespace() == self._outer:
            raise NotInOwnNamespace("process 1 has not entered a pid namespace of its own")


class ProcessTree:
    """The descendants of this process, where there is no pid namespace to bound them."""

    def __init__(self, kept: frozenset[int] = frozenset()) -> None:
        self._kept = kept
        """Children that are not meant, and all below them."""

    def pids(self) -> list[int]:
        """All of them."""
        return descendants(os.getpid(), self._kept)

    def signal_all(self, number: int) -> None:
        """Signals every descendant, again until none is found that has not had the signal."""
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
    """The process ids below a process, nearest first; nothing of those that are ``kept``."""
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
        # Zombies too: what was read as the child of one that has just ended hangs on it.
        yield int(name), int(fields[1])


class EndedChild(NamedTuple):
    """A child that was reaped."""

    pid: int
    status: int
    """As wait(2) gives it."""
    peak_memory_kb: int
    """Resident."""


def reap(block: bool) -> list[EndedChild]:
    """Collects ended children: those that have ended by now, or all there are."""
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
    """Runs a forked process's work and ends it, whatever happens, without Python's own exit."""
    status = 1
    try:
        body()
        status = 0
    finally:
        os._exit(status)


KILL = int(signal.SIGKILL)
STOP = int(signal.SIGSTOP)
CONTINUE = int(signal.SIGCONT)
