"""Processes and mounts that a test may leave behind by mistake."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil

# Sandboxes are built at /tmp, and tests write below the directory for temporary files. Whatever
# else is mounted meanwhile is somebody else's.
_OURS = frozenset({"/tmp", tempfile.gettempdir()})
GOODBYE_SECONDS = 30.0


def survivors(
    besides: Sequence[psutil.Process] = (), seconds: float = GOODBYE_SECONDS
) -> list[psutil.Process]:
    """Return the descendants of this process that are alive after the given seconds."""
    below = set(psutil.Process().children(recursive=True)) - set(besides)
    return still_alive(below, seconds)


def still_alive(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Return those of the processes that have not ended after the given seconds."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return [process for process in alive if not has_ended(process)]


def has_ended(process: psutil.Process) -> bool:
    """Return whether nothing is left of a process, or only its exit status for its parent."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def mounts() -> list[str]:
    """Return the mounts at or below our directories; empty where there is no /proc."""
    if sys.platform != "linux":
        return []
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line for line in lines if any(_is_inside(line.split()[4], ours) for ours in _OURS)]


def _is_inside(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")
