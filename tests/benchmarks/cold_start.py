"""Cold start: from the request to the response of a function without an environment."""

from __future__ import annotations

import time
from dataclasses import replace

from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool

from .example import answered, example_project, running_engine, until, until_gone
from .rows import Effort, Row, median_row

LIMIT_MS = 15.0
_WHAT = "cold start, request to response"


async def measure(effort: Effort) -> list[Row]:
    """Measure a trivial function and one that imports boto3, and their own share of each start."""
    rows = []
    with example_project() as directory:
        async with running_engine(directory) as engine:
            for name, limit, title in (
                ("Trivial", LIMIT_MS, "trivial"),
                ("Boto3", None, "import boto3"),
            ):
                wholes, inits, _ = await _start_cold(engine.pools[name], effort)
                rows.append(median_row(f"{_WHAT}: {title}", wholes, "ms", limit))
                rows.append(median_row("  of which the function's Init phase", inits, "ms"))
            pool = engine.pools["Boto3"]
            await _take_snapshot(pool)
            wholes, _, restores = await _start_cold(pool, effort)
            rows.append(median_row(f"{_WHAT}: boto3, restored", wholes, "ms"))
            rows.append(median_row("  of which the Restore phase", restores, "ms"))
    return rows


async def _start_cold(pool: Pool, effort: Effort) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds of the whole, and of the Init and Restore phases in it."""
    wholes, inits, restores = [], [], []
    for _ in range(effort.repetitions):
        began = time.perf_counter()
        invocation = await answered(pool)
        wholes.append((time.perf_counter() - began) * 1000)
        inits.append(invocation.init_duration_ms or 0.0)
        restores.append(invocation.restore_duration_ms or 0.0)
        await until_gone(pool)
    return wholes, inits, restores


async def _take_snapshot(pool: Pool) -> None:
    """From here on environments are restored."""
    pool.change(replace(pool.function, snap_start=True), ())
    await until(lambda: pool.snapshot is not None and pool.snapshot.state is State.FROZEN)
