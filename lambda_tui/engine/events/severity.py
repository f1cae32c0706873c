"""How much an event matters, as logs that leave some of them out need to know."""

from __future__ import annotations

import re
from typing import Literal

from lambda_tui.engine.events import records

Severity = Literal["debug", "info", "warning", "error"]
SEVERITIES: tuple[Severity, ...] = ("debug", "info", "warning", "error")
"""The least one first."""

_ERROR = re.compile(
    r"\[ERROR\]|\[CRITICAL\]|^Traceback \(most recent|Task timed out|\"level\": ?\"ERROR\"|Error: "
)
_WARNING = re.compile(r"\[WARNING\]|\"level\": ?\"WARN")
_LINE_START = 500
"""Characters of a log record that are searched for its level."""
_BY_LEVEL: dict[str, Severity] = {
    "TRACE": "debug",
    "DEBUG": "debug",
    "INFO": "info",
    "WARN": "warning",
    "ERROR": "error",
    "FATAL": "error",
}
"""By AWS's name of the level."""
_BY_NOTICE: dict[str, Severity] = {
    "information": "info",
    "warning": "warning",
    "error": "error",
}


def severity(record: records.Record) -> Severity:
    """Return how much a record matters; ``debug`` for what a log need not show at all."""
    match record:
        case records.FunctionLog(level=level, message=message):
            return severity_of_text(message) if level is None else _BY_LEVEL.get(level, "info")
        case records.Notice(severity=notice):
            return _BY_NOTICE[notice]
        case records.InitReport() | records.RestoreReport() | records.Report():
            return "info" if record.status == "success" else "error"
        case records.ExtensionStatus(error_type=error_type):
            return "info" if error_type is None else "error"
        case records.ProblemFound() | records.Throttled() | records.LogsDropped():
            return "warning"
        case records.AsyncRetried():
            return "warning"
        case records.AsyncDelivered(condition=condition, target=target):
            if condition != "Success":
                return "error"
            return "debug" if target is None else "info"
        case (
            records.StateChange()
            | records.InvocationAccepted()
            | records.InitProfile()
            | records.InitRuntimeDone()
            | records.RestoreRuntimeDone()
            | records.RuntimeDone()
        ):
            return "debug"
    return "info"


def severity_of_text(message: str) -> Severity:
    """Return how much a log record matters whose text alone tells."""
    head = message[:_LINE_START]
    if _ERROR.search(head):
        return "error"
    return "warning" if _WARNING.search(head) else "info"
