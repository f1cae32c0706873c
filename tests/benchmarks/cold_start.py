"""Cold start: from the request to the response of a function without an environment."""

from __future__ import annotations

import time

from .example import answered, example_project, running_engine, until_gone
from .rows import Effort, Row, median_row

LIMIT_MS = 15.0


async def measure(effort: Effort) -> list[Row]:
    """A trivial function, and one that imports boto3; what of it was its own init."""
    rows = []
    with example_project() as directory:
        async with running_engine(directory) as engine:
            for name, limit in (("Trivial", LIMIT_MS), ("Boto3", None)):
                pool = engine.pools[name]
                wholes, inits = [], []
                for _ in range(effort.repetitions):
                    began = time.perf_counter()
                    invocation = await answered(pool)
                    wholes.append((time.perf_counter() - began) * 1000)
                    inits.append(invocation.init_duration_ms or 0.0)
                    await until_gone(pool)
                what = "cold start, request to response"
                title = "trivial" if name == "Trivial" else "import boto3"
                rows.append(median_row(f"{what}: {title}", wholes, "ms", limit))
                rows.append(median_row("  of which the function's Init phase", inits, "ms"))
    return rows
