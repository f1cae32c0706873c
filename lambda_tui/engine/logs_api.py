"""Events in the Logs API's schemas (2020-08-15, 2021-03-18), which the Telemetry API superseded."""

from __future__ import annotations

from lambda_tui.engine import events
from lambda_tui.engine.telemetry import Json, envelope, extension_record, report_metrics

WITH_RUNTIME_DONE = "2021-03-18"
"""The schema that has ``platform.runtimeDone``."""


def logs(event: events.Event, schema: str) -> list[Json]:
    """The event's envelopes: none for what the schema does not know, two or three for a report."""
    return [envelope(event, kind, record) for kind, record in _records(event.record, schema)]


def _records(record: events.Record, schema: str) -> list[tuple[str, Json | str]]:
    match record:
        case events.FunctionLog(message=message) | events.ExtensionLog(message=message):
            return [(record.type, message)]
        case events.Start(request_id=request_id, version=version):
            return [(record.type, {"requestId": request_id, "version": version})]
        case events.RuntimeDone(request_id=request_id, status=status):
            done: Json = {"requestId": request_id, "status": status}
            return [(record.type, done)] if schema == WITH_RUNTIME_DONE else []
        case events.Report():
            return [*_fault(record), *_end(record)]
        case events.ExtensionStatus() | events.LogsSubscription() | events.LogsDropped():
            return [(record.type, extension_record(record))]
    return []


def _fault(report: events.Report) -> list[tuple[str, Json | str]]:
    if report.status in ("success", "timeout"):
        return []
    text = f"RequestId: {report.request_id} Process exited before completing request"
    return [("platform.fault", text)]


def _end(report: events.Report) -> list[tuple[str, Json | str]]:
    request: Json = {"requestId": report.request_id}
    return [
        ("platform.end", request),
        (report.type, {**request, "metrics": report_metrics(report)}),
    ]
