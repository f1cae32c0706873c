"""The machine's resources that frozen environments hold: memory, and no processor time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil

from lambda_tui.engine.engine import Engine
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool

from .example import TIMEOUT, example_project, running_engine, until, until_gone
from .rows import Effort, Row, short

LIMIT_MB = 3.0
_IDLE_SECONDS = 1.0


async def measure(effort: Effort) -> list[Row]:
    """Proportional set size that each environment adds, and the time that all of them use."""
    rows = []
    with example_project() as directory:
        async with running_engine(directory) as engine:
            for name, limit in (("Trivial", LIMIT_MB), ("Boto3", None)):
                rows += await _measure(engine, engine.pools[name], effort.environments, limit)
                await until_gone(engine.pools[name])
    return rows


async def _measure(engine: Engine, pool: Pool, count: int, limit: float | None) -> list[Row]:
    zygote = _zygote()
    alone = pss_mb(zygote.pid)
    await _make_frozen(pool, count)
    inits = [environment.pid or 0 for environment in pool.environments]
    processes = [process for pid in inits for process in (pid, *_below(pid))]
    each = [sum(pss_mb(process) for process in (pid, *_below(pid))) for pid in inits]
    figure = (pss_mb(zygote.pid) + sum(each) - alone) / count
    title = "trivial" if limit else "import boto3"
    rows = [
        Row(
            f"memory that a frozen environment adds: {title}",
            figure,
            "MB PSS",
            f"own share {short(min(each))}–{short(max(each))}; zygote alone {short(alone)}",
            budget=f"{limit:g} MB" if limit else "",
            is_within=figure <= limit if limit else None,
        )
    ]
    if limit:
        used = await _processor_ms(processes)
        title = f"processor time of {count} frozen ones in {_IDLE_SECONDS:g} s"
        rows.append(Row(title, used, "ms", budget="none", is_within=used == 0))
    return rows


async def _make_frozen(pool: Pool, count: int) -> None:
    invocations = [pool.invoke(b"{}") for _ in range(count)]
    async with asyncio.timeout(TIMEOUT):
        for invocation in invocations:
            await invocation.wait()
        await until(
            lambda: all(each.pid and each.state is State.FROZEN for each in pool.environments)
        )


def _zygote() -> psutil.Process:
    (zygote,) = [each for each in psutil.Process().children() if each.name() == "lambda-zygote"]
    return zygote


def _below(pid: int) -> list[int]:
    return [process.pid for process in psutil.Process(pid).children(recursive=True)]


def pss_mb(pid: int) -> float:
    """Return a process's proportional set size: shared pages count by their share."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"process {pid} has no Pss")


async def _processor_ms(pids: list[int]) -> float:
    before = sum(_scheduled_ns(pid) for pid in pids)
    await asyncio.sleep(_IDLE_SECONDS)
    return (sum(_scheduled_ns(pid) for pid in pids) - before) / 1e6


def _scheduled_ns(pid: int) -> int:
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
