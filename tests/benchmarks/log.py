"""The log with a million lines behind it: the cost of a line, the memory, and searches."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from pathlib import Path

import psutil

from lambda_tui.ui.log import LogRecord, LogStore, Scope
from lambda_tui.ui.log.query import Query
from lambda_tui.ui.log.records import Kind

from .rows import Effort, Row, median_row, spread

FUNCTIONS = 16
LIMIT_SECONDS = 1.0
MEMORY_LIMIT_MB = 10.0
QUERIES = ("needle", "(?:error|needle)-\\d+", "served in 97\\d ms .* status=500", "NEEDLE-42")
_GATHERED = 130
"""Lines between two turns of the loop: 2,000 a second in frames."""


async def measure(effort: Effort) -> list[Row]:
    """Measure a line, searches, and the memory that ten times as many lines take more."""
    with tempfile.TemporaryDirectory() as directory:
        store = LogStore(Path(directory))
        try:
            return await _measure(store, effort.lines, effort.all_lines)
        finally:
            store.close()


async def _measure(store: LogStore, lines: int, all_lines: int) -> list[Row]:
    spent = await _add(store, 0, lines)
    times = [await _search(store, text) for text in QUERIES for _ in range(3)]
    slowest = max(times)
    process = psutil.Process()
    before = process.memory_info().rss
    await _add(store, lines, all_lines)
    grown = (process.memory_info().rss - before) / 1e6
    return [
        median_row("a line of the log, added", [spent / lines * 1e6], "us"),
        Row(
            f"memory gained from {lines:,} to {all_lines:,} lines",
            grown,
            "MB",
            budget=f"{MEMORY_LIMIT_MB:g} MB: flat",
            is_within=grown <= MEMORY_LIMIT_MB,
        ),
        Row(
            f"search of {lines:,} lines, the slowest of {len(QUERIES)}",
            slowest * 1000,
            "ms",
            spread([one * 1000 for one in times]),
            budget=f"{LIMIT_SECONDS:g} s",
            is_within=slowest <= LIMIT_SECONDS,
        ),
    ]


async def _add(store: LogStore, first: int, end: int) -> float:
    """Add lines with these numbers, of which one in the middle is special; return the seconds."""
    messages, spent = _messages(), 0.0
    for number in range(first, end):
        began = time.perf_counter()
        message = "the needle-42 is here" if number == end // 2 else messages[number % 5_000]
        function = f"Function{number % FUNCTIONS}"
        store.add(LogRecord(function, 1, number, Kind.FUNCTION, message, number // 1_000))
        spent += time.perf_counter() - began
        if number % _GATHERED == 0:
            store.take()
            await asyncio.sleep(0)
    await store.older(Scope(), store.end, 1)
    return spent


async def _search(store: LogStore, text: str) -> float:
    began = time.perf_counter()
    query = Query(text)
    async for _ in store.search(Scope(), query, store.end):
        pass
    assert not query.problem
    return time.perf_counter() - began


def _messages() -> list[str]:
    chance = random.Random(1)
    return [
        f"2026-11-21T00:00:{number % 60:02}.000Z {chance.getrandbits(32):08x} INFO request served "
        f"in {number % 977} ms path=/orders/{number} status=200"
        for number in range(5_000)
    ]
