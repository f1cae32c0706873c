"""Events, responses, errors, logs and context: the same whatever runs a function."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.engine import events
from support.runtime_kinds import RUNTIME_KINDS, SETTINGS, RuntimeKind
from support.workbench import Open, Workbench, response_of

OpenKind = Callable[..., Awaitable[Workbench]]


@pytest.fixture(params=RUNTIME_KINDS)
def kind(request: pytest.FixtureRequest) -> RuntimeKind:
    """Each kind of runtime in turn."""
    return RUNTIME_KINDS[request.param]


@pytest.fixture
def open_kind(open_project: Open, tmp_path: Path, kind: RuntimeKind) -> OpenKind:
    """Return a function that starts the engine on the function of the test's kind."""

    async def open_kind(name: str = "function", **configuration: Any) -> Workbench:
        project = kind.project(tmp_path / "function", name, **configuration)
        return await open_project(project, **SETTINGS)

    return open_kind


async def test_each_end_of_a_runtime_has_its_words(open_kind: OpenKind) -> None:
    ends = {
        "Runtime exited without providing a reason": {"exit": 0},
        "Runtime exited with error: exit status 4": {"exit": 4},
        "Runtime exited with error: signal: terminated": {"signal": int(signal.SIGTERM)},
    }
    workbench = await open_kind()
    for text, event in ends.items():
        ended = await workbench.invoke(event)
        message = f"RequestId: {ended.request_id} Error: {text}"
        assert response_of(ended) == {"errorType": "Runtime.ExitError", "errorMessage": message}


async def test_an_error_at_init_is_the_payload_and_init_is_tried_again(
    open_kind: OpenKind,
) -> None:
    workbench = await open_kind("broken")
    invocation = await workbench.invoke()

    payload = response_of(invocation)
    assert payload["errorType"] == "Runtime.ImportModuleError"
    assert "nothing_of_this_name" in payload["errorMessage"]
    phases = [(one.phase, one.status) for one in workbench.records(events.InitReport)]
    assert phases == [("init", "error"), ("invoke", "error")]
    (report,) = workbench.records(events.Report)
    assert report.error_type == "Runtime.ImportModuleError"


async def test_what_it_logs_stands_between_start_and_end(open_kind: OpenKind) -> None:
    workbench = await open_kind()
    for number in range(3):
        await workbench.invoke({"say": f"line {number}"})

    served = ("platform.start", "function", "platform.runtimeDone")
    types = [one for one in workbench.types() if one in served]
    assert types == ["platform.start", "function", "function", "platform.runtimeDone"] * 3
    messages = [record.message.strip() for record in workbench.records(events.FunctionLog)]
    for number in range(3):
        first, second = messages[2 * number : 2 * number + 2]
        assert first == f"line {number}"
        assert second.endswith(f"line {number}")
    ids = [done.request_id for done in workbench.records(events.RuntimeDone)]
    told = [record.request_id for record in workbench.records(events.FunctionLog)]
    assert told == [one for one in ids for _ in range(2)]


async def test_the_largest_event_and_response_arrive_whole(open_kind: OpenKind) -> None:
    workbench = await open_kind()
    text = "x" * 6_000_000

    assert await workbench.answer({"echo": text}) == text


@pytest.mark.rule("2.3.2")
async def test_a_response_of_six_megabytes_is_taken_and_a_larger_one_is_not(
    open_kind: OpenKind, kind: RuntimeKind
) -> None:
    workbench = await open_kind(memory_size=512)
    large = await workbench.invoke({"repeat": 6 * 1024 * 1024})
    assert large.response == b'"' + b"x" * 6 * 1024 * 1024 + b'"'
    too_large = await workbench.invoke({"repeat": 6 * 1024 * 1024 + 100})
    assert response_of(too_large)["errorType"] == "Function.ResponseSizeTooLarge"
    again = await workbench.invoke({"repeat": 1})
    assert response_of(again) == "x"
    assert again.cold_start == kind.is_ended_by_a_refusal


async def test_many_invocations_at_a_time_each_have_an_environment(open_kind: OpenKind) -> None:
    workbench = await open_kind()
    invocations = [workbench.pool.invoke(b'{"sleep": 0.2}') for _ in range(3)]
    for invocation in invocations:
        await invocation.wait()

    assert [response_of(invocation)[0] for invocation in invocations] == [1, 1, 1]
    assert len(workbench.pool.environments) == 3


@pytest.mark.rule("2.2.1")
async def test_the_trace_and_the_deadline_are_those_of_the_invocation(
    open_kind: OpenKind,
) -> None:
    workbench = await open_kind(timeout=30)
    for _ in range(2):
        invocation = await workbench.invoke({"tell": True})
        request_id, trace, arn, remaining = response_of(invocation)
        assert (request_id, trace) == (invocation.request_id, invocation.trace_id)
        assert 0 < remaining <= 30_000
        assert arn == workbench.pool.function.arn
