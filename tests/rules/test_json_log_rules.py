"""``LoggingConfig`` with the JSON format: the platform's envelopes, and what passes which level."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.events import log_text
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import ApplicationLogLevel, LoggingConfig, SystemLogLevel
from support.workbench import Open, Workbench

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])

TIMESTAMP = "2026-01-02T03:04:05Z"
ENVELOPE_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def lines(workbench: Workbench, logging: LoggingConfig) -> list[str]:
    """Return the log in a format, each event once."""
    texts = (log_text(event, logging) for event in workbench.events)
    return [text for text in texts if text is not None]


def json_config(
    application: ApplicationLogLevel | None = None, system: SystemLogLevel = "INFO"
) -> LoggingConfig:
    return LoggingConfig(format="JSON", application_level=application, system_level=system)


ENDS = """
import os
{top_level}
def lambda_handler(event, context):
    if event == "crash":
        os._exit(1)
    if event == "raise":
        raise LookupError("nothing there")
    return "done"
"""

SCENARIOS: dict[str, tuple[str, object, int]] = {
    "success": ("", None, 0),
    "handler raises": ("", "raise", 0),
    "crash": ("", "crash", 0),
    "failed init": ("1 / 0", None, 0),
    "provisioned": ("", None, 1),
}
INIT_FAILS = ["initRuntimeDone", "initReport"]
SHOWN: dict[str, dict[SystemLogLevel, list[str]]] = {
    "success": {
        "WARN": [],
        "INFO": ["initStart", "start", "report"],
        "DEBUG": ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"],
    },
    "handler raises": {
        "WARN": [],
        "INFO": ["initStart", "start", "report"],
        "DEBUG": ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"],
    },
    "crash": {
        "WARN": ["runtimeDone", "report"],
        "INFO": ["initStart", "start", "runtimeDone", "report"],
        "DEBUG": ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"],
    },
    "failed init": {
        "WARN": [*INIT_FAILS, *INIT_FAILS, "runtimeDone", "report"],
        "INFO": [
            *("initStart", *INIT_FAILS),
            *("initStart", *INIT_FAILS),
            *("start", "runtimeDone", "report"),
        ],
        "DEBUG": [
            *("initStart", *INIT_FAILS),
            *("initStart", *INIT_FAILS),
            *("start", "runtimeDone", "report"),
        ],
    },
    "provisioned": {
        "WARN": [],
        "INFO": ["initStart", "initReport", "start", "report"],
        "DEBUG": ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report"],
    },
}


async def play(open_project: Open, scenario: str) -> Workbench:
    top_level, event, provisioned = SCENARIOS[scenario]
    workbench = await open_project(
        ENDS.format(top_level=top_level),
        provisioned_concurrency=provisioned,
        logging=json_config(),
    )
    if provisioned:
        await workbench.until_state(State.FROZEN)
    await workbench.invoke(event)
    return workbench


@pytest.mark.rule("5.4.2")
@ONE_LEVEL
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_system_log_level_lets_pass_what_awss_table_says(
    open_project: Open, scenario: str
) -> None:
    workbench = await play(open_project, scenario)

    for system_level in get_args(SystemLogLevel):
        shown = [json.loads(line) for line in lines(workbench, json_config(system=system_level))]
        types = [line["type"] for line in shown if "type" in line]
        expected = [f"platform.{name}" for name in SHOWN[scenario][system_level]]
        assert types == expected, system_level


@pytest.mark.rule("5.4.1")
@ONE_LEVEL
async def test_a_system_line_is_the_telemetry_envelope(open_project: Open) -> None:
    workbench = await play(open_project, "success")
    (invocation,) = workbench.pool.invocations
    report = invocation.report
    assert report is not None

    shown = [json.loads(line) for line in lines(workbench, json_config(system="DEBUG"))]

    for line in shown:
        assert list(line) == ["time", "type", "record"]
        assert re.fullmatch(ENVELOPE_TIME, line["time"])
    records: dict[str, Any] = {line["type"]: line["record"] for line in shown}
    init = {"initializationType": "on-demand", "phase": "init"}
    start = records["platform.initStart"]
    assert {key: start[key] for key in ("initializationType", "phase")} == init
    assert (start["functionName"], start["functionVersion"]) == ("function", "$LATEST")
    assert re.fullmatch(r"python:3\.\d+\.v\d+", start["runtimeVersion"])
    assert records["platform.initRuntimeDone"].items() >= {**init, "status": "success"}.items()
    init_report = records["platform.initReport"]
    assert init_report.items() >= {**init, "status": "success"}.items()
    assert init_report["metrics"]["durationMs"] == pytest.approx(report.init_duration_ms, abs=0.001)
    assert records["platform.start"] == {
        "requestId": invocation.request_id,
        "version": "$LATEST",
    }
    done = records["platform.runtimeDone"]
    assert (done["requestId"], done["status"]) == (invocation.request_id, "success")
    assert done["metrics"]["producedBytes"] == len('"done"')
    assert records["platform.report"] == {
        "requestId": invocation.request_id,
        "metrics": {
            "durationMs": round(report.duration_ms, 3),
            "billedDurationMs": report.billed_duration_ms,
            "memorySizeMB": 128,
            "maxMemoryUsedMB": report.max_memory_used_mb,
            "initDurationMs": round(report.init_duration_ms or 0, 3),
        },
        "status": "success",
    }


@pytest.mark.rule("1.6.6")
@ONE_LEVEL
async def test_a_failure_has_its_error_type_in_the_envelope(open_project: Open) -> None:
    workbench = await play(open_project, "crash")

    shown = [json.loads(line) for line in lines(workbench, json_config(system="WARN"))]

    assert [(line["record"]["status"], line["record"]["errorType"]) for line in shown] == [
        ("error", "Runtime.ExitError")
    ] * 2


@pytest.mark.rule("5.4.1")
@ONE_LEVEL
async def test_no_text_line_of_the_platform_is_left_in_the_json_format(
    open_project: Open,
) -> None:
    workbench = await play(open_project, "failed init")

    for line in lines(workbench, json_config()):
        assert line.startswith("{")


PRINTS = """
def lambda_handler(event, context):
    print(event)
"""


def entry(level: str | None, timestamp: str | None = TIMESTAMP) -> str:
    fields = {"timestamp": timestamp, "level": level, "message": "told"}
    return json.dumps({key: value for key, value in fields.items() if value is not None})


APPLICATION_LINES: dict[str, tuple[str, ApplicationLogLevel]] = {
    "trace": (entry("TRACE"), "TRACE"),
    "debug": (entry("DEBUG"), "DEBUG"),
    "info": (entry("INFO"), "INFO"),
    "warn": (entry("WARN"), "WARN"),
    "error": (entry("ERROR"), "ERROR"),
    "fatal": (entry("FATAL"), "FATAL"),
    "Python's warning": (entry("WARNING"), "WARN"),
    "Python's critical": (entry("CRITICAL"), "FATAL"),
    "no level": (entry(None), "INFO"),
    "a level that is none": (entry("LOUD"), "INFO"),
    "no timestamp": (entry("ERROR", None), "INFO"),
    "a timestamp that is none": (entry("ERROR", "yesterday"), "INFO"),
}
"""Each with the level that it counts as."""


@pytest.mark.rule("5.4.3")
@ONE_LEVEL
async def test_application_lines_pass_by_their_level(open_project: Open) -> None:
    levels = get_args(ApplicationLogLevel)
    workbench = await open_project(PRINTS, logging=json_config())

    for name, (line, counts_as) in APPLICATION_LINES.items():
        await workbench.invoke(line)
        event = [one for one in workbench.events if isinstance(one.record, events.FunctionLog)][-1]
        shown_at = [level for level in levels if log_text(event, json_config(level))]
        assert shown_at == list(levels[: levels.index(counts_as) + 1]), name


@pytest.mark.rule("5.4.5")
@ONE_LEVEL
@pytest.mark.parametrize("line", ["plain words", "{half", "[1, 2"])
async def test_what_is_no_json_passes_as_it_is(open_project: Open, line: str) -> None:
    workbench = await open_project(PRINTS, logging=json_config())

    await workbench.invoke(line)

    assert lines(workbench, json_config("FATAL", "WARN")) == [line]


@pytest.mark.rule("5.4.4")
@ONE_LEVEL
@pytest.mark.parametrize("timestamp", [None, "yesterday"])
async def test_a_line_without_a_good_timestamp_gets_one(
    open_project: Open, timestamp: str | None
) -> None:
    workbench = await open_project(PRINTS, logging=json_config())

    await workbench.invoke(entry("INFO", timestamp))

    (line,) = lines(workbench, json_config(system="WARN"))
    shown = json.loads(line)
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", shown["timestamp"])
    assert (shown["level"], shown["message"]) == ("INFO", "told")
