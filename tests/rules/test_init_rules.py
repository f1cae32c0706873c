"""Init: its order, its limits, inits that fail."""

from __future__ import annotations

import base64
import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.apis.lambda_api.invoke_responses import LogTail
from lambda_tui.engine import events
from lambda_tui.engine.environment import InitPhase
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.wire import InitProcess
from lambda_tui.project.function import Function, Project
from support.function_sources import answers_its_initialization_type
from support.workbench import TIMEOUT, Open, file_in, published, response_of

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])


@pytest.mark.rule("1.2.12")
@ONE_LEVEL
async def test_init_start_is_the_first_line_and_top_level_output_follows(
    open_project: Open,
) -> None:
    workbench = await open_project(answers_its_initialization_type())

    await workbench.invoke()

    words = [line.partition(" ")[0] for line in workbench.log()]
    assert words == ["INIT_START", "importing", "START", "END"]


@pytest.mark.rule("1.2.2")
@ONE_LEVEL
async def test_runtime_init_and_function_init_are_timed_in_this_order(open_project: Open) -> None:
    workbench = await open_project(answers_its_initialization_type("time.sleep(0.1)"))

    await workbench.invoke()

    (report,) = workbench.records(events.InitReport)
    runtime_init, function_init = report.spans
    assert (runtime_init.name, function_init.name) == ("runtimeInit", "functionInit")
    assert runtime_init.duration_ms + function_init.duration_ms == pytest.approx(report.duration_ms)
    assert function_init.duration_ms >= 100


@pytest.mark.rule("5.1.3")
@ONE_LEVEL
async def test_a_top_level_exit_is_a_runtime_exit_and_not_an_error_of_the_function(
    open_project: Open,
) -> None:
    workbench = await open_project(answers_its_initialization_type("raise SystemExit(5)"))

    invocation = await workbench.invoke()

    assert response_of(invocation) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": (
            f"RequestId: {invocation.request_id} Error: Runtime exited with error: exit status 5"
        ),
    }
    reports = [line for line in workbench.log() if line.startswith("INIT_REPORT")]
    assert [re.sub(r"[\d.]+ ms", "N ms", line) for line in reports] == [
        f"INIT_REPORT Init Duration: N ms\tPhase: {phase}\tStatus: error\t"
        "Error Type: Runtime.ExitError"
        for phase in ("init", "invoke")
    ]


@pytest.mark.rule("1.2.10")
@ONE_LEVEL
async def test_a_timeout_bounds_a_repeated_init_and_the_handler_together(
    open_project: Open,
) -> None:
    workbench = await open_project(
        """
import os, time
time.sleep(0.7)
def lambda_handler(event, context):
    if event == "crash":
        os._exit(1)
    time.sleep(0.7)
""",
        timeout=1,
    )
    await workbench.invoke("crash")

    invocation = await workbench.invoke("sleep")

    assert response_of(invocation)["errorType"] == "Sandbox.Timedout"
    assert invocation.report is not None
    assert (invocation.report.duration_ms, invocation.report.billed_duration_ms) == (1000.0, 1000)


@pytest.mark.rule("1.2.11")
@ONE_LEVEL
async def test_start_is_told_when_the_environment_goes_during_a_repeated_init(
    open_project: Open,
) -> None:
    workbench = await open_project(
        """
import os, time
print("importing")
if os.path.exists("/tmp/before"):
    time.sleep(50)
open("/tmp/before", "w").close()
def lambda_handler(event, context):
    os._exit(1)
"""
    )
    await workbench.invoke()
    invocation = workbench.call(b"{}")
    await workbench.until(lambda: workbench.log().count("importing") == 2)

    workbench.environment.shut_down("request")
    # Output that was written by then may be read only now.
    workbench.environment._on_log("the last of init", None)
    await invocation.wait()

    assert response_of(invocation)["errorType"] == "Sandbox.Failure"
    assert {record.request_id for record in workbench.records(events.FunctionLog)} == {None}
    start, end = workbench.log()[-2:]
    assert start == f"START RequestId: {invocation.request_id} Version: $LATEST"
    assert end.startswith(f"END RequestId: {invocation.request_id}\n")


@pytest.mark.rule("1.2.5")
def test_the_limits_of_init_are_ten_and_a_hundred_and_thirty_seconds() -> None:
    def limit(kind: events.InitializationType, timeout: int) -> float | None:
        return InitPhase("init", kind).limit(timeout)

    assert limit("on-demand", 900) == 10
    assert limit("provisioned-concurrency", 3) == 130
    assert limit("provisioned-concurrency", 900) == 900


@pytest.mark.rule("1.2.9")
@ONE_LEVEL
async def test_an_init_that_keeps_failing_is_not_tried_in_a_loop(
    open_project: Open, tmp_path: Path
) -> None:
    for name, top_level in {"broken": "1 / 0", "clock": ""}.items():
        (tmp_path / name).mkdir()
        source = answers_its_initialization_type(top_level)
        (tmp_path / name / "app.py").write_text(source)
    broken = Function(
        "broken",
        "app.lambda_handler",
        tmp_path / "broken",
        timeout=TIMEOUT,
        **published(provisioned=2),
    )
    clock = Function("clock", "app.lambda_handler", tmp_path / "clock", timeout=TIMEOUT)
    workbench = await open_project(Project(tmp_path, (broken, clock)))
    pool = workbench.engine.pools["broken"]

    def attempts() -> int:
        return sum(
            isinstance(event.record, events.InitStart) and event.function == "broken"
            for event in workbench.events
        )

    await workbench.until_all(2, State.RESET)
    await workbench.invoke("busy", workbench.engine.pools["clock"])
    assert attempts() == 2
    assert {one.init.error_type for one in pool.environments} == {"ZeroDivisionError"}

    invocation = await workbench.invoke(None, pool)
    assert response_of(invocation)["errorType"] == "ZeroDivisionError"
    await workbench.invoke("busy", workbench.engine.pools["clock"])
    assert attempts() == 3, "an invocation tries it once more"

    pool.change(broken, ("app.py",))
    await workbench.until(lambda: attempts() == 5)
    await workbench.until_all(2, State.RESET)
    await workbench.invoke("busy", workbench.engine.pools["clock"])
    assert attempts() == 5, "and so does a change of its files"


@pytest.mark.rule("1.2.13")
@ONE_LEVEL
async def test_the_log_tail_of_an_invocation_holds_the_init_that_was_repeated_inside_it(
    open_project: Open,
) -> None:
    workbench = await open_project("print('imported')\n1 / 0\n")
    function = workbench.pool.function
    for _ in range(2):
        request_id = str(uuid.uuid4())
        tail = LogTail(workbench.engine, function, request_id)
        invocation = workbench.pool.invoke(b"{}", request_id=request_id)
        await invocation.wait()
        lines = base64.b64decode(tail.finish()).decode().splitlines()
        heads = [line for line in lines if not line.startswith(("\xa0", "Traceback", "  "))]
        assert [re.split(r"[\t:]", head)[0] for head in heads] == [
            "imported",
            "[WARNING]",
            "[ERROR] ZeroDivisionError",
            "INIT_REPORT Init Duration",
            "START RequestId",
            "END RequestId",
            "REPORT RequestId",
        ]


@pytest.mark.rule("1.2.12")
@ONE_LEVEL
async def test_what_is_logged_before_init_start_is_read_comes_behind_it(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log and the report of the start come by sockets of their own, in either order."""
    held: list[Any] = []
    take = InitProcess._on_control_message

    def hold_the_start(self: InitProcess, message: Any, payload: bytes) -> None:
        if message["kind"] == "started":
            held.append(lambda: take(self, message, payload))
        else:
            take(self, message, payload)

    monkeypatch.setattr(InitProcess, "_on_control_message", hold_the_start)
    workbench = await open_project(
        "import os, time\nopen('/tmp/imported', 'w').close()\nprint('importing', flush=True)\n"
        "def lambda_handler(event, context): return 1\n"
    )
    invocation = workbench.pool.invoke(b"{}")
    await workbench.until(lambda: held and file_in(workbench.environment, "imported").exists())
    await workbench.until(lambda: workbench.environment._init_process._early)
    assert "function" not in workbench.types()
    held.pop()()
    await invocation.wait()

    assert response_of(invocation) == 1
    types = [name for name in workbench.types() if name in ("platform.initStart", "function")]
    assert types == ["platform.initStart", "function"]
