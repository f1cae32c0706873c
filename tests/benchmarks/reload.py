"""From a file being saved to its function being initialised with the new code."""

from __future__ import annotations

import asyncio
import time

from lambda_tui.engine.events import Reloaded
from lambda_tui.engine.lifecycle import State

from .example import (
    SOURCES,
    TIMEOUT,
    answered,
    example_project,
    expect,
    expect_state,
    running_engine,
)
from .rows import Effort, Row, median_row

LIMIT_MS = 30.0


async def measure(effort: Effort) -> list[Row]:
    """Save a trivial function whose environment is frozen, again and again."""
    times = []
    with example_project() as directory:
        async with running_engine(directory, watch=True) as engine, asyncio.timeout(TIMEOUT * 2):
            pool, file = engine.pools["Trivial"], directory / "trivial" / "app.py"
            frozen = expect_state(engine, State.FROZEN)
            await answered(pool)
            await frozen
            for number in range(effort.repetitions):
                reloaded = expect(engine, Reloaded)
                frozen = expect_state(engine, State.FROZEN)
                text = SOURCES["trivial"] + f"\n# Saved for the {number}th time.\n"
                began = time.monotonic()
                file.write_text(text)
                heard, _ = await reloaded
                times.append((heard - began) * 1000)
                await frozen
    return [median_row("save → re-initialised, trivial", times, "ms", LIMIT_MS)]
