"""``python -m tests.benchmarks``: measures, and prints a table with the design's budget."""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import os
import platform
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import asdict, replace

from . import (
    callers,
    cold_start,
    crash,
    floor,
    invoke_api,
    keystroke,
    languages,
    launch,
    life_cycle,
    log,
    many,
    memory,
    reload,
    runtime_api,
    screen_memory,
    table,
    templates,
    warm,
)
from .rows import FULL, QUICK, Effort, Row

MEASURES: dict[str, Callable[[Effort], list[Row] | Awaitable[list[Row]]]] = {
    "floor": floor.measure,
    "warm": warm.measure,
    "callers": callers.measure,
    "api": invoke_api.measure,
    "runtime-api": runtime_api.measure,
    "cold": cold_start.measure,
    "reload": reload.measure,
    "languages": languages.measure,
    "crash": crash.measure,
    "life-cycle": life_cycle.measure,
    "memory": memory.measure,
    "many": many.measure,
    "launch": launch.measure,
    "templates": templates.measure,
    "keys": keystroke.measure,
    "log": log.measure,
    "screen-memory": screen_memory.measure,
}
"""By the name that ``--only`` takes, in the order of the table."""


def main() -> int:
    """Run the measures and return 0 whatever they find: a budget is for people to judge."""
    options = _parser().parse_args()
    effort = QUICK if options.quick else FULL
    if options.invocations is not None:
        effort = replace(effort, invocations=options.invocations)
    rows = _run(options.only or list(MEASURES), effort)
    if options.json:
        print(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1))
        return 0
    print(_machine())
    print(table.heading())
    for row in rows:
        print(table.line(row), flush=True)
    return 0


def _run(names: list[str], effort: Effort) -> Iterator[Row]:
    for name in names:
        result = MEASURES[name](effort)
        yield from asyncio.run(_wait(result)) if inspect.isawaitable(result) else result


async def _wait(rows: Awaitable[list[Row]]) -> list[Row]:
    return await rows


def _machine() -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    python = platform.python_version()
    return f"Python {python}, {os.cpu_count()} cores, {platform.platform()}, load {load}\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few repetitions: does it run?")
    parser.add_argument(
        "--only", action="append", choices=MEASURES, help="a measure; may be given more than once"
    )
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument(
        "--invocations", type=int, help=f"of the measure many ({FULL.invocations:,})"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
