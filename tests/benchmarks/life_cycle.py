"""First invocations that are no ordinary cold starts: provisioned, reset, after a failed init."""

from __future__ import annotations

import asyncio
import time

from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool

from .example import TIMEOUT, answered, example_project, running_engine, until, until_gone
from .rows import Effort, Row, median_row

TEMPLATE = """\
Globals:
  Function: {Handler: app.handler, Timeout: 900, CodeUri: trivial}
Resources:
  Trivial: {Type: AWS::Serverless::Function}
  Retried: {Type: AWS::Serverless::Function, Properties: {CodeUri: crash}}
  Provisioned:
    Type: AWS::Serverless::Function
    Properties:
      AutoPublishAlias: live
      ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}
"""
FAILS_ITS_FIRST_INIT = """\
import os

if not os.path.exists("/tmp/tried"):
    open("/tmp/tried", "w").close()
    raise RuntimeError("the first init fails")


def handler(event, context):
    return event
"""


async def measure(effort: Effort) -> list[Row]:
    """One row for each way to a first invocation, from request to response."""
    rows = []
    with example_project() as directory:
        (directory / "template.yaml").write_text(TEMPLATE)
        (directory / "crash" / "app.py").write_text(FAILS_ITS_FIRST_INIT)
        async with running_engine(directory) as engine, asyncio.timeout(TIMEOUT):
            for measure, name, prepare in (
                ("provisioned, first invocation", "Provisioned", _provisioned),
                ("reset, then initialised in the next invocation", "Trivial", _reset),
                ("init fails, and is repeated in the invocation", "Retried", until_gone),
            ):
                times = []
                for _ in range(effort.repetitions):
                    await prepare(engine.pools[name])
                    began = time.perf_counter()
                    await answered(engine.pools[name])
                    times.append((time.perf_counter() - began) * 1000)
                rows.append(median_row(measure, times, "ms"))
    return rows


async def _provisioned(pool: Pool) -> None:
    """End the environment that has served; the pool makes another ahead of need."""
    for environment in pool.environments:
        if environment.invocations:
            environment.shut_down("request")
    await until(
        lambda: [(one.state, one.invocations) for one in pool.environments] == [(State.FROZEN, 0)]
    )


async def _reset(pool: Pool) -> None:
    await answered(pool)
    (environment,) = pool.environments
    await until(lambda: environment.state is State.FROZEN)
    environment.kill()
    await until(lambda: environment.state is State.RESET)
