"""Whether an invocation costs the same after many of them: time beside the floor, and memory."""

from __future__ import annotations

import gc
import statistics
import time

import psutil

from lambda_tui.engine.engine import Engine

from .example import answered, example_project, running_engine
from .floor import Floor, running_floor
from .memory import pss_mb
from .placement import placements
from .rows import Effort, Row, short

TIME_LIMIT = 1.1
"""Times the cost at the start; the machine's own unrest is about half of what is above 1."""
MEMORY_LIMIT_MB = 1.0
_WINDOW = 1_000
"""Invocations at the start and at the end that are compared."""
_BLOCKS = 20
"""Into which a window is cut, with the floor between them."""


async def measure(effort: Effort) -> list[Row]:
    """On one core, where times are steadiest."""
    placement = placements()[-1]
    window = min(_WINDOW, effort.invocations // 3)
    with example_project() as directory, running_floor(placement) as floor:
        async with running_engine(directory, placement=placement) as engine:
            await _invoke(engine, window)
            first, first_ratio = await _window(engine, floor, window)
            before = _memory_mb(engine)
            # In pieces: the benchmark's own list of times must not look like a leak.
            for _ in range(effort.invocations // window - 2):
                await _invoke(engine, window)
            last, last_ratio = await _window(engine, floor, window)
            growth = [now - then for now, then in zip(_memory_mb(engine), before, strict=True)]
    slower = last_ratio / first_ratio
    after = f"after {effort.invocations:,} invocations"
    return [
        Row(
            f"time of one {after}",
            slower,
            "× the first's",
            f"{short(first)} µs, then {short(last)} µs",
            last_ratio,
            f"{TIME_LIMIT:g} ×: flat",
            slower <= TIME_LIMIT,
        ),
        Row(
            f"memory gained {after}",
            sum(growth),
            "MB",
            f"engine {short(growth[0])}, environment {short(growth[1])}",
            budget=f"{MEMORY_LIMIT_MB:g} MB: flat",
            is_within=sum(growth) <= MEMORY_LIMIT_MB,
        ),
    ]


async def _window(engine: Engine, floor: Floor, window: int) -> tuple[float, float]:
    """Return the median of an invocation in microseconds, and of its ratio to the floor."""
    times, ratios = [], []
    for _ in range(_BLOCKS):
        floor_us = floor.round_trip_us(100)
        time_us = await _invoke(engine, window // _BLOCKS)
        times.append(time_us)
        ratios.append(time_us / floor_us)
    return statistics.median(times), statistics.median(ratios)


async def _invoke(engine: Engine, count: int) -> float:
    times = []
    for _ in range(count):
        began = time.perf_counter()
        await answered(engine.pools["Trivial"])
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6


def _memory_mb(engine: Engine) -> tuple[float, float]:
    """Return the memory of this process, and that of the environment's processes."""
    gc.collect()
    (environment,) = engine.pools["Trivial"].environments
    below = psutil.Process(environment.pid).children(recursive=True)
    pids = [environment.pid or 0, *(process.pid for process in below)]
    return pss_mb(psutil.Process().pid), sum(pss_mb(pid) for pid in pids)
