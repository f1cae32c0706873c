"""The memory, CPU and storage that an environment's processes use, sampled with psutil."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

_MB = 1 << 20
_PAGE = 4096
"""The smallest part of a file in memory, as ``/tmp`` has it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """One sample of an environment."""

    memory_mb: float = 0.0
    """Memory of its processes without the init process, counted as the memory size limits it."""
    cpu_percent: float = 0.0
    """Percentage of one core since the previous sample."""
    processes: int = 0
    """Number of processes without the init process."""
    threads: int = 0
    tmp_mb: float = 0.0
    """Megabytes used in its ``/tmp``."""
    machine_path: str = ""
    """A file in the machine's ``/tmp`` that a process has open, at level ``processes`` on Linux."""
    cpu_seconds: float = 0.0
    """CPU time of the processes so far, from which the next percentage is computed."""
    taken: float = 0.0
    """Monotonic time of the sample."""


@dataclass(frozen=True, slots=True)
class ProcessUsage:
    """One process of an environment."""

    pid: int
    """The id on this machine; inside, the process has another."""
    depth: int
    """0 for what the init process has started, 1 for what that has, and so on."""
    command: str
    """Untrusted."""
    state: str
    """The kernel's word: ``running``, ``sleeping``, ``stopped`` …"""
    memory_mb: float
    threads: int


@dataclass(frozen=True, slots=True)
class Subject:
    """An environment to sample: its init process, its ``/tmp``, the previous sample."""

    pid: int
    tmp: Path | None
    is_isolated: bool
    before: Usage
    own: tuple[Path, ...] = ()
    """Folders of the function's, which may lie in the machine's ``/tmp``."""


def processes_below(pid: int) -> list[ProcessUsage]:
    """Return the processes of the environment with this init process.

    Call it from a thread: it reads the process table.
    """
    children = _children()
    found: list[ProcessUsage] = []
    waiting = [(child, 0) for child in reversed(children.get(pid, []))]
    while waiting:
        process, depth = waiting.pop()
        waiting += [(child, depth + 1) for child in reversed(children.get(process.pid, []))]
        with contextlib.suppress(psutil.Error), process.oneshot():
            memory, _files = _memory_of(process, is_program=depth == 0)
            found.append(
                ProcessUsage(
                    process.pid,
                    depth,
                    " ".join(process.cmdline()) or process.name(),
                    process.status(),
                    memory / _MB,
                    process.num_threads(),
                )
            )
    return found


def sample(subjects: Mapping[str, Subject], now: float) -> dict[str, Usage]:
    """Return a sample of each environment. Call it from a thread: it reads the process table."""
    if not subjects:
        return {}
    children = _children()
    return {id: _sample(subject, children, now) for id, subject in subjects.items()}


def _children() -> dict[int, list[psutil.Process]]:
    children: dict[int, list[psutil.Process]] = {}
    for process in psutil.process_iter():
        try:
            children.setdefault(process.ppid(), []).append(process)
        except psutil.Error:
            continue
    return children


def _sample(subject: Subject, children: Mapping[int, list[psutil.Process]], now: float) -> Usage:
    memory = files = threads = count = 0
    cpu_seconds = 0.0
    in_memory: dict[int, int] = {}
    machine_path = ""
    for process in _below(subject.pid, children):
        try:
            with process.oneshot():
                own, of_files = _memory_of(process, is_program=process.ppid() == subject.pid)
                threads += process.num_threads()
                times = process.cpu_times()
        except psutil.Error:
            continue
        memory += own
        opened = list(_open_files(process.pid))
        in_memory.update(_memory_files(opened))
        if not subject.is_isolated:
            machine_path = machine_path or _machine_path(opened, subject)
        files = max(files, of_files)
        cpu_seconds += times.user + times.system
        count += 1
    elapsed = now - subject.before.taken
    spent = max(cpu_seconds - subject.before.cpu_seconds, 0.0)
    return Usage(
        memory_mb=(memory + max(files, sum(in_memory.values()))) / _MB,
        cpu_percent=100 * spent / elapsed if subject.before.taken and elapsed > 0 else 0.0,
        processes=count,
        threads=threads,
        tmp_mb=_storage_used(subject) / _MB,
        machine_path=machine_path,
        cpu_seconds=cpu_seconds,
        taken=now,
    )


def _memory_of(process: psutil.Process, *, is_program: bool) -> tuple[int, int]:
    """Return what a process adds to the memory, and what it has of files.

    ``runtimes/init/memory_limit.py``, which counts in the same way, says why.
    """
    if not is_program:
        with contextlib.suppress(psutil.AccessDenied):
            return process.memory_full_info().uss, 0
    info = process.memory_info()
    # Not known on macOS.
    of_files = getattr(info, "shared", 0)
    return info.rss - of_files, of_files


def _open_files(pid: int) -> Iterable[tuple[str, str]]:
    """Return each descriptor of a process as a path, and the file that it leads to, on Linux."""
    with contextlib.suppress(OSError):
        for descriptor in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                yield descriptor.path, os.readlink(descriptor.path)


def _memory_files(opened: Iterable[tuple[str, str]]) -> Iterable[tuple[int, int]]:
    """Return the inode and the size of each file of memory among open ones."""
    for descriptor, file in opened:
        if file.startswith("/memfd:"):
            with contextlib.suppress(OSError):
                status = os.stat(descriptor)
                yield status.st_ino, status.st_blocks * 512


def _machine_path(opened: Iterable[tuple[str, str]], subject: Subject) -> str:
    """Return the first open file that lies in the machine's ``/tmp``; empty if there is none."""
    own = {path.parts[:3] for path in (subject.tmp, *subject.own) if path is not None}
    found = (file for _, file in opened if file.startswith("/tmp/"))
    return next((file for file in found if Path(file).parts[:3] not in own), "")


def _below(pid: int, children: Mapping[int, list[psutil.Process]]) -> Iterable[psutil.Process]:
    waiting = list(children.get(pid, []))
    while waiting:
        child = waiting.pop()
        yield child
        waiting += children.get(child.pid, [])


def _storage_used(subject: Subject) -> int:
    if subject.tmp is None:
        return 0
    if not subject.is_isolated:
        return sum(dict(_sizes(subject.tmp)).values())
    try:
        # ``/tmp`` is a file system of its own, which knows its use.
        storage = os.statvfs(subject.tmp)
    except OSError:
        return 0
    return (storage.f_blocks - storage.f_bfree) * storage.f_frsize


def _sizes(folder: Path) -> Iterable[tuple[int, int]]:
    """Return the inode of each file below a folder, and the bytes that it takes there.

    Files come and go meanwhile. Links are not followed, and a file with two names is one.
    """
    for directory, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                status = os.lstat(os.path.join(directory, name))
                # Without blocks that a file system keeps for what may be added.
                blocks = min(status.st_blocks * 512, -(-status.st_size // _PAGE) * _PAGE)
                yield status.st_ino, blocks
