"""The same trivial function in Node.js and in Python, side by side: warm, and from the start."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lambda_tui.engine.engine import Engine

from .example import TIMEOUT, answered, running_engine, until_gone
from .placement import Placement, placements
from .rows import Effort, Row, short, spread

LIMIT = 2.0
"""Times what Python takes."""

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Handler: app.handler, Timeout: 900, CodeUri: .}
Resources:
  Python: {Type: AWS::Serverless::Function}
  Node: {Type: AWS::Serverless::Function, Properties: {Runtime: nodejs22.x}}
"""
SOURCES = {
    "app.py": "def handler(event, context):\n    return event\n",
    "app.mjs": "export const handler = async (event) => event;\n",
}


@contextmanager
def _project() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="lambda-tui-benchmark-") as folder:
        directory = Path(folder).resolve()
        for name, source in {"template.yaml": TEMPLATE, **SOURCES}.items():
            (directory / name).write_text(source)
        yield directory


async def measure(effort: Effort) -> list[Row]:
    """Return a row for each placement, and one for the cold start."""
    rows = []
    with _project() as directory:
        for placement in placements():
            async with running_engine(directory, placement=placement) as engine:
                rows.append(await _warm(engine, placement, effort))
        async with running_engine(directory) as engine:
            rows.append(await _cold(engine, effort))
    return rows


async def _warm(engine: Engine, placement: Placement, effort: Effort) -> Row:
    python: list[float] = []
    node: list[float] = []
    async with asyncio.timeout(TIMEOUT):
        for _ in range(effort.rounds):
            python.append(await _in_a_row(engine, "Python", effort.calls))
            node.append(await _in_a_row(engine, "Node", effort.calls))
    ratios = [one / other for one, other in zip(node, python, strict=True)]
    ratio = statistics.median(ratios)
    return Row(
        f"warm Node.js, one after the other, {placement.name}",
        statistics.median(node),
        "µs",
        f"{spread(node)}, ×{spread(ratios)}",
        ratio,
        f"{short(LIMIT)} × Python",
        ratio <= LIMIT,
    )


async def _in_a_row(engine: Engine, name: str, calls: int) -> float:
    """Return the median time from request to response, one request after the other."""
    times = []
    for _ in range(calls):
        began = time.perf_counter()
        await answered(engine.pools[name])
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6


async def _cold(engine: Engine, effort: Effort) -> Row:
    times = []
    async with asyncio.timeout(TIMEOUT):
        for _ in range(effort.repetitions):
            began = time.perf_counter()
            await answered(engine.pools["Node"])
            times.append((time.perf_counter() - began) * 1000)
            await until_gone(engine.pools["Node"])
    return Row("cold start, Node.js", statistics.median(times), "ms", spread(times))
