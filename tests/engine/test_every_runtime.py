"""Freeze, thaw, crash, timeout, reset and shutdown: the same whatever runs, and beside whatever."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import psutil
import pytest

from lambda_tui.engine import events
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.runtime_api import ExtensionState
from support import is_whole_run
from support.leftovers import GOODBYE_SECONDS, still_alive
from support.runtime_kinds import (
    EXTENSION_SETUPS,
    RUNTIME_KINDS,
    SETTINGS,
    ExtensionSetup,
    RuntimeKind,
)
from support.workbench import Open, Workbench, file_in, one_function, response_of

INVOKE = ["environment.invoking", "platform.start", "platform.runtimeDone", "platform.report"]
INVOKE += ["environment.idle"]

pytestmark = pytest.mark.usefixtures("unhurried_shutdown")

OpenKind = Callable[..., Awaitable[Workbench]]
Reason = Literal["timeout", "failure"]


@pytest.fixture(params=RUNTIME_KINDS)
def kind(request: pytest.FixtureRequest) -> RuntimeKind:
    """Return each kind of runtime in turn."""
    return RUNTIME_KINDS[request.param]


# Without extensions, runtimes are what other tests of the engine are about.
@pytest.fixture(params=[one for one in EXTENSION_SETUPS if one != "alone" or is_whole_run()])
def extension_setup(request: pytest.FixtureRequest) -> ExtensionSetup:
    """Return each set of extensions in turn."""
    return EXTENSION_SETUPS[request.param]


@pytest.fixture
def open_kind(
    open_project: Open, tmp_path: Path, kind: RuntimeKind, extension_setup: ExtensionSetup
) -> OpenKind:
    """Return a function that starts the engine on the test's kind with the test's extensions."""

    async def open_kind(**configuration: object) -> Workbench:
        return await open_project(
            extension_setup.project(kind, tmp_path, **configuration), **SETTINGS
        )

    return open_kind


async def test_it_is_initialised_invoked_frozen_and_thawed(
    open_kind: OpenKind, kind: RuntimeKind, extension_setup: ExtensionSetup
) -> None:
    workbench = await open_kind()
    first = await workbench.invoke()
    await workbench.until_frozen()
    before = len(workbench.events)
    second = await workbench.invoke()
    await workbench.until_frozen()

    assert (response_of(first), first.cold_start) == ([1, False], True)
    assert (response_of(second), second.cold_start) == ([2, True], False)
    own = [one for one in workbench.types()[:before] if one != "extension"]
    assert own == [
        "invocation.accepted",
        *("environment.creating", "environment.initialising"),
        *("platform.initStart", "platform.initRuntimeDone"),
        *(["platform.extension"] * len(extension_setup.statuses)),
        *("platform.initReport", *INVOKE, "environment.frozen"),
    ]
    later = [one for one in workbench.types()[before:] if one != "extension"]
    assert later == ["invocation.accepted", *INVOKE, "environment.frozen"]
    assert tuple(workbench.records(events.ExtensionStatus)) == extension_setup.statuses
    (init,) = workbench.records(events.InitReport)
    assert first.init_duration_ms == init.duration_ms > 0
    assert second.init_duration_ms is None
    assert tuple(span.name for span in init.spans) == (*extension_setup.init_spans, *kind.spans)
    for report in workbench.records(events.Report):
        assert tuple(span.name for span in report.spans) == extension_setup.report_spans
        assert report.max_memory_used_mb <= 128
    assert second.max_memory_used_mb


ENDS = {
    "exit": ({"leave a child": 3}, "Runtime exited with error: exit status 3"),
    "kill": ({"signal": int(signal.SIGKILL)}, "Runtime exited with error: signal: killed"),
}


@pytest.mark.parametrize("end", ENDS)
async def test_a_crash_resets_the_environment_but_for_tmp(
    open_kind: OpenKind, extension_setup: ExtensionSetup, end: str
) -> None:
    event, text = ENDS[end]
    workbench = await open_kind()
    crashed = await workbench.invoke(event)
    await workbench.until_state(State.RESET)

    assert response_of(crashed) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {crashed.request_id} Error: {text}",
    }
    assert_reset(workbench, extension_setup, State.INVOKING, "failure")
    second = await workbench.invoke()
    assert second.environment_id == crashed.environment_id
    assert response_of(second) == [1, True]
    assert (second.cold_start, second.init_duration_ms) == (True, None)
    assert workbench.records(events.InitReport)[1].phase == "invoke"
    assert tuple(workbench.records(events.ExtensionStatus)) == extension_setup.statuses * 2


async def test_a_timeout_ends_the_invocation_and_resets_the_environment(
    open_kind: OpenKind, extension_setup: ExtensionSetup
) -> None:
    workbench = await open_kind(timeout=1)
    invocation = await workbench.invoke({"spin": True})
    await workbench.until_state(State.RESET)

    message = f"RequestId: {invocation.request_id} Error: Task timed out after 1.00 seconds"
    assert response_of(invocation) == {"errorType": "Sandbox.Timedout", "errorMessage": message}
    assert invocation.status == "timeout"
    assert invocation.report is not None
    assert invocation.report.duration_ms == 1000.0
    assert_reset(workbench, extension_setup, State.INVOKING, "timeout")
    workbench.lift_the_timeout()
    assert await workbench.answer() == [1, True]


async def test_it_is_killed_while_frozen_and_starts_anew(
    open_kind: OpenKind, extension_setup: ExtensionSetup
) -> None:
    workbench = await open_kind()
    await workbench.invoke()
    environment = await workbench.until_frozen()
    environment.kill()
    await workbench.until_state(State.RESET)

    assert_reset(workbench, extension_setup, State.FROZEN, "failure")
    assert await workbench.answer() == [1, True]


def assert_reset(
    workbench: Workbench, extension_setup: ExtensionSetup, before: State, reason: Reason
) -> None:
    """Everything that ran has ended, by the states and with the reason for its extensions."""
    states = [change.state for change in workbench.records(events.StateChange)]
    assert tuple(states[states.index(before) + 1 :]) == extension_setup.reset
    assert extension_setup.shutdown_reasons(workbench) == [reason] * len(extension_setup.external)
    assert workbench.reasons(State.RESET) == [reason]
    assert psutil.Process(workbench.environment.pid).children(recursive=True) == []


async def test_a_handler_that_fails_is_a_success_of_its_runtime(open_kind: OpenKind) -> None:
    workbench = await open_kind()
    failed = await workbench.invoke({"fail": "so it goes"})

    assert response_of(failed)["errorMessage"] == "so it goes"
    assert (failed.status, failed.function_error) == ("error", "Unhandled")
    (done,), (report,) = workbench.records(events.RuntimeDone), workbench.records(events.Report)
    assert (done.status, report.status) == ("success", "success")
    (record,) = workbench.records(events.FunctionLog)
    assert "so it goes" in record.message
    assert record.request_id == failed.request_id
    assert await workbench.answer() == [2, True]


async def test_it_is_shut_down_and_leaves_nothing(
    open_kind: OpenKind, extension_setup: ExtensionSetup
) -> None:
    workbench = await open_kind()
    await workbench.invoke()
    frozen = await workbench.until_frozen()
    below = psutil.Process(frozen.pid).children(recursive=True)
    extensions = list(frozen.extensions)
    workbench.pool.shut_down()
    await workbench.until(lambda: not workbench.pool.environments)

    assert below
    assert await asyncio.to_thread(still_alive, below, GOODBYE_SECONDS) == []
    assert extension_setup.shutdown_reasons(workbench) == ["spindown"] * len(
        extension_setup.external
    )
    states = [one.state for one in extensions if one.kind == "external"]
    assert states == [ExtensionState.EXITED] * len(extension_setup.external)


CLOCK = """
import time
def lambda_handler(event, context):
    time.sleep(0.1)
"""


async def test_timers_and_children_stand_still_while_frozen_and_go_on_when_thawed(
    open_project: Open, tmp_path: Path, kind: RuntimeKind, extension_setup: ExtensionSetup
) -> None:
    # Time passes that is not ours to sleep through: another function works meanwhile.
    (tmp_path / "clock").mkdir()
    (tmp_path / "clock" / "lambda_function.py").write_text(CLOCK)
    clock = one_function(tmp_path / "clock", name="clock")
    project = extension_setup.project(kind, tmp_path)
    both = replace(project, functions=(*project.functions, *clock.functions))
    workbench = await open_project(both, **SETTINGS)
    await workbench.invoke({"count beyond": 0})
    counting = workbench.environment
    await workbench.until_stopped(counting)
    before = counts(counting)
    await workbench.invoke(pool=workbench.engine.pools["clock"])
    assert counts(counting) == before
    again = await workbench.invoke({"count beyond": max(before)})

    assert again.environment_id == counting.id
    ticks, child = counts(counting)
    assert ticks > before[0]
    assert child > before[1]


def counts(counting: ExecutionEnvironment) -> tuple[int, int]:
    """How far the runtime and its child have come, read from outside."""
    ticks, child = (int(file_in(counting, name).read_text()) for name in ("ticks", "child"))
    return ticks, child
