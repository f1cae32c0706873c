"""Waiting for what a save brings about."""

from __future__ import annotations

import contextlib
from pathlib import Path

from workbench import Workbench

from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State


async def until_watched(workbench: Workbench, directory: Path | None = None) -> None:
    """Waits until the kernel has been asked to tell of changes in a folder, the project's own."""
    needle = f" ino:{(directory or workbench.directory).stat().st_ino:x} "

    def is_watched() -> bool:
        for information in Path("/proc/self/fdinfo").iterdir():
            with contextlib.suppress(OSError):
                if needle in information.read_text():
                    return True
        return False

    await workbench.until(is_watched)


async def until_replaced(workbench: Workbench, old: ExecutionEnvironment) -> ExecutionEnvironment:
    await workbench.until(lambda: old.state is State.ENDED)
    return await workbench.until_frozen()
