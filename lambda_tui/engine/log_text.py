"""Events as CloudWatch shows them: the text format of the platform's lines."""

from __future__ import annotations

from lambda_tui.engine import events


def log_text(event: events.Event) -> str | None:
    """The event's line; None for what CloudWatch does not show."""
    match event.record:
        case events.FunctionLog(message=message):
            return message
        case events.InitStart(phase="init", runtime_version=version):
            return f"INIT_START Runtime Version: {version}"
        case events.InitReport(status=status) as report if status != "success":
            return _init_report(report)
        case events.Start(request_id=request_id, version=version):
            return f"START RequestId: {request_id} Version: {version}"
        case events.Report() as report:
            return f"END RequestId: {report.request_id}\n{_report(report)}"
    return None


def _init_report(report: events.InitReport) -> str:
    fields = [
        f"INIT_REPORT Init Duration: {report.duration_ms:.2f} ms",
        f"Phase: {report.phase}",
        f"Status: {report.status}",
    ]
    if report.error_type is not None and report.status != "timeout":
        fields.append(f"Error Type: {report.error_type}")
    return "\t".join(fields)


def _report(report: events.Report) -> str:
    fields = [
        f"REPORT RequestId: {report.request_id}",
        f"Duration: {report.duration_ms:.2f} ms",
        f"Billed Duration: {report.billed_duration_ms} ms",
        f"Memory Size: {report.memory_size_mb} MB",
        f"Max Memory Used: {report.max_memory_used_mb} MB",
    ]
    if report.init_duration_ms is not None:
        fields.append(f"Init Duration: {report.init_duration_ms:.2f} ms")
    if report.status == "success":
        return "\t".join(fields) + "\t"
    fields.append(f"Status: {report.status}")
    if report.error_type is not None and report.status != "timeout":
        fields.append(f"Error Type: {report.error_type}")
    return "\t".join(fields)
