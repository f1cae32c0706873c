"""How ``lambda-tui invoke`` tells of invocations: as text, JSON objects, or the event stream."""

from __future__ import annotations

import json
from typing import Any, Literal, Protocol

from lambda_tui.commands.deliveries import SeenThrough
from lambda_tui.commands.invocation_logs import InvocationLogs
from lambda_tui.commands.output_stream import ERRORS, OutputStream
from lambda_tui.engine import events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import as_json, log_text
from lambda_tui.engine.invocation import Invocation

OutputFormat = Literal["text", "json", "events"]


class Report(Protocol):
    """Is told of each invocation that is over."""

    def tell_of(self, invocation: Invocation) -> None:
        """A synchronous one."""

    def tell_of_delivery(self, seen: SeenThrough) -> None:
        """An asynchronous one."""


def make_report(
    output_format: OutputFormat, engine: Engine, output: OutputStream, *, is_one_at_a_time: bool
) -> Report:
    """The report in this format."""
    match output_format:
        case "text":
            return TextReport(engine, output, is_live=is_one_at_a_time)
        case "json":
            return JsonReport(engine, output)
        case "events":
            return EventReport(engine, output)


class TextReport:
    """The log on standard error, the response on standard output, as Lambda words them.

    The log is written as it comes while one invocation runs at a time; else in whole pieces.
    """

    def __init__(self, engine: Engine, output: OutputStream, *, is_live: bool) -> None:
        self._engine = engine
        self._output = output
        self._logs = None if is_live else InvocationLogs(engine)
        if is_live:
            engine.events.listen(self._log)

    def tell_of(self, invocation: Invocation) -> None:
        """Writes its log, unless that is written already, and its response."""
        if self._logs is not None:
            self._output.put(self._logs.take(invocation.request_id), ERRORS)
        self._output.put(f"{_decoded(invocation.response)}\n")

    def tell_of_delivery(self, seen: SeenThrough) -> None:
        """Writes its log and what was delivered, and says where to."""
        if self._logs is not None:
            self._output.put(self._logs.take(seen.delivered[0].request_id), ERRORS)
        for record in seen.delivered:
            what = "the dead letter" if record.is_dead_letter else f"the record, {record.condition}"
            target = f"to {record.target}" if record.target else "to nobody: it has no destination"
            self._output.put(f"lambda-tui: {seen.function}: {what}, goes {target}.\n", ERRORS)
            self._output.put(f"{record.payload}\n")

    def _log(self, event: events.Event) -> None:
        pool = self._engine.pools.get(event.function)
        text = log_text(event, pool.function.logging) if pool is not None else None
        if text is not None:
            self._output.put(f"{text}\n", ERRORS)


class JsonReport:
    """One object a line for each invocation."""

    def __init__(self, engine: Engine, output: OutputStream) -> None:
        self._engine = engine
        self._output = output
        self._logs = InvocationLogs(engine)

    def tell_of(self, invocation: Invocation) -> None:
        """Writes its outcome, its report and its log."""
        log = self._logs.take(invocation.request_id)
        self._write({**self._fields(invocation), "log": log})

    def tell_of_delivery(self, seen: SeenThrough) -> None:
        """Writes the last attempt, the log of all, and what was delivered."""
        request_id = seen.delivered[0].request_id
        fields = self._fields(seen.last_attempt) if seen.last_attempt else dict(_NEVER_REACHED)
        deliveries = [
            {
                "target": record.target,
                "is_dead_letter": record.is_dead_letter,
                "attributes": record.dead_letter_attributes,
                "payload": json_value(record.payload),
            }
            for record in seen.delivered
        ]
        fields |= {"request_id": request_id, "function": seen.function}
        condition = seen.delivered[0].condition
        log = self._logs.take(request_id)
        self._write({**fields, "log": log, "condition": condition, "deliveries": deliveries})

    def _fields(self, invocation: Invocation) -> dict[str, Any]:
        function = self._engine.pools[invocation.function].function
        return {
            "request_id": invocation.request_id,
            "function": invocation.function,
            "environment_id": invocation.environment_id,
            "status": invocation.status,
            "function_error": invocation.function_error,
            "payload": json_value(_decoded(invocation.response)),
            "cold_start": invocation.cold_start,
            "init_duration_ms": _rounded(invocation.init_duration_ms),
            "duration_ms": _rounded(invocation.duration_ms),
            "billed_duration_ms": invocation.billed_duration_ms,
            "memory_size_mb": function.memory_size,
            "max_memory_used_mb": invocation.max_memory_used_mb,
        }

    def _write(self, fields: dict[str, Any]) -> None:
        self._output.put(json.dumps(fields, ensure_ascii=False) + "\n")


class EventReport:
    """The event stream, one object a line, as it happens."""

    def __init__(self, engine: Engine, output: OutputStream) -> None:
        self._output = output
        engine.events.listen(self._write)

    def tell_of(self, invocation: Invocation) -> None:
        """Writes nothing: the events have told."""

    def tell_of_delivery(self, seen: SeenThrough) -> None:
        """Writes nothing: the events have told."""

    def _write(self, event: events.Event) -> None:
        self._output.put(json.dumps(as_json(event), ensure_ascii=False) + "\n")


_NEVER_REACHED: dict[str, Any] = {
    "environment_id": None,
    "status": "throttled",
    "function_error": None,
    "payload": None,
    "cold_start": False,
    "init_duration_ms": None,
    "duration_ms": None,
    "billed_duration_ms": None,
    "memory_size_mb": None,
    "max_memory_used_mb": None,
}


def json_value(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """What the text holds; the text itself where it is not JSON."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return text


def _refuse_constant(constant: str) -> object:
    raise ValueError(constant)


def _decoded(response: bytes | None) -> str:
    return (response or b"null").decode("utf-8", "replace")


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 3)
