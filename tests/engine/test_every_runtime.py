"""Freeze, crash, timeout, reset and shutdown hold for every kind of runtime alike."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from kinds import AWSLAMBDARIC, KINDS, options_of
from workbench import Open, Workbench, file_in, response_of

from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State

REMEMBERS = """
import os, sys, tempfile, threading, time
count = 0
marker = os.path.join(tempfile.gettempdir(), "marker")

def lambda_handler(event, context):
    global count
    count += 1
    was_there = os.path.exists(marker)
    open(marker, "w").close()
    exec(event or "pass")
    return [count, was_there]
"""
TICKS = """
import os, tempfile, threading, time
path = os.path.join(tempfile.gettempdir(), "ticks")

def tick():
    count = 0
    while True:
        count += 1
        with open(path + ".new", "w") as file:
            file.write(str(count))
        os.replace(path + ".new", path)
        time.sleep(0.001)

def lambda_handler(event, context):
    if event is None:
        threading.Thread(target=tick, daemon=True).start()
        event = 0
    while not os.path.exists(path) or int(open(path).read()) <= event:
        time.sleep(0.001)
"""
ENDINGS = {
    "os._exit(0)": "Runtime exited without providing a reason",
    "sys.exit(4)": "Runtime exited with error: exit status 4",
    "os.kill(os.getpid(), 9)": "Runtime exited with error: signal: killed",
}

OpenKind = Callable[..., Awaitable[Workbench]]


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each kind of runtime in turn."""
    return str(request.param)


@pytest.fixture
def open_function(kind: str, open_project: Open, tmp_path: Path) -> OpenKind:
    """Starts the engine on a function's source, run in the way of the test."""

    async def open_function(source: str, **options: Any) -> Workbench:
        directory = tmp_path / "function"
        directory.mkdir(exist_ok=True)
        return await open_project(source, **{**options_of(kind, directory), **options})

    return open_function


async def test_it_remembers_what_it_did_and_is_frozen_in_between(open_function: OpenKind) -> None:
    workbench = await open_function(REMEMBERS)
    first = await workbench.invoke()
    await workbench.until_frozen()
    before = len(workbench.events)
    second = await workbench.invoke()
    await workbench.until_frozen()

    assert response_of(first) == [1, False]
    assert response_of(second) == [2, True]
    assert (first.cold_start, second.cold_start) == (True, False)
    assert first.init_duration_ms is not None
    assert first.init_duration_ms > 0
    assert second.init_duration_ms is None
    assert workbench.types()[before:] == [
        "environment.thawed",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
        "environment.frozen",
    ]


async def test_its_threads_stand_still_while_it_is_frozen(open_function: OpenKind) -> None:
    workbench = await open_function(TICKS)
    await workbench.invoke()
    environment = workbench.environment
    await workbench.until_stopped(environment)

    ticks = int(file_in(environment, "ticks").read_text())
    assert await workbench.answer(ticks) is None
    assert int(file_in(environment, "ticks").read_text()) > ticks


@pytest.mark.parametrize("ending", ENDINGS)
async def test_its_end_fails_the_invocation_and_resets_the_environment(
    open_function: OpenKind, ending: str
) -> None:
    workbench = await open_function(REMEMBERS)
    await workbench.invoke()
    invocation = await workbench.invoke(ending)

    message = f"RequestId: {invocation.request_id} Error: {ENDINGS[ending]}"
    assert response_of(invocation) == {"errorType": "Runtime.ExitError", "errorMessage": message}
    await workbench.until_state(State.RESET)
    assert workbench.records(events.EnvironmentReset) == [events.EnvironmentReset("failure")]
    again = await workbench.invoke()
    assert again.environment is invocation.environment
    assert response_of(again) == [1, True]


async def test_a_timeout_ends_it_at_the_limit(open_function: OpenKind) -> None:
    workbench = await open_function(REMEMBERS, timeout=2)
    invocation = await workbench.invoke("os.system('sleep 1000')")

    message = f"RequestId: {invocation.request_id} Error: Task timed out after 2.00 seconds"
    assert response_of(invocation) == {"errorType": "Sandbox.Timedout", "errorMessage": message}
    assert invocation.status == "timeout"
    environment = await workbench.until_state(State.RESET)
    assert psutil.Process(environment.pid).children(recursive=True) == []
    workbench.lift_the_timeout()
    assert response_of(await workbench.invoke()) == [1, True]


async def test_a_kill_between_two_invocations_is_made_up_for(open_function: OpenKind) -> None:
    workbench = await open_function(REMEMBERS)
    await workbench.invoke()
    environment = await workbench.until_frozen()
    environment.kill()
    await workbench.until_state(State.RESET)

    assert response_of(await workbench.invoke()) == [1, True]


async def test_an_error_leaves_it_warm(open_function: OpenKind) -> None:
    workbench = await open_function(REMEMBERS)
    failed = await workbench.invoke("raise ValueError('no luck')")

    payload = response_of(failed)
    assert (payload["errorType"], payload["errorMessage"]) == ("ValueError", "no luck")
    assert failed.function_error == "Unhandled"
    (done,) = workbench.records(events.RuntimeDone)
    assert done.status == "success"
    assert response_of(await workbench.invoke()) == [2, True]


async def test_an_error_at_init_is_the_payload_and_init_is_tried_again(
    open_function: OpenKind,
) -> None:
    workbench = await open_function("import nothing_of_this_name")
    invocation = await workbench.invoke()

    payload = response_of(invocation)
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert "nothing_of_this_name" in payload["errorMessage"]
    phases = [(one.phase, one.status) for one in workbench.records(events.InitReport)]
    assert phases == [("init", "error"), ("invoke", "error")]
    (report,) = workbench.records(events.Report)
    assert report.error_type == "Runtime.ImportModuleError"


async def test_what_it_logs_stands_between_start_and_end(open_function: OpenKind) -> None:
    workbench = await open_function(
        "import logging\ndef lambda_handler(event, context):\n"
        "    print('printed')\n    logging.warning('two\\nlines')\n"
    )
    for _ in range(3):
        await workbench.invoke()

    types = [event.record.type for event in workbench.events]
    for start, end in zip(
        [index for index, one in enumerate(types) if one == "platform.start"],
        [index for index, one in enumerate(types) if one == "platform.runtimeDone"],
        strict=True,
    ):
        assert types[start + 1 : end] == ["function", "function"]
    printed, warned = (one.message for one in workbench.records(events.FunctionLog)[-2:])
    assert printed.strip() == "printed"
    assert warned.strip().endswith("two\nlines")


async def test_a_response_of_six_megabytes_is_taken_and_a_larger_one_is_not(
    open_function: OpenKind, kind: str
) -> None:
    workbench = await open_function(
        "def lambda_handler(event, context):\n    return 'x' * event\n", memory_size=512
    )
    large = await workbench.invoke(6 * 1024 * 1024)
    assert large.response == json.dumps("x" * 6 * 1024 * 1024).encode()
    too_large = await workbench.invoke(6 * 1024 * 1024 + 100)
    assert response_of(too_large)["errorType"] == "Function.ResponseSizeTooLarge"
    again = await workbench.invoke(1)
    assert response_of(again) == "x"
    # AWS's client takes the refusal for the end of everything.
    assert again.cold_start == (kind == AWSLAMBDARIC)


async def test_the_trace_and_the_deadline_are_those_of_the_invocation(
    open_function: OpenKind,
) -> None:
    workbench = await open_function(
        "import os\ndef lambda_handler(event, context):\n"
        "    return [os.environ['_X_AMZN_TRACE_ID'], context.aws_request_id,\n"
        "            context.get_remaining_time_in_millis(), context.invoked_function_arn]\n",
        timeout=30,
    )
    for _ in range(2):
        invocation = await workbench.invoke()
        trace, request_id, remaining, arn = response_of(invocation)
        assert (trace, request_id) == (invocation.trace_id, invocation.request_id)
        assert 0 < remaining <= 30_000
        assert arn == workbench.pool.function.arn
