"""What a test may leave behind by mistake: processes and mounts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil

GOODBYE_SECONDS = 30.0


def survivors(
    besides: Sequence[psutil.Process] = (), seconds: float = GOODBYE_SECONDS
) -> list[psutil.Process]:
    """What still lives below this process when the time is up: nothing, after a clean end."""
    below = set(psutil.Process().children(recursive=True)) - set(besides)
    return still_alive(below, seconds)


def still_alive(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Which of the processes have not ended when the time is up."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return [process for process in alive if not _has_ended(process)]


def _has_ended(process: psutil.Process) -> bool:
    """Whether nothing is left of it but its exit status, which somebody else is to collect."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def mounts() -> str:
    """The mounts that this process sees."""
    return Path("/proc/self/mountinfo").read_text() if sys.platform == "linux" else ""
