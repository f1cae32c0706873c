"""The facts of one invocation, in words: its outcome, its start, its times, its cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lambda_tui.history import InvocationRecord
from lambda_tui.ui.figures import milliseconds
from lambda_tui.wording import dollars


def failure_message(record: InvocationRecord) -> str:
    """Return the beginning of the error's message, without what is told elsewhere."""
    # Lambda begins a timeout's with the request id.
    return record.error_message.removeprefix(f"RequestId: {record.request_id} Error: ")


def _start(record: InvocationRecord) -> str:
    start = "cold" if record.is_cold else "warm"
    return f"{start}: {record.cold_because}" if record.cold_because else start


def _memory(record: InvocationRecord) -> str:
    if record.max_memory_mb is None:
        return ""
    return f"{record.max_memory_mb:,} of {record.memory_size_mb:,} MB"


def _time(value: float | None) -> str:
    return "" if value is None else milliseconds(value)


def _error(record: InvocationRecord) -> str:
    return " ".join(filter(None, (failure_message(record), record.error_place)))


def _tmp(record: InvocationRecord) -> str:
    counts = (record.tmp_added, record.tmp_changed, record.tmp_removed)
    signs = zip("+~−", counts, strict=True)
    return " ".join(f"{sign}{count:,}" for sign, count in signs if count)


INVOCATION_FACTS: Mapping[str, Callable[[InvocationRecord], str]] = {
    "outcome": lambda record: f"{record.status} {record.answer}".strip(),
    "error": _error,
    "start": _start,
    "environment": lambda record: "" if record.environment is None else f"env {record.environment}",
    "version": lambda record: record.qualifier or record.version,
    "caller": lambda record: record.caller,
    "duration": lambda record: _time(record.duration_ms),
    "init": lambda record: _time(record.init_ms),
    "restore": lambda record: _time(record.restore_ms),
    "billed": lambda record: "" if record.billed_ms is None else f"{record.billed_ms:,} ms",
    "memory": _memory,
    "cost": lambda record: "" if record.cost is None else dollars(record.cost),
    "/tmp": _tmp,
}
"""By their labels; empty where there is nothing to say."""
