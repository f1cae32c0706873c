"""The scripts: what has happened in a project when the screen is looked at."""

from __future__ import annotations

import json
import os
from pathlib import Path

from lambda_tui.engine.events import AsyncRetried, FunctionLog, Throttled
from lambda_tui.engine.invocation import Caller
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import Alias, Problem, PublishedVersion, Trigger
from lambda_tui.ui.model import TmpChange
from support.scripted_world import FOLDER, NOON, ScriptedClock, ScriptedWorld, function

KEY_ERROR = json.dumps(
    {
        "errorMessage": "'customer_id'",
        "errorType": "KeyError",
        "stackTrace": [
            '  File "/var/task/app.py", line 11, in handler\n    raise KeyError("customer_id")\n'
        ],
    }
).encode()
SHOP = (
    function(
        "ApiFunction",
        environment={"TABLE": "orders", "API_TOKEN": "very-secret"},
        variable_origins={"TABLE": "template.yaml", "API_TOKEN": ".env"},
        triggers=(Trigger("apigateway", "Orders", {"path": "/orders"}),),
        published=(PublishedVersion("1"),),
        aliases=(Alias("live", "1"),),
    ),
    function("OrdersConsumer", line=31, triggers=(Trigger("sqs", "Queue"),)),
    function("NightlyReport", line=44, timeout=900, memory_size=1024),
    function("ImageResizer", line=58, memory_size=2048, ephemeral_storage=2048),
    function("BrokenImport", line=70),
    function("SlowPayments", line=81, timeout=3),
    function("NodeNotifier", line=90, runtime="nodejs22.x", handler="index.handler"),
    function("OrderPlacedAuditTrailWriterFunction", line=101),
)
PROBLEMS = (
    Problem("The function Old has no Handler.", FOLDER / "template.yaml", 112, directory=FOLDER),
    Problem("Layers of ARNs are not read.", FOLDER / "template.yaml", 130, directory=FOLDER),
)


def nothing(clock: ScriptedClock) -> ScriptedWorld:
    """Return a project without a function."""
    return ScriptedWorld(clock, (), PROBLEMS)


def shop(clock: ScriptedClock) -> ScriptedWorld:
    """Return a project of eight functions."""
    return ScriptedWorld(clock, SHOP)


def shop_with_problems(clock: ScriptedClock) -> ScriptedWorld:
    """Return a project of eight functions, in whose files something is wrong."""
    return ScriptedWorld(clock, SHOP, PROBLEMS)


def warehouse(clock: ScriptedClock) -> ScriptedWorld:
    """Return a project of sixty functions, with names and limits as large as they may be."""
    functions = (
        function(
            f"Warehouse{'Inventory' * (number % 7)}Handler{number:02}",
            line=10_000 + number,
            memory_size=10_240,
            ephemeral_storage=10_240,
            timeout=900,
        )
        for number in range(60)
    )
    return ScriptedWorld(clock, functions)


def quiet(_: ScriptedWorld, folder: Path) -> None:
    """Let nothing happen."""


def busy(world: ScriptedWorld, folder: Path) -> None:
    """Let one environment rest, one work, one initialise; let one be queued and one be refused."""
    name = "ApiFunction"
    first = world.invoke(name)
    for milliseconds in (12.4, 9.8, 31.0):
        world.invoke(name, first, milliseconds=milliseconds, logs=LINES)
    _fill_tmp(world, folder)
    consumer = Caller("asynchronous", 1, 3)
    queue = world.invoke("OrdersConsumer", caller=consumer, status="error", response=KEY_ERROR)
    request_id = world.pool("OrdersConsumer").invocations[-1].request_id
    world.tell(AsyncRetried(request_id, "error", 60.0, 1), "OrdersConsumer", queue)
    world.invoke("ImageResizer", milliseconds=812.5, memory=431)
    working = world.accept(name, b'{"path": "/orders/17"}')
    world.begin(working, first, logs=("GET /orders/17 stage=dev", "asking the table"))
    waiting = world.accept(name, b'{"path": "/orders/18"}')
    second = world.create(name)
    second.invocation = waiting
    waiting.assign(second.id, second.number, f"env 1 was busy with #{working.number}")
    refused = world.accept(name, b"{}")
    refused.finish("throttled", b'{"Reason": "ConcurrentInvocationLimitExceeded"}')
    throttled = Throttled(refused.request_id, "ConcurrentInvocationLimitExceeded")
    world.tell(throttled, name)
    world.clock.now += 0.4


LINES = (
    '{"level": "INFO", "message": "served", "count": 2, "items": ["a", "b", "c"]}',
    "[WARNING] the table is slow: 210 ms",
    "GET /orders stage=dev",
)


def failing(world: ScriptedWorld, folder: Path) -> None:
    """Let a handler raise, an import fail, an invocation time out and a runtime crash."""
    name = "ApiFunction"
    first = world.invoke(name)
    world.invoke(name, first, status="error", response=KEY_ERROR, logs=(TRACEBACK,))
    slow = world.accept(name, b"{}")
    world.begin(slow, first, logs=("asking the bank",))
    response = b'{"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out"}'
    world.end_invocation(
        slow, first, milliseconds=10_000.0, status="timeout", response=response, memory=256
    )
    world.move(first, State.RESETTING, "timeout")
    world.clock.now += 0.02
    world.move(first, State.RESET, "timeout")
    world.clock.now += 3.0
    broken = world.accept("BrokenImport", b"{}")
    environment = world.create("BrokenImport")
    world.initialise(environment, 41.0, "Runtime.ImportModuleError")
    environment.init.error_type = "Runtime.ImportModuleError"
    broken.assign(environment.id, 1, "there was no environment")
    error = b'{"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named httpx"}'
    world.end_invocation(
        broken, environment, milliseconds=44.0, status="error", response=error, init_ms=41.0
    )
    world.move(environment, State.RESETTING, "failure")
    world.move(environment, State.RESET, "failure")
    world.clock.now += 3.0


TRACEBACK = (
    "[ERROR] KeyError: 'customer_id'\n"
    "Traceback (most recent call last):\n"
    '  File "/var/task/app.py", line 11, in handler\n'
    '    raise KeyError("customer_id")\n'
    "KeyError: 'customer_id'"
)


def overflowing(world: ScriptedWorld, folder: Path) -> None:
    """Let everything be as many, as long and as large as it may be."""
    first, *others = world.engine.pools
    pool = world.pool(first)
    pool._invocations_made = 123_450
    environments = [world.create(first, number) for number in range(9_990, 10_010)]
    for environment in environments:
        world.initialise(environment, 9_999.4)
    payload = json.dumps({"records": [{"body": "x" * 300, "n": n} for n in range(80)]}).encode()
    response = json.dumps({f"key{n}": ["値" * 20, {"n": n}] for n in range(300)}).encode()
    logs = [
        "長い行 " * 60,
        json.dumps({"level": "ERROR", "message": "m" * 400}),
        *map(str, range(90)),
    ]
    for environment in environments:
        world.invoke(
            first,
            environment,
            payload=payload,
            response=response,
            milliseconds=899_999.9,
            memory=10_240,
            tmp=10_239.6,
            seconds=0.1,
            logs=logs if environment is environments[-1] else ("\x1b[31mred\u202e\x07",),
        )
        environment.invocations = 1_234_567
    for name in others[::3]:
        world.invoke(name, milliseconds=1_234.5)
    for name in others[1::9]:
        world.invoke(name, status="error", response=KEY_ERROR)


def _fill_tmp(world: ScriptedWorld, folder: Path) -> None:
    """Write files into the environment's ``/tmp``, two of them by the last invocation."""
    (environment,) = world.pool("ApiFunction").environments
    files = {
        "cache/orders.json": b'{"orders": [1, 2, 3]}',
        "cache/thumbs/17.png": b"\x89PNG" + bytes(900),
        "visits.txt": b"visit 1\nvisit 2\n",
    }
    for name, content in files.items():
        path = folder / "tmp" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for path in (folder / "tmp").rglob("*"):
        os.utime(path, (NOON, NOON))
    # A relative path: the screen shows it, and no other differs from run to run.
    environment._init_process.storage = Path("tmp")
    change = TmpChange(
        function="ApiFunction",
        environment=1,
        invocations=(4,),
        added=("cache/thumbs/17.png",),
        changed=("visits.txt",),
        removed=("old.txt",),
        added_count=1,
        changed_count=1,
        removed_count=1,
    )
    world.app._main.feed.tmp_changes._add(change)


def some_lines(world: ScriptedWorld, function: str, count: int) -> None:
    """Let a function log lines outside of invocations."""
    for number in range(count):
        world.tell(FunctionLog(f"line {number}"), function)
