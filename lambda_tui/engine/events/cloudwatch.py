"""The lines of a function's log as CloudWatch shows them: START, END, REPORT and the rest.

In the text format each event has its wording here; in the JSON format levels filter them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from lambda_tui.engine.events import records
from lambda_tui.engine.events.telemetry import telemetry, timestamp
from lambda_tui.project.function import LoggingConfig

_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_PYTHON_LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}
_WELL = ("Registered", "Ready", "Running")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_TEXT = LoggingConfig()


def log_text(event: records.Event, logging: LoggingConfig = _TEXT) -> str | None:
    """Return the event's text in a function's log; None if CloudWatch does not show it."""
    record = event.record
    if logging.format == "Text":
        write = _WRITERS.get(type(record))
        return write(record) if write is not None else None
    if not isinstance(record, records.FunctionLog | records.ExtensionLog):
        return _system_line(event, logging)
    if isinstance(record, records.ExtensionLog) or not record.message.startswith("{"):
        return record.message
    if record.level is not None:
        is_shown = _passes(record.level, logging.application_level or "INFO")
        return record.message if is_shown else None
    return _application_line(event, record.message, logging)


def _application_line(event: records.Event, message: str, logging: LoggingConfig) -> str | None:
    """Return a JSON line of the function, which no runtime gave a level; None if it is below it.

    A line without a valid time counts as INFO whatever its level, and receives the time.
    """
    try:
        fields = json.loads(message)
    except (ValueError, RecursionError):
        return message
    if not isinstance(fields, dict):
        return message
    level = str(fields.get("level", "INFO")).upper()
    if not _RFC_3339.fullmatch(str(fields.get("timestamp"))):
        level = "INFO"
        message = json.dumps({**fields, "timestamp": timestamp(event.time)}, ensure_ascii=False)
    level = _PYTHON_LEVELS.get(level, level)
    return message if _passes(level, logging.application_level or "INFO") else None


def _passes(level: str, wanted: str) -> bool:
    return _LEVELS.index(level if level in _LEVELS else "INFO") >= _LEVELS.index(wanted)


def _system_line(event: records.Event, logging: LoggingConfig) -> str | None:
    envelope = telemetry(event)
    if envelope is None or not _passes(_system_level(event.record), logging.system_level):
        return None
    return json.dumps(envelope, separators=(",", ":"))


def _system_level(record: records.Record) -> str:
    """Return the level that AWS gives a platform event in the JSON format."""
    match record:
        case records.InitRuntimeDone(status=status) | records.RuntimeDone(status=status):
            return "DEBUG" if status == "success" else "WARN"
        case records.InitReport(status="success", initialization_type="on-demand"):
            return "DEBUG"
        case records.RestoreRuntimeDone(status=status):
            return "DEBUG" if status == "success" else "WARN"
        case (
            records.InitReport(status=status)
            | records.RestoreReport(status=status)
            | records.Report(status=status)
        ):
            return "INFO" if status == "success" else "WARN"
        case records.ExtensionStatus(state=state):
            return "INFO" if state in _WELL else "WARN"
        case records.LogsDropped():
            return "WARN"
    return "INFO"


def _message(log: records.FunctionLog | records.ExtensionLog) -> str:
    return log.message


def _start(start: records.Start) -> str:
    return f"START RequestId: {start.request_id} Version: {start.version}"


def _init_start(start: records.InitStart) -> str | None:
    return f"INIT_START {_runtime(start)}" if start.phase == "init" else None


def _restore_start(start: records.RestoreStart) -> str:
    return f"RESTORE_START {_runtime(start)}"


def _runtime(start: records.InitStart | records.RestoreStart) -> str:
    return (
        f"Runtime Version: {start.runtime_version}\t"
        f"Runtime Version ARN: {start.runtime_version_arn}"
    )


def _extension(status: records.ExtensionStatus) -> str:
    fields = ["EXTENSION", f"Name: {status.name}", f"State: {status.state}"]
    fields.append(f"Events: [{', '.join(status.events)}]")
    if status.error_type is not None:
        fields.append(f"Error Type: {status.error_type}")
    return "\t".join(fields)


def _telemetry_subscription(subscription: records.TelemetrySubscription) -> str:
    return _subscription("TELEMETRY", subscription.name, subscription.types)


def _logs_subscription(subscription: records.LogsSubscription) -> str:
    return _subscription("LOGS", subscription.name, subscription.types)


def _subscription(api: str, name: str, types: tuple[str, ...]) -> str:
    listed = ", ".join(one.capitalize() for one in types)
    return f"{api}\tName: {name}\tState: Subscribed\tTypes: [{listed}]"


def _init_report(report: records.InitReport) -> str | None:
    """On demand only a failed init is reported; one ahead of invocations always is."""
    is_well = report.status == "success"
    if is_well and report.initialization_type == "on-demand":
        return None
    text = f"INIT_REPORT Init Duration: {report.duration_ms:.2f} ms"
    if is_well:
        return text
    return "\t".join([text, f"Phase: {report.phase}", *_status(report.status, report.error_type)])


def _restore_report(report: records.RestoreReport) -> str:
    text = f"RESTORE_REPORT Restore Duration: {report.duration_ms:.2f} ms"
    if report.status == "success":
        return text
    return "\t".join([text, *_status(report.status, report.error_type)])


def _report(report: records.Report) -> str:
    text = (
        f"END RequestId: {report.request_id}\n"
        f"REPORT RequestId: {report.request_id}\tDuration: {report.duration_ms:.2f} ms\t"
        f"Billed Duration: {report.billed_duration_ms} ms\t"
        f"Memory Size: {report.memory_size_mb} MB\t"
        f"Max Memory Used: {report.max_memory_used_mb} MB\t"
    )
    if report.init_duration_ms is not None:
        text += f"Init Duration: {report.init_duration_ms:.2f} ms\t"
    if report.restore_duration_ms is not None:
        text += (
            f"Restore Duration: {report.restore_duration_ms:.2f} ms\t"
            f"Billed Restore Duration: {report.billed_restore_duration_ms} ms\t"
        )
    if report.status == "success":
        return text
    return text + "\t".join(_status(report.status, report.error_type))


def _status(status: records.Status, error_type: str | None) -> list[str]:
    if status == "timeout" or error_type is None:
        return [f"Status: {status}"]
    return [f"Status: {status}", f"Error Type: {error_type}"]


_WRITERS: dict[type[records.Record], Callable[[Any], str | None]] = {
    records.FunctionLog: _message,
    records.ExtensionLog: _message,
    records.InitStart: _init_start,
    records.InitReport: _init_report,
    records.RestoreStart: _restore_start,
    records.RestoreReport: _restore_report,
    records.Start: _start,
    records.Report: _report,
    records.ExtensionStatus: _extension,
    records.TelemetrySubscription: _telemetry_subscription,
    records.LogsSubscription: _logs_subscription,
}
"""For the text format, by type of record; any other record does not show."""
