"""From a function ending its process to the reset in the model that the screen shows."""

from __future__ import annotations

import asyncio

from lambda_tui.engine.events import FunctionLog
from lambda_tui.engine.lifecycle import State

from .example import TIMEOUT, example_project, expect, expect_state, running_engine
from .rows import Effort, Row, median_row

LIMIT_MS = 2.0


async def measure(effort: Effort) -> list[Row]:
    """Invoke a function that tells the time and ends itself, again and again."""
    times = []
    with example_project() as directory:
        async with running_engine(directory) as engine, asyncio.timeout(TIMEOUT):
            for _ in range(effort.repetitions):
                last_words = expect(engine, FunctionLog)
                reset = expect_state(engine, State.RESET)
                await engine.pools["Crash"].invoke(b"{}").wait()
                _, event = await last_words
                heard, _ = await reset
                assert isinstance(event.record, FunctionLog)
                times.append((heard - float(event.record.message)) * 1000)
    return [median_row("crash → reset in the model", times, "ms", LIMIT_MS)]
