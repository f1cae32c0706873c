"""Events as CloudWatch shows them: in the text format, or in the JSON format with its levels."""

from __future__ import annotations

import json
import re

from lambda_tui.engine import events
from lambda_tui.engine.telemetry import telemetry, timestamp
from lambda_tui.project.function import LoggingConfig

_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_PYTHON_LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}
_WELL = ("Registered", "Ready", "Running")
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_TEXT = LoggingConfig()


def log_text(event: events.Event, logging: LoggingConfig = _TEXT) -> str | None:
    """The event's text in a function's log; None for what CloudWatch does not show."""
    if isinstance(event.record, events.ExtensionLog):
        return event.record.message
    if isinstance(event.record, events.FunctionLog):
        if logging.format == "Text" or not event.record.message.startswith("{"):
            return event.record.message
        return _application_line(event, event.record.message, logging)
    if logging.format == "JSON":
        return _system_line(event, logging)
    return _platform_text(event.record)


def _application_line(event: events.Event, message: str, logging: LoggingConfig) -> str | None:
    """A JSON line of the function's; one below the level is left out.

    One without a good time counts as INFO whatever it says, and is given the time.
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
        message = json.dumps({**fields, "timestamp": timestamp(event)}, ensure_ascii=False)
    level = _PYTHON_LEVELS.get(level, level)
    return message if _passes(level, logging.application_level or "INFO") else None


def _passes(level: str, wanted: str) -> bool:
    return _LEVELS.index(level if level in _LEVELS else "INFO") >= _LEVELS.index(wanted)


def _system_line(event: events.Event, logging: LoggingConfig) -> str | None:
    envelope = telemetry(event)
    if envelope is None or not _passes(_system_level(event.record), logging.system_level):
        return None
    return json.dumps(envelope, separators=(",", ":"))


def _system_level(record: events.Record) -> str:
    """The level that AWS gives a platform event in the JSON format."""
    match record:
        case events.InitRuntimeDone(status=status) | events.RuntimeDone(status=status):
            return "DEBUG" if status == "success" else "WARN"
        case events.InitReport(status="success", initialization_type="on-demand"):
            return "DEBUG"
        case events.RestoreRuntimeDone(status=status):
            return "DEBUG" if status == "success" else "WARN"
        case (
            events.InitReport(status=status)
            | events.RestoreReport(status=status)
            | events.Report(status=status)
        ):
            return "INFO" if status == "success" else "WARN"
        case events.ExtensionStatus(state=state):
            return "INFO" if state in _WELL else "WARN"
        case events.LogsDropped():
            return "WARN"
    return "INFO"


def _platform_text(record: events.Record) -> str | None:
    # Most common first.
    match record:
        case events.Start():
            return f"START RequestId: {record.request_id} Version: {record.version}"
        case events.RuntimeDone():
            return None
        case events.Report():
            return f"END RequestId: {record.request_id}\n{_report(record)}"
        case events.InitStart(phase="init"):
            return (
                f"INIT_START Runtime Version: {record.runtime_version}\t"
                f"Runtime Version ARN: {record.runtime_version_arn}"
            )
        case events.InitReport() if _shows(record):
            return _init_report(record)
        case events.RestoreStart():
            return (
                f"RESTORE_START Runtime Version: {record.runtime_version}\t"
                f"Runtime Version ARN: {record.runtime_version_arn}"
            )
        case events.RestoreReport():
            return _restore_report(record)
        case events.ExtensionStatus():
            return _extension(record)
        case events.TelemetrySubscription(name=name, types=types):
            return _subscription("TELEMETRY", name, types)
        case events.LogsSubscription(name=name, types=types):
            return _subscription("LOGS", name, types)
    return None


def _extension(status: events.ExtensionStatus) -> str:
    fields = ["EXTENSION", f"Name: {status.name}", f"State: {status.state}"]
    fields.append(f"Events: [{','.join(status.events)}]")
    if status.error_type is not None:
        fields.append(f"Error Type: {status.error_type}")
    return "\t".join(fields)


def _subscription(api: str, name: str, types: tuple[str, ...]) -> str:
    listed = ", ".join(one.capitalize() for one in types)
    return f"{api}\tName: {name}\tState: Subscribed\tTypes: [{listed}]"


def _shows(report: events.InitReport) -> bool:
    """On demand only a failed init is reported; one ahead of invocations always is."""
    return report.status != "success" or report.initialization_type != "on-demand"


def _init_report(report: events.InitReport) -> str:
    text = f"INIT_REPORT Init Duration: {report.duration_ms:.2f} ms"
    if report.status == "success":
        return text
    return "\t".join([text, f"Phase: {report.phase}", *_status(report.status, report.error_type)])


def _restore_report(report: events.RestoreReport) -> str:
    text = f"RESTORE_REPORT Restore Duration: {report.duration_ms:.2f} ms"
    if report.status == "success":
        return text
    return "\t".join([text, *_status(report.status, report.error_type)])


def _report(report: events.Report) -> str:
    text = (
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


def _status(status: events.Status, error_type: str | None) -> list[str]:
    if status == "timeout" or error_type is None:
        return [f"Status: {status}"]
    return [f"Status: {status}", f"Error Type: {error_type}"]
