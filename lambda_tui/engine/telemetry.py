"""Platform events in the Telemetry API's schema (2022-12-13), as JSON has them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lambda_tui.engine import events

Json = dict[str, Any]


def telemetry(event: events.Event) -> Json | None:
    """The event's envelope: ``time``, ``type``, ``record``; None for what AWS has no event for."""
    record = _record(event)
    if record is None:
        return None
    return {"time": timestamp(event), "type": event.record.type, "record": record}


def timestamp(event: events.Event) -> str:
    """The event's time as AWS writes it: UTC, in milliseconds."""
    moment = datetime.fromtimestamp(event.time, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _record(event: events.Event) -> Json | str | None:
    match event.record:
        case events.FunctionLog(message=message):
            return message
        case events.InitStart() as start:
            return {
                "initializationType": start.initialization_type,
                "phase": start.phase,
                "functionName": event.function,
                "functionVersion": start.version,
                "runtimeVersion": start.runtime_version,
                "runtimeVersionArn": start.runtime_version_arn,
            }
        case events.InitRuntimeDone() as done:
            kind = {"initializationType": done.initialization_type, "phase": done.phase}
            return {**kind, **_outcome(done.status, done.error_type)}
        case events.InitReport() as report:
            kind = {"initializationType": report.initialization_type, "phase": report.phase}
            metrics = {"durationMs": round(report.duration_ms, 3)}
            return {**kind, **_outcome(report.status, report.error_type), "metrics": metrics}
        case events.Start() as invocation:
            return {"requestId": invocation.request_id, "version": invocation.version}
        case events.RuntimeDone() as done:
            metrics = {
                "durationMs": round(done.duration_ms, 3),
                "producedBytes": done.produced_bytes,
            }
            outcome = _outcome(done.status, done.error_type)
            return {"requestId": done.request_id, **outcome, "metrics": metrics}
        case events.Report() as report:
            outcome = _outcome(report.status, report.error_type)
            return {"requestId": report.request_id, "metrics": _metrics(report), **outcome}
    return None


def _outcome(status: events.Status, error_type: str | None) -> Json:
    return {"status": status} if error_type is None else {"status": status, "errorType": error_type}


def _metrics(report: events.Report) -> Json:
    metrics: Json = {
        "durationMs": round(report.duration_ms, 3),
        "billedDurationMs": report.billed_duration_ms,
        "memorySizeMB": report.memory_size_mb,
        "maxMemoryUsedMB": report.max_memory_used_mb,
    }
    if report.init_duration_ms is not None:
        metrics["initDurationMs"] = round(report.init_duration_ms, 3)
    return metrics
