"""Events in the Telemetry API's schema (2022-12-13), as JSON objects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from lambda_tui.engine.events import records

Json = dict[str, Any]

_UNBUILT = msgspec.json.Decoder(msgspec.Raw)


def telemetry(event: records.Event, *, has_json_lines: bool = False) -> Json | None:
    """Return the event's ``time``, ``type`` and ``record``; None where AWS has no such event.

    With ``has_json_lines`` a log line that is a JSON object becomes one in the envelope, as
    ``msgspec.Raw``; otherwise every line is a string.
    """
    record = _record(event)
    if record is None:
        return None
    built = _json_object(record) if has_json_lines and isinstance(record, str) else None
    return envelope(event, event.record.type, record if built is None else built)


def envelope(event: records.Event, kind: str, record: object) -> Json:
    """Return a record in the envelope that the Telemetry API and the Logs API share."""
    return {"time": timestamp(event.time), "type": kind, "record": record}


def timestamp(seconds: float) -> str:
    """Return a time since the epoch in AWS's form: UTC, with milliseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _record(event: records.Event) -> Json | str | None:
    match event.record:
        case records.FunctionLog(message=message) | records.ExtensionLog(message=message):
            return message
        case records.InitStart() | records.InitRuntimeDone() | records.InitReport() as record:
            return _init_record(event, record)
        case (
            records.RestoreStart()
            | records.RestoreRuntimeDone()
            | records.RestoreReport() as record
        ):
            return _restore_record(event, record)
        case records.Start() | records.RuntimeDone() | records.Report() as record:
            return _invoke_record(event, record)
        case (
            records.ExtensionStatus()
            | records.TelemetrySubscription()
            | records.LogsSubscription()
            | records.LogsDropped() as record
        ):
            return extension_record(record)
    return None


def _init_record(
    event: records.Event, record: records.InitStart | records.InitRuntimeDone | records.InitReport
) -> Json:
    kind = {"initializationType": record.initialization_type, "phase": record.phase}
    if isinstance(record, records.InitStart):
        return {**kind, **_beginning(event, record)}
    outcome = {**kind, **_outcome(record.status, record.error_type)}
    if isinstance(record, records.InitReport):
        outcome["metrics"] = {"durationMs": round(record.duration_ms, 3)}
    return outcome


def _restore_record(
    event: records.Event,
    record: records.RestoreStart | records.RestoreRuntimeDone | records.RestoreReport,
) -> Json:
    if isinstance(record, records.RestoreStart):
        return _beginning(event, record)
    outcome = _outcome(record.status, record.error_type)
    if isinstance(record, records.RestoreReport):
        outcome["metrics"] = {"durationMs": round(record.duration_ms, 3)}
    return outcome


def _beginning(event: records.Event, record: records.InitStart | records.RestoreStart) -> Json:
    """Return the fields about the function, its runtime and its environment."""
    return {
        "functionName": event.function,
        "functionVersion": record.version,
        "runtimeVersion": record.runtime_version,
        "runtimeVersionArn": record.runtime_version_arn,
        **_unless_empty("instanceId", record.instance_id),
        **_unless_empty("instanceMaxMemory", record.instance_max_memory),
    }


def _invoke_record(
    event: records.Event, record: records.Start | records.RuntimeDone | records.Report
) -> Json:
    request: Json = {"requestId": record.request_id}
    tracing = {**_tracing(record.trace_id), **_unless_empty("tenantId", record.tenant_id)}
    if isinstance(record, records.Start):
        return {**request, "version": record.version, **tracing}
    outcome = _outcome(record.status, record.error_type)
    spans = _spans(record.spans, event.time)
    if isinstance(record, records.Report):
        return {**request, "metrics": report_metrics(record), **outcome, **spans, **tracing}
    metrics = {"durationMs": round(record.duration_ms, 3), "producedBytes": record.produced_bytes}
    return {**request, **outcome, "metrics": metrics, **spans, **tracing}


def extension_record(
    record: records.ExtensionStatus
    | records.TelemetrySubscription
    | records.LogsSubscription
    | records.LogsDropped,
) -> Json:
    """Return the record of an extension, which the Telemetry API and the Logs API share."""
    match record:
        case records.ExtensionStatus():
            status: Json = {"name": record.name, "state": record.state}
            status["events"] = list(record.events)
            return {**status, **_unless_empty("errorType", record.error_type)}
        case records.LogsDropped():
            return {
                "droppedBytes": record.dropped_bytes,
                "droppedRecords": record.dropped_records,
                "reason": record.reason,
            }
    return {"name": record.name, "state": "Subscribed", "types": list(record.types)}


def report_metrics(report: records.Report) -> Json:
    """Return the durations and the memory of an invocation."""
    metrics: Json = {
        "durationMs": round(report.duration_ms, 3),
        "billedDurationMs": report.billed_duration_ms,
        "memorySizeMB": report.memory_size_mb,
        "maxMemoryUsedMB": report.max_memory_used_mb,
    }
    if report.init_duration_ms is not None:
        metrics["initDurationMs"] = round(report.init_duration_ms, 3)
    if report.restore_duration_ms is not None:
        metrics["restoreDurationMs"] = round(report.restore_duration_ms, 3)
        metrics["billedRestoreDurationMs"] = report.billed_restore_duration_ms
    return metrics


def _outcome(status: records.Status, error_type: str | None) -> Json:
    return {"status": status, **_unless_empty("errorType", error_type)}


def _unless_empty(name: str, value: str | int | None) -> Json:
    return {name: value} if value else {}


def _tracing(trace_id: str) -> Json:
    """Return the trace if it is sampled, as AWS does."""
    if not trace_id.endswith("Sampled=1"):
        return {}
    return {"tracing": {"type": "X-Amzn-Trace-Id", "value": trace_id}}


def _spans(spans: tuple[records.Span, ...], end: float) -> Json:
    """Return consecutive spans, the last of which ends with the event."""
    if not spans:
        return {}
    written: list[Json] = []
    for span in reversed(spans):
        end -= span.duration_ms / 1000
        duration = round(span.duration_ms, 3)
        written.insert(0, {"name": span.name, "start": timestamp(end), "durationMs": duration})
    return {"spans": written}


def _json_object(line: str) -> msgspec.Raw | None:
    """Return the line as raw JSON if it is a JSON object."""
    if not line.startswith("{"):
        return None
    try:
        # Inner line ends can only be white space here, and would split the line over TCP.
        return _UNBUILT.decode(line.replace("\n", " ").replace("\r", " "))
    except (msgspec.DecodeError, RecursionError):
        return None
