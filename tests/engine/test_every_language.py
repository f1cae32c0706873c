"""Freeze, thaw, crash, timeout, reset and shutdown: the same whatever a function is written in."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from languages import PYTHON, RUNTIMES, Written
from workbench import Open, Workbench, file_in, response_of

from lambda_tui.engine import events
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State

INIT = ["environment.created", "platform.initStart", "platform.initRuntimeDone"]
INIT += ["platform.initReport"]
INVOKE = ["platform.start", "platform.runtimeDone", "platform.report"]


@pytest.fixture(params=RUNTIMES)
def runtime(request: pytest.FixtureRequest) -> Written:
    """Each runtime in turn."""
    return RUNTIMES[request.param]


async def open_remembering(
    open_project: Open, folder: Path, runtime: Written, **configuration: object
) -> Workbench:
    project = runtime.project(folder / "function", runtime.remembers, **configuration)
    return await open_project(project, **runtime.settings)


async def test_an_environment_is_initialised_invoked_frozen_and_thawed(
    open_project: Open, tmp_path: Path, runtime: Written
) -> None:
    workbench = await open_remembering(open_project, tmp_path, runtime)
    first = await workbench.invoke()
    await workbench.until_frozen()
    before = len(workbench.events)
    second = await workbench.invoke()
    await workbench.until_frozen()

    assert (response_of(first), first.cold_start) == ([1, False], True)
    assert (response_of(second), second.cold_start) == ([2, True], False)
    assert workbench.types()[:before] == [*INIT, *INVOKE, "environment.frozen"]
    assert workbench.types()[before:] == ["environment.thawed", *INVOKE, "environment.frozen"]
    (init,) = workbench.records(events.InitReport)
    assert first.init_duration_ms == init.duration_ms > 0
    assert second.init_duration_ms is None
    assert [span.name for span in init.spans] == ["runtimeInit", "functionInit"]
    assert all(span.duration_ms >= 0 for span in init.spans)
    assert second.max_memory_used_mb is not None
    assert 0 < second.max_memory_used_mb <= 128


ENDINGS = {
    "exit 3": ({"exit": 3}, "Runtime exited with error: exit status 3"),
    "exit 0": ({"exit": 0}, "Runtime exited without providing a reason"),
    "kill": ({"signal": int(signal.SIGKILL)}, "Runtime exited with error: signal: killed"),
    "terminate": ({"signal": int(signal.SIGTERM)}, "Runtime exited with error: signal: terminated"),
}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_crash_resets_the_environment_but_for_tmp(
    open_project: Open, tmp_path: Path, runtime: Written, ending: str
) -> None:
    event, text = ENDINGS[ending]
    workbench = await open_remembering(open_project, tmp_path, runtime)
    crashed = await workbench.invoke(event)
    await workbench.until_state(State.RESET)
    second = await workbench.invoke()

    assert response_of(crashed) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {crashed.request_id} Error: {text}",
    }
    assert workbench.records(events.EnvironmentReset) == [events.EnvironmentReset("failure")]
    assert second.environment is crashed.environment
    assert response_of(second) == [1, True]
    assert (second.cold_start, second.init_duration_ms) == (True, None)
    assert workbench.records(events.InitReport)[1].phase == "invoke"


async def test_a_crash_ends_what_the_function_left_running(
    open_project: Open, tmp_path: Path, runtime: Written
) -> None:
    workbench = await open_remembering(open_project, tmp_path, runtime)
    await workbench.invoke({"child": True})
    environment = await workbench.until_state(State.RESET)

    assert psutil.Process(environment.pid).children(recursive=True) == []


async def test_a_timeout_ends_the_invocation_and_resets_the_environment(
    open_project: Open, tmp_path: Path, runtime: Written
) -> None:
    workbench = await open_remembering(open_project, tmp_path, runtime, timeout=2)
    invocation = await workbench.invoke({"spin": True})
    await workbench.until_state(State.RESET)

    message = f"RequestId: {invocation.request_id} Error: Task timed out after 2.00 seconds"
    assert response_of(invocation) == {"errorType": "Sandbox.Timedout", "errorMessage": message}
    assert invocation.status == "timeout"
    assert invocation.report is not None
    assert invocation.report.duration_ms == 2000.0
    assert workbench.records(events.EnvironmentReset) == [events.EnvironmentReset("timeout")]
    workbench.lift_the_timeout()
    assert await workbench.answer() == [1, True]


async def test_a_handler_that_fails_is_a_success_of_its_runtime(
    open_project: Open, tmp_path: Path, runtime: Written
) -> None:
    workbench = await open_remembering(open_project, tmp_path, runtime)
    failed = await workbench.invoke({"fail": "so it goes"})

    assert response_of(failed)["errorMessage"] == "so it goes"
    assert (failed.status, failed.function_error) == ("error", "Unhandled")
    (done,), (report,) = workbench.records(events.RuntimeDone), workbench.records(events.Report)
    assert (done.status, report.status) == ("success", "success")
    (record,) = workbench.records(events.FunctionLog)
    assert "so it goes" in record.message
    assert record.request_id == failed.request_id
    assert await workbench.answer() == [2, True]


async def test_an_environment_that_is_killed_starts_anew(
    open_project: Open, tmp_path: Path, runtime: Written
) -> None:
    workbench = await open_remembering(open_project, tmp_path, runtime)
    await workbench.invoke()
    environment = await workbench.until_frozen()
    workbench.pool.kill(environment)
    await workbench.until_state(State.RESET)

    assert await workbench.answer() == [1, True]


async def test_an_environment_that_is_shut_down_leaves_nothing(
    open_project: Open, tmp_path: Path, runtime: Written
) -> None:
    workbench = await open_remembering(open_project, tmp_path, runtime)
    idle = await workbench.invoke()
    assert idle.environment is not None
    pid = idle.environment.pid
    workbench.pool.shut_down()
    await workbench.until(lambda: not workbench.pool.environments)

    assert pid is not None
    assert not psutil.pid_exists(pid)


async def test_many_invocations_at_a_time_each_have_an_environment(
    open_project: Open, tmp_path: Path, runtime: Written
) -> None:
    workbench = await open_remembering(open_project, tmp_path, runtime)
    invocations = [workbench.pool.invoke(b'{"sleep": 0.2}') for _ in range(3)]
    for invocation in invocations:
        await invocation.wait()

    assert [response_of(invocation)[0] for invocation in invocations] == [1, 1, 1]
    assert len(workbench.pool.environments) == 3


async def test_the_largest_event_and_response_arrive_whole(
    open_project: Open, tmp_path: Path, runtime: Written
) -> None:
    workbench = await open_remembering(open_project, tmp_path, runtime)
    text = "x" * 6_000_000

    assert await workbench.answer({"echo": text}) == text


def counts(environment: ExecutionEnvironment) -> tuple[int, int]:
    """How far the runtime and its child have come, read from outside."""
    first, second = (int(file_in(environment, name).read_text()) for name in ("ticks", "child"))
    return first, second


CLOCK = """
import time
def lambda_handler(event, context):
    time.sleep(0.1)
"""


async def let_the_clock_move_on(workbench: Workbench) -> None:
    """Lets time pass that is not ours to sleep through: another function works meanwhile."""
    await workbench.invoke(pool=workbench.engine.pools["clock"])


async def test_timers_and_children_stand_still_while_frozen_and_go_on_when_thawed(
    open_project: Open, tmp_path: Path, runtime: Written
) -> None:
    project = runtime.project(tmp_path / "function", runtime.ticks)
    clock = PYTHON.project(tmp_path / "clock", CLOCK, name="clock")
    both = replace(project, functions=(*project.functions, *clock.functions))
    workbench = await open_project(both, **runtime.settings)
    await workbench.invoke(0)
    environment = workbench.environment
    await workbench.until_stopped(environment)
    before = counts(environment)
    await let_the_clock_move_on(workbench)
    assert counts(environment) == before
    again = await workbench.invoke(max(before))

    assert again.environment is environment
    first, second = counts(environment)
    assert first > before[0]
    assert second > before[1]
