"""Whether the screen's memory stays what it is while invocations come and go."""

from __future__ import annotations

import asyncio
import gc
import tempfile
from pathlib import Path
from unittest import mock

import psutil

from lambda_tui.project.settings import Settings
from lambda_tui.ui.app import make_app

from .example import answered, example_project, until
from .memory import pss_mb
from .rows import Effort, Row, short

LIMIT_MB = 5.0
_AT_ONCE = 4
"""Invocations under way at a time."""


async def measure(effort: Effort) -> list[Row]:
    """Invoke on the real screen; compare the memory after a tenth of all with that at the end."""
    first, count = effort.shown_invocations // 10, effort.shown_invocations
    with example_project() as directory, tempfile.TemporaryDirectory() as state:
        folders = {"XDG_STATE_HOME": state, "XDG_CONFIG_HOME": str(Path(state) / "config")}
        with mock.patch.dict("os.environ", folders):
            app = make_app(directory, Settings(watch=False))
            async with app.run_test(size=(120, 40)):
                pool = app.engine.pools["Trivial"]
                await until(lambda: pool.sandbox is not None)

                async def invoke(number: int) -> None:
                    for _ in range(number):
                        await answered(pool)

                async def invoke_all(number: int) -> float:
                    await asyncio.gather(*(invoke(number // _AT_ONCE) for _ in range(_AT_ONCE)))
                    gc.collect()
                    return pss_mb(psutil.Process().pid)

                before = await invoke_all(first)
                after = await invoke_all(count - first)
    return [
        Row(
            f"memory of the screen, {first:,} to {count:,} invocations",
            after - before,
            "MB",
            f"{short(before)} MB, then {short(after)} MB",
            budget=f"{LIMIT_MB:g} MB: flat",
            is_within=after - before <= LIMIT_MB,
        )
    ]
