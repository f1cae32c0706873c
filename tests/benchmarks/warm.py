"""Warm round trips through the engine, freeze and thaw included, beside the floor."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path

from lambda_tui.engine.engine import Engine
from lambda_tui.engine.lifecycle import State

from .example import TIMEOUT, answered, example_project, expect_state, running_engine
from .floor import running_floor
from .placement import Placement, placements
from .rows import Effort, Row, short, spread

LIMIT = 5.0
"""Times the floor."""


async def measure(effort: Effort) -> list[Row]:
    """Three rows for each placement."""
    rows = []
    with example_project() as directory:
        for placement in placements():
            rows += await _measure(directory, placement, effort)
    return rows


async def _measure(directory: Path, placement: Placement, effort: Effort) -> list[Row]:
    floors: list[float] = []
    answers: list[float] = []
    cycles: list[float] = []
    in_a_row: list[float] = []
    with running_floor(placement) as floor:
        async with running_engine(directory, placement=placement) as engine:
            await _from_frozen(engine, effort.calls)
            for _ in range(effort.rounds):
                floors.append(floor.round_trip_us(effort.calls))
                answer, cycle = await _from_frozen(engine, effort.calls)
                answers.append(answer)
                cycles.append(cycle)
                in_a_row.append(await _in_a_row(engine, effort.calls))
    return [
        _row(f"warm, thaw to response, {placement.name}", answers, floors, None),
        _row(f"warm, thaw to frozen again, {placement.name}", cycles, floors, LIMIT),
        _row(f"warm, one after the other, {placement.name}", in_a_row, floors, LIMIT),
    ]


def _row(measure: str, times: list[float], floors: list[float], limit: float | None) -> Row:
    ratios = [time / floor for time, floor in zip(times, floors, strict=True)]
    ratio = statistics.median(ratios)
    return Row(
        measure,
        statistics.median(times),
        "µs",
        f"{spread(times)}, ×{spread(ratios)}",
        ratio,
        "" if limit is None else f"{short(limit)} × floor",
        None if limit is None else ratio <= limit,
    )


async def _from_frozen(engine: Engine, calls: int) -> tuple[float, float]:
    """Medians of request to response and of frozen to frozen, each request sent to a frozen one.

    The freeze is asked for at once: the engine's own pause before it is no work.
    """
    pool = engine.pools["Trivial"]
    answers, cycles = [], []
    async with asyncio.timeout(TIMEOUT):
        for _ in range(calls):
            frozen = expect_state(engine, State.FROZEN)
            began = time.perf_counter()
            await answered(pool)
            answers.append(time.perf_counter() - began)
            pool.environments[0].freeze()
            await frozen
            cycles.append(time.perf_counter() - began)
    return statistics.median(answers) * 1e6, statistics.median(cycles) * 1e6


async def _in_a_row(engine: Engine, calls: int) -> float:
    """Return the median time from request to response, one request after the other."""
    pool = engine.pools["Trivial"]
    times = []
    for _ in range(calls):
        began = time.perf_counter()
        await answered(pool)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6
