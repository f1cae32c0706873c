"""Waiting for what a save brings about."""

from __future__ import annotations

import contextlib
from pathlib import Path

from workbench import Workbench

from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State


def is_watched(directory: Path) -> bool:
    """Whether the kernel has been asked to tell of changes in a folder."""
    needle = f" ino:{directory.stat().st_ino:x} "
    for information in Path("/proc/self/fdinfo").iterdir():
        with contextlib.suppress(OSError):
            if needle in information.read_text():
                return True
    return False


async def until_watched(workbench: Workbench, directory: Path | None = None) -> None:
    """Waits until a folder is watched, the project's own by default."""
    await workbench.until(lambda: is_watched(directory or workbench.directory))


async def until_replaced(workbench: Workbench, old: ExecutionEnvironment) -> ExecutionEnvironment:
    await workbench.until(lambda: old.state is State.ENDED)
    return await workbench.until_frozen()
