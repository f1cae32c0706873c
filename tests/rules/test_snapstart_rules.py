"""SnapStart: what is logged, reported and told of a snapshot and of a restore; the hooks."""

from __future__ import annotations

import json
import math
import re

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.events import log_text, telemetry
from lambda_tui.project.function import LoggingConfig, SystemLogLevel
from support.workbench import Open, Workbench, response_of

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])

PLAIN = """
import os
def lambda_handler(event, context):
    return dict(os.environ)
"""
# AWS's package as it is installed, or what takes its place where it is not.
PACKAGES = {
    "installed": "import snapshot_restore_py; assert snapshot_restore_py.__version__ == '1.0.0'",
    "included": "import sys; sys.path[:] = [one for one in sys.path if 'site-packages' not in one]",
}
HOOKS = """
from snapshot_restore_py import register_after_restore, register_before_snapshot
CALLS = []

@register_before_snapshot
def first_before():
    CALLS.append("first before")

@register_after_restore
def first_after():
    CALLS.append("first after")

register_before_snapshot(CALLS.append, "second before")
register_after_restore(lambda first, last: CALLS.append(first + last), "second ", last="after")

def lambda_handler(event, context):
    return CALLS
"""
FAILING = """
from snapshot_restore_py import register_after_restore, register_before_snapshot

@register_{when}
def fail():
    raise LookupError("nothing there")

def lambda_handler(event, context): ...
"""

NUMBER = r"\d+\.\d\d ms"
VERSION = (
    r"Runtime Version: python:3\.\d+\.v\d+\t"
    r"Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}"
)


def assert_logged(workbench: Workbench, patterns: list[str]) -> None:
    texts = workbench.log()
    assert len(texts) == len(patterns), texts
    for text, pattern in zip(texts, patterns, strict=True):
        assert re.fullmatch(pattern, text, flags=re.DOTALL), text


@pytest.mark.rule("5.1.9")
@ONE_LEVEL
async def test_a_cold_and_a_warm_invocation_of_a_snapshot_to_the_letter(open_project: Open) -> None:
    workbench = await open_project(PLAIN, snap_start=True)

    cold = await workbench.invoke()
    warm = await workbench.invoke()

    report = (
        rf"\tDuration: {NUMBER}\tBilled Duration: \d+ ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\t"
    )
    restored = rf"Restore Duration: {NUMBER}\tBilled Restore Duration: \d+ ms\t"
    patterns = [
        f"INIT_START {VERSION}",
        f"INIT_REPORT Init Duration: {NUMBER}",
        f"RESTORE_START {VERSION}",
        f"RESTORE_REPORT Restore Duration: {NUMBER}",
        rf"START RequestId: {cold.request_id} Version: \$LATEST",
        rf"END RequestId: {cold.request_id}\nREPORT RequestId: {cold.request_id}{report}{restored}",
        rf"START RequestId: {warm.request_id} Version: \$LATEST",
        rf"END RequestId: {warm.request_id}\nREPORT RequestId: {warm.request_id}{report}",
    ]
    assert_logged(workbench, patterns)


@pytest.mark.rule("5.1.10")
@ONE_LEVEL
async def test_a_part_of_the_restore_is_billed_and_no_init(open_project: Open) -> None:
    workbench = await open_project(PLAIN, snap_start=True)

    report = (await workbench.invoke()).report
    again = (await workbench.invoke()).report

    assert report is not None
    assert report.init_duration_ms is None
    assert report.restore_duration_ms is not None
    assert report.billed_restore_duration_ms is not None
    assert report.billed_restore_duration_ms <= math.ceil(report.restore_duration_ms)
    billed = math.ceil(report.duration_ms) + report.billed_restore_duration_ms
    assert report.billed_duration_ms == billed
    assert again is not None
    assert again.restore_duration_ms is again.billed_restore_duration_ms is None


@pytest.mark.rule("1.8.4")
@ONE_LEVEL
async def test_a_snapshot_knows_no_log_stream_and_its_initialization_type(
    open_project: Open,
) -> None:
    workbench = await open_project(PLAIN, snap_start=True)

    variables = await workbench.answer()

    assert variables["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start"
    assert "AWS_LAMBDA_LOG_GROUP_NAME" not in variables
    assert "AWS_LAMBDA_LOG_STREAM_NAME" not in variables
    assert workbench.environment.log_stream


@pytest.mark.rule("1.8.3")
@pytest.mark.parametrize("package", PACKAGES)
async def test_hooks_run_before_the_snapshot_in_reverse_and_after_the_restore_in_order(
    open_project: Open, package: str
) -> None:
    workbench = await open_project(PACKAGES[package] + HOOKS, snap_start=True)

    calls = await workbench.answer()

    assert calls == ["second before", "first before", "first after", "second after"]
    workbench.pool.reinitialise()
    assert await workbench.answer() == calls, "each restore runs the hooks that come after it"


@pytest.mark.rule("1.8.3")
@ONE_LEVEL
async def test_without_snapstart_no_hook_is_run(open_project: Open) -> None:
    workbench = await open_project(HOOKS)

    assert await workbench.answer() == []


@pytest.mark.rule("6.2.8")
@ONE_LEVEL
async def test_a_hook_that_fails_before_the_snapshot_fails_the_init(open_project: Open) -> None:
    workbench = await open_project(FAILING.format(when="before_snapshot"), snap_start=True)

    answer = response_of(await workbench.invoke())

    assert answer["errorType"] == "LookupError"
    assert answer["errorMessage"] == "nothing there"
    assert_logged(
        workbench,
        [
            f"INIT_START {VERSION}",
            r"\[ERROR\] LookupError: nothing there\n.*",
            rf"INIT_REPORT Init Duration: {NUMBER}\tPhase: init\tStatus: error\t"
            r"Error Type: Runtime\.BeforeSnapshotError",
        ],
    )


@pytest.mark.rule("5.1.9", "6.2.8")
@ONE_LEVEL
async def test_a_hook_that_fails_after_the_restore_fails_the_invocation(
    open_project: Open,
) -> None:
    workbench = await open_project(FAILING.format(when="after_restore"), snap_start=True)

    invocation = await workbench.invoke()

    assert invocation.refusal is not None
    assert invocation.refusal.name == "SnapStartException"
    assert (invocation.report, invocation.function_error) == (None, None)
    assert_logged(
        workbench,
        [
            f"INIT_START {VERSION}",
            f"INIT_REPORT Init Duration: {NUMBER}",
            f"RESTORE_START {VERSION}",
            r"\[ERROR\] LookupError: nothing there\n.*",
            rf"RESTORE_REPORT Restore Duration: {NUMBER}\tStatus: error\t"
            r"Error Type: Runtime\.AfterRestoreError",
        ],
    )
    await workbench.until(lambda: not workbench.pool.environments)


@pytest.mark.rule("4.3.6")
@ONE_LEVEL
async def test_a_restore_is_told_in_three_records(open_project: Open) -> None:
    workbench = await open_project(PLAIN, snap_start=True)
    await workbench.invoke()
    envelopes = [telemetry(event) for event in workbench.events]
    told = {one["type"]: one["record"] for one in envelopes if one is not None}
    (start,) = workbench.records(events.RestoreStart)
    (report,) = workbench.records(events.RestoreReport)
    (whole,) = workbench.records(events.Report)

    assert told["platform.initStart"]["initializationType"] == "snap-start"
    assert told["platform.restoreStart"] == {
        "functionName": "function",
        "functionVersion": "$LATEST",
        "runtimeVersion": start.runtime_version,
        "runtimeVersionArn": start.runtime_version_arn,
        "instanceId": workbench.environment.log_stream,
        "instanceMaxMemory": 128 << 20,
    }
    assert told["platform.restoreRuntimeDone"] == {"status": "success"}
    duration = round(report.duration_ms, 3)
    assert told["platform.restoreReport"] == {
        "status": "success",
        "metrics": {"durationMs": duration},
    }
    metrics = told["platform.report"]["metrics"]
    assert metrics["restoreDurationMs"] == pytest.approx(duration, abs=0.002)
    assert metrics["billedRestoreDurationMs"] == whole.billed_restore_duration_ms
    assert "initDurationMs" not in metrics


@pytest.mark.rule("4.3.6")
@ONE_LEVEL
async def test_a_restore_that_fails_is_told_with_its_error(open_project: Open) -> None:
    workbench = await open_project(FAILING.format(when="after_restore"), snap_start=True)
    await workbench.invoke()

    (done,) = workbench.records(events.RestoreRuntimeDone)
    (report,) = workbench.records(events.RestoreReport)

    assert (done.status, done.error_type) == ("error", "Runtime.AfterRestoreError")
    assert (report.status, report.error_type) == ("error", "Runtime.AfterRestoreError")


RECORDS = (
    events.RestoreStart("python:3.13.v1", "arn"),
    events.RestoreRuntimeDone("success"),
    events.RestoreRuntimeDone("error", "Runtime.AfterRestoreError"),
    events.RestoreReport("success", 1.5),
    events.RestoreReport("timeout", 1.5, "Runtime.Unknown"),
)
LEVELS: dict[SystemLogLevel, list[int]] = {
    "DEBUG": [0, 1, 2, 3, 4],
    "INFO": [0, 2, 3, 4],
    "WARN": [2, 4],
}


@pytest.mark.rule("5.4.8")
@pytest.mark.parametrize("level", LEVELS)
def test_records_of_a_restore_have_awss_levels(level: SystemLogLevel) -> None:
    logging = LoggingConfig(format="JSON", system_level=level)
    texts = [log_text(events.Event(record=one, function="function"), logging) for one in RECORDS]

    shown = [number for number, text in enumerate(texts) if text is not None]

    assert shown == LEVELS[level]
    types = [json.loads(text)["type"] for text in texts if text is not None]
    assert types == [RECORDS[number].type for number in shown]
