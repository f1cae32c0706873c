"""Events in the schemas of the Telemetry API and of the Logs API, and as log lines."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from lambda_tui.engine import events
from lambda_tui.engine.events import log_text, logs, telemetry
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import LoggingConfig

SAMPLED = "Root=1-62e900b2-710d76f009d6e7785905449a;Parent=0efbd19962d95b05;Sampled=1"
TRACING = {"type": "X-Amzn-Trace-Id", "value": SAMPLED}
REPORT = events.Report("id", "success", 12.3456, 13, 128, 40, init_duration_ms=100.5)
METRICS = {
    "durationMs": 12.346,
    "billedDurationMs": 13,
    "memorySizeMB": 128,
    "maxMemoryUsedMB": 40,
    "initDurationMs": 100.5,
}
STATUS = events.ExtensionStatus("recorder", "Ready", ("INVOKE", "SHUTDOWN"))
DROPPED = events.LogsDropped("too slow", 3, 400)


def event(record: events.Record) -> events.Event:
    return events.Event(record=record, function="hello", environment="abc", time=10.0)


def envelope(record: events.Record, *, has_json_lines: bool = False) -> Any:
    written = telemetry(event(record), has_json_lines=has_json_lines)
    return json.loads(msgspec.json.encode(written))


def record_of(record: events.Record) -> Any:
    return envelope(record)["record"]


def logs_records(record: events.Record, schema: str = "2020-08-15") -> list[tuple[str, Any]]:
    return [(one["type"], one["record"]) for one in logs(event(record), schema)]


@pytest.mark.rule("4.3.1")
def test_an_init_names_its_instance_and_its_memory() -> None:
    start = events.InitStart(
        "python:3.13.v7", "arn", instance_id="a/b", instance_max_memory=1 << 27
    )

    assert envelope(start) == {
        "time": "1970-01-01T00:00:10.000Z",
        "type": "platform.initStart",
        "record": {
            "initializationType": "on-demand",
            "phase": "init",
            "functionName": "hello",
            "functionVersion": "$LATEST",
            "runtimeVersion": "python:3.13.v7",
            "runtimeVersionArn": "arn",
            "instanceId": "a/b",
            "instanceMaxMemory": 134217728,
        },
    }


@pytest.mark.rule("4.3.2")
def test_spans_follow_one_another_up_to_their_event() -> None:
    spans = (events.Span("responseLatency", 1500.0), events.Span("responseDuration", 500.0))
    done = events.RuntimeDone("id", "success", 2000.0, 16, spans=spans)

    assert record_of(done) == {
        "requestId": "id",
        "status": "success",
        "metrics": {"durationMs": 2000.0, "producedBytes": 16},
        "spans": [
            {"name": "responseLatency", "start": "1970-01-01T00:00:08.000Z", "durationMs": 1500.0},
            {"name": "responseDuration", "start": "1970-01-01T00:00:09.500Z", "durationMs": 500.0},
        ],
    }


@pytest.mark.rule("4.3.1")
def test_a_report_has_its_metrics_its_outcome_and_the_extensions_overhead() -> None:
    failed = events.Report(
        "id",
        "error",
        12.3456,
        13,
        128,
        40,
        error_type="Runtime.ExitError",
        spans=(events.Span("extensionOverhead", 1000.0),),
    )

    assert record_of(REPORT) == {"requestId": "id", "metrics": METRICS, "status": "success"}
    assert record_of(failed)["errorType"] == "Runtime.ExitError"
    assert record_of(failed)["spans"] == [
        {"name": "extensionOverhead", "start": "1970-01-01T00:00:09.000Z", "durationMs": 1000.0}
    ]


@pytest.mark.rule("4.3.3")
@pytest.mark.parametrize(
    "record",
    [
        events.Start("id", trace_id=SAMPLED),
        events.RuntimeDone("id", "success", 1.0, trace_id=SAMPLED),
        events.Report("id", "success", 1.0, 1, 128, 40, trace_id=SAMPLED),
    ],
)
def test_only_a_sampled_trace_shows(record: events.Start) -> None:
    unsampled = replace(record, trace_id=SAMPLED.replace("Sampled=1", "Sampled=0"))

    assert record_of(record)["tracing"] == TRACING
    assert "tracing" not in record_of(unsampled)


@pytest.mark.rule("4.3.1")
@pytest.mark.parametrize(
    ("record", "written"),
    [
        (STATUS, {"name": "recorder", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]}),
        (
            events.ExtensionStatus("late", "InitError", (), "Extension.NoSuchKey"),
            {
                "name": "late",
                "state": "InitError",
                "events": [],
                "errorType": "Extension.NoSuchKey",
            },
        ),
        (
            events.TelemetrySubscription("recorder", ("platform", "function")),
            {"name": "recorder", "state": "Subscribed", "types": ["platform", "function"]},
        ),
        (DROPPED, {"droppedRecords": 3, "droppedBytes": 400, "reason": "too slow"}),
        (events.ExtensionLog("hi"), "hi"),
    ],
)
def test_what_concerns_extensions_has_awss_fields(record: events.Record, written: object) -> None:
    assert envelope(record) == {
        "time": "1970-01-01T00:00:10.000Z",
        "type": record.type,
        "record": written,
    }


@pytest.mark.rule("4.3.1")
def test_what_aws_has_no_word_for_is_no_telemetry() -> None:
    assert telemetry(event(events.StateChange(State.FROZEN))) is None
    assert logs(event(events.StateChange(State.FROZEN)), "2021-03-18") == []


@pytest.mark.rule("4.3.4")
@pytest.mark.parametrize("line", [events.FunctionLog, events.ExtensionLog])
def test_a_json_line_is_an_object_where_json_is_the_log_format(line: type[Any]) -> None:
    text = '{"level": "INFO",\r"n": 12345678901234567890123}'

    assert envelope(line(text))["record"] == text
    assert envelope(line(text), has_json_lines=True)["record"] == json.loads(text)
    raw = msgspec.json.encode(telemetry(event(line(text)), has_json_lines=True))
    assert b"\r" not in raw
    assert b"\n" not in raw


@pytest.mark.rule("4.3.4")
@pytest.mark.parametrize(
    "text", ["plain", "[1]", '"text"', "{", '{"a":1,}', '{"a":NaN}', '{"a":' + "[" * 100_000, "{}x"]
)
def test_any_other_line_stays_a_string(text: str) -> None:
    assert envelope(events.FunctionLog(text), has_json_lines=True)["record"] == text


@pytest.mark.rule("4.4.1")
def test_the_logs_api_ends_an_invocation_before_it_reports_it() -> None:
    assert logs_records(events.Start("id", trace_id=SAMPLED)) == [
        ("platform.start", {"requestId": "id", "version": "$LATEST"})
    ]
    assert logs_records(REPORT) == [
        ("platform.end", {"requestId": "id"}),
        ("platform.report", {"requestId": "id", "metrics": METRICS}),
    ]


@pytest.mark.rule("4.4.1")
def test_the_logs_api_has_a_fault_for_a_process_that_has_gone() -> None:
    lost = events.Report("id", "error", 1.0, 1, 128, 40, error_type="Runtime.ExitError")
    late = events.Report("id", "timeout", 3000.0, 3000, 128, 40)

    assert logs_records(lost)[0] == (
        "platform.fault",
        "RequestId: id Process exited before completing request",
    )
    assert [kind for kind, _ in logs_records(lost)[1:]] == ["platform.end", "platform.report"]
    assert [kind for kind, _ in logs_records(late)] == ["platform.end", "platform.report"]


@pytest.mark.rule("4.4.2")
def test_the_logs_api_tells_of_the_runtime_in_its_later_schema_only() -> None:
    done = events.RuntimeDone("id", "timeout", 1.0)

    assert logs_records(done, "2020-08-15") == []
    assert logs_records(done, "2021-03-18") == [
        ("platform.runtimeDone", {"requestId": "id", "status": "timeout"})
    ]


@pytest.mark.rule("4.4.1")
@pytest.mark.parametrize(
    "record", [STATUS, DROPPED, events.LogsSubscription("recorder", ("function",))]
)
def test_the_logs_api_shares_the_records_of_extensions(record: events.Record) -> None:
    assert logs_records(record) == [(record.type, record_of(record))]


@pytest.mark.rule("4.4.1")
@pytest.mark.parametrize(
    "record",
    [
        events.InitStart("python:3.13.v7", "arn"),
        events.InitRuntimeDone("success"),
        events.InitReport("success", 1.0),
        events.TelemetrySubscription("recorder", ("function",)),
    ],
)
def test_the_logs_api_knows_no_init(record: events.Record) -> None:
    assert logs_records(record, "2021-03-18") == []


@pytest.mark.rule("4.4.1")
def test_lines_are_strings_in_the_logs_api() -> None:
    assert logs_records(events.FunctionLog('{"a": 1}')) == [("function", '{"a": 1}')]
    assert logs_records(events.ExtensionLog("hi")) == [("extension", "hi")]


@pytest.mark.rule("5.1.8")
@pytest.mark.parametrize(
    ("record", "text"),
    [
        (STATUS, "EXTENSION\tName: recorder\tState: Ready\tEvents: [INVOKE, SHUTDOWN]"),
        (
            events.ExtensionStatus("late", "LaunchError", (), "PermissionDenied"),
            "EXTENSION\tName: late\tState: LaunchError\tEvents: []\tError Type: PermissionDenied",
        ),
        (
            events.TelemetrySubscription("recorder", ("platform", "function", "extension")),
            "TELEMETRY\tName: recorder\tState: Subscribed\tTypes: [Platform, Function, Extension]",
        ),
        (
            events.LogsSubscription("recorder", ("platform",)),
            "LOGS\tName: recorder\tState: Subscribed\tTypes: [Platform]",
        ),
        (DROPPED, None),
        (events.ExtensionLog("hi"), "hi"),
    ],
)
def test_a_text_log_tells_of_extensions_as_aws_does(
    record: events.Record, text: str | None
) -> None:
    assert log_text(event(record)) == text


@pytest.mark.rule("5.4.7")
@pytest.mark.parametrize(
    ("record", "level"),
    [
        (STATUS, "INFO"),
        (events.ExtensionStatus("late", "InitError", (), "Extension.NoSuchKey"), "WARN"),
        (events.ExtensionStatus("silent", "Started"), "WARN"),
        (events.TelemetrySubscription("recorder", ("platform",)), "INFO"),
        (events.LogsSubscription("recorder", ("platform",)), "INFO"),
        (DROPPED, "WARN"),
    ],
)
def test_a_json_log_tells_of_extensions_at_awss_levels(record: events.Record, level: str) -> None:
    shown = {
        name: log_text(event(record), LoggingConfig(format="JSON", system_level=name))
        for name in ("INFO", "WARN")
    }

    assert json.loads(shown["INFO"] or "") == envelope(record)
    assert (shown["WARN"] is not None) == (level == "WARN")


@pytest.mark.rule("5.4.5")
def test_a_line_that_is_nested_without_end_is_a_line() -> None:
    text = '{"a":' + "[" * 100_000

    assert log_text(event(events.FunctionLog(text)), LoggingConfig(format="JSON")) == text
