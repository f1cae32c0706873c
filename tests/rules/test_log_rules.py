"""The log in CloudWatch's text format, and where it goes: each line to the letter."""

from __future__ import annotations

import math
import re

import pytest

from lambda_tui.engine import events
from lambda_tui.project.function import LoggingConfig
from support.workbench import TIMEOUT, Open

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])

SOURCE = """
import os, time
print("importing")
def lambda_handler(event, context):
    print("serving")
    if event == "crash":
        os._exit(1)
    if event == "hang":
        time.sleep(60)
    if event == "raise":
        raise LookupError("nothing there")
    return [os.environ["AWS_LAMBDA_LOG_GROUP_NAME"], os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]]
"""

NUMBER = r"\d+\.\d\d ms"
INIT_START = (
    r"INIT_START Runtime Version: python:3\.\d+\.v\d+\t"
    r"Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}"
)


def pattern_of(request_id: str, *, init: bool, ending: str) -> str:
    """END and REPORT of an invocation."""
    init_duration = rf"Init Duration: {NUMBER}\t" if init else ""
    fields = (
        rf"REPORT RequestId: {request_id}\tDuration: {NUMBER}\tBilled Duration: \d+ ms\t"
        rf"Memory Size: 128 MB\tMax Memory Used: \d+ MB\t{init_duration}"
    )
    return rf"END RequestId: {request_id}\n{fields}{ending}"


@pytest.mark.rule("5.1.1")
@ONE_LEVEL
async def test_a_cold_and_a_warm_success_to_the_letter(open_project: Open) -> None:
    workbench = await open_project(SOURCE)

    cold = (await workbench.invoke()).request_id
    warm = (await workbench.invoke()).request_id

    patterns = [
        INIT_START,
        "importing",
        rf"START RequestId: {cold} Version: \$LATEST",
        "serving",
        pattern_of(cold, init=True, ending=""),
        rf"START RequestId: {warm} Version: \$LATEST",
        "serving",
        pattern_of(warm, init=False, ending=""),
    ]
    log = workbench.log()
    assert len(log) == len(patterns)
    for line, pattern in zip(log, patterns, strict=True):
        assert re.fullmatch(pattern, line), line


@pytest.mark.rule("5.1.2")
@ONE_LEVEL
@pytest.mark.parametrize(
    ("event", "ending"),
    [
        ("crash", "Status: error\tError Type: Runtime.ExitError"),
        ("hang", "Status: timeout"),
        ("raise", ""),
    ],
)
async def test_the_report_of_a_failure_to_the_letter(
    open_project: Open, event: str, ending: str
) -> None:
    workbench = await open_project(SOURCE, timeout=1 if event == "hang" else TIMEOUT)

    invocation = await workbench.invoke(event)

    pattern = pattern_of(invocation.request_id, init=True, ending=ending)
    assert re.fullmatch(pattern, workbench.log()[-1])
    assert [line for line in workbench.log() if line.startswith("INIT_REPORT")] == []


@pytest.mark.rule("5.2.1")
@ONE_LEVEL
async def test_billed_duration_is_the_sum_of_duration_and_init_rounded_up(
    open_project: Open,
) -> None:
    workbench = await open_project(SOURCE)

    cold = (await workbench.invoke()).report
    warm = (await workbench.invoke()).report
    await workbench.invoke("crash")
    after_reset = (await workbench.invoke()).report

    assert cold is not None
    assert cold.init_duration_ms is not None
    assert cold.billed_duration_ms == math.ceil(cold.duration_ms + cold.init_duration_ms)
    for report in (warm, after_reset):
        assert report is not None
        assert report.init_duration_ms is None
        assert report.billed_duration_ms == math.ceil(report.duration_ms)


@pytest.mark.rule("5.2.2")
@ONE_LEVEL
async def test_a_cold_timeout_bills_the_limit_and_the_init(open_project: Open) -> None:
    workbench = await open_project(SOURCE, timeout=1)

    report = (await workbench.invoke("hang")).report

    assert report is not None
    assert report.init_duration_ms is not None
    assert report.duration_ms == 1000.0
    assert report.billed_duration_ms == math.ceil(1000.0 + report.init_duration_ms)
    assert "\tDuration: 1000.00 ms\tBilled Duration: 1" in workbench.log()[-1]


@pytest.mark.rule("5.1.3")
@ONE_LEVEL
async def test_init_report_of_a_timeout_to_the_letter(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambda_tui.limits.INIT_SECONDS", 0.1)
    workbench = await open_project("import time\ntime.sleep(60)\n", timeout=1)

    await workbench.invoke()

    pattern = rf"INIT_REPORT Init Duration: {NUMBER}\tPhase: init\tStatus: timeout"
    assert re.fullmatch(pattern, workbench.log()[1])


@pytest.mark.rule("5.1.3")
@ONE_LEVEL
async def test_init_report_of_an_error_to_the_letter(open_project: Open) -> None:
    workbench = await open_project("import nothing_like_it")

    await workbench.invoke()

    reports = [line for line in workbench.log() if line.startswith("INIT_REPORT")]
    assert len(reports) == 2
    for report, phase in zip(reports, ("init", "invoke"), strict=True):
        assert re.fullmatch(
            rf"INIT_REPORT Init Duration: {NUMBER}\tPhase: {phase}\tStatus: error\t"
            r"Error Type: Runtime\.ImportModuleError",
            report,
        )


@pytest.mark.rule("5.1.5")
@ONE_LEVEL
async def test_after_a_reset_there_is_no_init_line_and_no_init_duration(
    open_project: Open,
) -> None:
    workbench = await open_project(SOURCE)
    await workbench.invoke("crash")
    before = len(workbench.log())

    invocation = await workbench.invoke()

    importing, start, serving, report = workbench.log()[before:]
    assert (importing, serving) == ("importing", "serving")
    assert start.startswith("START ")
    assert re.fullmatch(pattern_of(invocation.request_id, init=False, ending=""), report)


@pytest.mark.rule("5.3.1")
@ONE_LEVEL
@pytest.mark.parametrize(
    ("group", "expected", "name"),
    [(None, "/aws/lambda/function", ""), ("/orders/all", "/orders/all", "function")],
    ids=["its own group", "a group of one's choice"],
)
async def test_log_group_and_log_stream_have_awss_names(
    open_project: Open, group: str | None, expected: str, name: str
) -> None:
    workbench = await open_project(SOURCE, logging=LoggingConfig(group=group))

    log_group, log_stream = await workbench.answer()

    assert log_group == workbench.pool.function.log_group == expected
    assert log_stream == workbench.environment.log_stream
    pattern = rf"\d{{4}}/\d\d/\d\d/{name}\[\$LATEST\][0-9a-f]{{32}}"
    assert re.fullmatch(pattern, log_stream)


@pytest.mark.rule("5.5.2")
@ONE_LEVEL
async def test_what_is_logged_in_init_has_no_request_id(open_project: Open) -> None:
    workbench = await open_project(
        """
import logging
logging.warning("early")
def lambda_handler(event, context):
    logging.warning("late")
"""
    )

    request_id = (await workbench.invoke()).request_id

    early, late = workbench.records(events.FunctionLog)
    time = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    assert re.fullmatch(rf"\[WARNING\]\t{time}\t\tearly", early.message)
    assert re.fullmatch(rf"\[WARNING\]\t{time}\t{request_id}\tlate", late.message)
