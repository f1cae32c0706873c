"""Events in the Logs API's schemas (2020-08-15, 2021-03-18), which the Telemetry API superseded."""

from __future__ import annotations

from lambda_tui.engine.events import records
from lambda_tui.engine.events.telemetry import Json, envelope, extension_record, report_metrics

WITH_RUNTIME_DONE = "2021-03-18"
"""The schema from which on there is ``platform.runtimeDone``."""


def logs(event: records.Event, schema: str) -> list[Json]:
    """Return the event's envelopes: none if the schema lacks it, up to three for a REPORT."""
    return [envelope(event, kind, record) for kind, record in _records(event.record, schema)]


def _records(record: records.Record, schema: str) -> list[tuple[str, Json | str]]:
    match record:
        case records.FunctionLog(message=message) | records.ExtensionLog(message=message):
            return [(record.type, message)]
        case records.Start(request_id=request_id, version=version):
            return [(record.type, {"requestId": request_id, "version": version})]
        case records.RuntimeDone(request_id=request_id, status=status):
            done: Json = {"requestId": request_id, "status": status}
            return [(record.type, done)] if schema == WITH_RUNTIME_DONE else []
        case records.Report():
            return [*_fault(record), *_end(record)]
        case records.ExtensionStatus() | records.LogsSubscription() | records.LogsDropped():
            return [(record.type, extension_record(record))]
    return []


def _fault(report: records.Report) -> list[tuple[str, Json | str]]:
    if report.status in ("success", "timeout"):
        return []
    text = f"RequestId: {report.request_id} Process exited before completing request"
    return [("platform.fault", text)]


def _end(report: records.Report) -> list[tuple[str, Json | str]]:
    request: Json = {"requestId": report.request_id}
    return [
        ("platform.end", request),
        (report.type, {**request, "metrics": report_metrics(report)}),
    ]
