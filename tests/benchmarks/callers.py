"""Throughput: callers that each send their next request when the answer to the last is there."""

from __future__ import annotations

import asyncio
import statistics
import time

from lambda_tui.engine.engine import Engine

from .example import answered, example_project, running_engine
from .floor import running_floor
from .placement import placements
from .rows import Effort, Row, short, spread

CALLERS = (1, 4, 16)

PEER_PER_SECOND = 6_543
"""Requests a second of the best peer, serverless-offline, with 16 callers, on another day."""
PEER_FLOOR_US = 9.3
"""The ping-pong on one core, that day."""
FACTOR = 1.5


async def measure(effort: Effort) -> list[Row]:
    """Return a row for each number of callers; the peer's is scaled by the floor of its day."""
    rates: dict[int, list[float]] = {callers: [] for callers in CALLERS}
    floors = []
    with example_project() as directory, running_floor(placements()[-1]) as floor:
        async with running_engine(directory) as engine:
            await _rate(engine, max(CALLERS), 0.1)
            for _ in range(effort.rounds):
                floors.append(floor.round_trip_us(effort.calls))
                for callers in CALLERS:
                    rates[callers].append(await _rate(engine, callers, effort.seconds))
    floor_us = statistics.median(floors)
    limit = FACTOR * PEER_PER_SECOND * PEER_FLOOR_US / floor_us
    return [_row(callers, rates[callers], floor_us, limit) for callers in CALLERS]


def _row(callers: int, rates: list[float], floor_us: float, limit: float) -> Row:
    figure = statistics.median(rates)
    is_limited = callers == max(CALLERS)
    return Row(
        f"{callers} concurrent caller{'s' if callers > 1 else ''}",
        figure,
        "invocations/s",
        spread(rates),
        1e6 / figure / floor_us,
        f"{short(limit)}/s: {FACTOR} × best peer, by floor" if is_limited else "",
        figure >= limit if is_limited else None,
    )


async def _rate(engine: Engine, callers: int, seconds: float) -> float:
    pool = engine.pools["Trivial"]
    began = time.perf_counter()

    async def call() -> int:
        count = 0
        while time.perf_counter() - began < seconds:
            await answered(pool)
            count += 1
        return count

    counts = await asyncio.gather(*(call() for _ in range(callers)))
    return sum(counts) / (time.perf_counter() - began)
