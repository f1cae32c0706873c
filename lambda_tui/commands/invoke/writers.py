"""Writes the results of ``lambda-tui invoke``: as text, JSON objects, or the event stream."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Literal

from lambda_tui.commands.invoke.calls import AsyncResult, ResultWriter
from lambda_tui.commands.output import STANDARD_ERROR, OutputStream
from lambda_tui.engine import events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import as_json, log_text
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.lifecycle import State

OutputFormat = Literal["text", "json", "events"]

LOG_LIMIT = 1 << 20
"""Characters of one invocation's log that are kept: its end."""


def make_writer(
    output_format: OutputFormat, engine: Engine, output: OutputStream, *, is_one_at_a_time: bool
) -> ResultWriter:
    """Return the writer of a format."""
    match output_format:
        case "text":
            return TextWriter(engine, output, is_live=is_one_at_a_time)
        case "json":
            return JsonWriter(engine, output)
        case "events":
            return EventWriter(engine, output)


class TextWriter:
    """Writes logs on standard error and responses on standard output, as Lambda words them.

    While one invocation runs at a time the log is written line by line, otherwise that of each
    invocation in one piece.
    """

    def __init__(self, engine: Engine, output: OutputStream, *, is_live: bool) -> None:
        self._engine = engine
        self._output = output
        self._logs = None if is_live else InvocationLogs(engine)
        if is_live:
            engine.events.listen(self._write_log)

    def write_invocation(self, invocation: Invocation) -> None:
        """Write its log, unless that has been written line by line, and its response."""
        if self._logs is not None:
            self._output.put(self._logs.take(invocation.request_id), STANDARD_ERROR)
        self._output.put(f"{_decoded(invocation.response)}\n")

    def write_async_result(self, result: AsyncResult) -> None:
        """Write its log and what was delivered, and say where to."""
        if self._logs is not None:
            self._output.put(self._logs.take(result.delivered[0].request_id), STANDARD_ERROR)
        for record in result.delivered:
            sentence = f"lambda-tui: {result.function}: {events.delivery(record)}.\n"
            self._output.put(sentence, STANDARD_ERROR)
            self._output.put(f"{record.payload}\n")

    def _write_log(self, event: events.Event) -> None:
        pool = self._engine.pools.get(event.function)
        text = log_text(event, pool.function.logging) if pool is not None else None
        if text is not None:
            self._output.put(f"{text}\n", STANDARD_ERROR)


class JsonWriter:
    """Writes a JSON object a line for each invocation."""

    def __init__(self, engine: Engine, output: OutputStream) -> None:
        self._engine = engine
        self._output = output
        self._logs = InvocationLogs(engine)

    def write_invocation(self, invocation: Invocation) -> None:
        """Write its result, the figures of its report, and its log."""
        log = self._logs.take(invocation.request_id)
        self._write({**self._fields(invocation), "log": log})

    def write_async_result(self, result: AsyncResult) -> None:
        """Write the last attempt, the log of all attempts, and what was delivered."""
        request_id = result.delivered[0].request_id
        fields = self._fields(result.last_attempt) if result.last_attempt else dict(_NEVER_REACHED)
        deliveries = [
            {
                "target": record.target,
                "is_dead_letter": record.is_dead_letter,
                "attributes": record.dead_letter_attributes,
                "payload": _json_value(record.payload),
            }
            for record in result.delivered
        ]
        fields |= {"request_id": request_id, "function": result.function}
        condition = result.delivered[0].condition
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
            "payload": _json_value(_decoded(invocation.response)),
            "cold_start": invocation.cold_start,
            "init_duration_ms": _rounded(invocation.init_duration_ms),
            "duration_ms": _rounded(invocation.duration_ms),
            "billed_duration_ms": invocation.billed_duration_ms,
            "memory_size_mb": function.memory_size,
            "max_memory_used_mb": invocation.max_memory_used_mb,
        }

    def _write(self, fields: dict[str, Any]) -> None:
        self._output.put(json.dumps(fields, ensure_ascii=False) + "\n")


class EventWriter:
    """Writes the event stream as it happens, an object a line."""

    def __init__(self, engine: Engine, output: OutputStream) -> None:
        self._output = output
        engine.events.listen(self._write)

    def write_invocation(self, invocation: Invocation) -> None:
        """Write nothing: its events have been written."""

    def write_async_result(self, result: AsyncResult) -> None:
        """Write nothing: its events have been written."""

    def _write(self, event: events.Event) -> None:
        self._output.put(json.dumps(as_json(event), ensure_ascii=False) + "\n")


class InvocationLogs:
    """Collects each invocation's log: the part of its environment's that ends with its REPORT.

    What was logged during Init belongs to the first invocation.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._unfinished: dict[str, _Log] = {}
        """By environment."""
        self._finished: dict[str, str] = {}
        """By request id."""
        engine.events.listen(self._note)

    def take(self, request_id: str) -> str:
        """Return the log of an invocation that is over, of all its attempts, and forget it."""
        return self._finished.pop(request_id, "")

    def _note(self, event: events.Event) -> None:
        record = event.record
        if isinstance(record, events.StateChange) and record.state is State.ENDED:
            self._unfinished.pop(event.environment, None)
        pool = self._engine.pools.get(event.function)
        text = log_text(event, pool.function.logging) if pool is not None else None
        if text is not None:
            self._unfinished.setdefault(event.environment, _Log()).add(text)
        if isinstance(event.record, events.Report):
            log = self._unfinished.pop(event.environment, "")
            request_id = event.record.request_id
            self._finished[request_id] = self._finished.get(request_id, "") + str(log)


@dataclass(slots=True)
class _Log:
    texts: deque[str] = field(default_factory=deque)
    size: int = 0
    is_truncated: bool = False

    def add(self, text: str) -> None:
        self.texts.append(text[-LOG_LIMIT:])
        self.size += len(self.texts[-1])
        while self.size > LOG_LIMIT:
            self.size -= len(self.texts.popleft())
            self.is_truncated = True

    def __str__(self) -> str:
        start = ["… the lines before are left out"] if self.is_truncated else []
        return "".join(f"{text}\n" for text in [*start, *self.texts])


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


def _json_value(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of a JSON text, or the text itself if it is not JSON."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return text


def _refuse_constant(constant: str) -> object:
    raise ValueError(constant)


def _decoded(response: bytes | None) -> str:
    return (response or b"").decode("utf-8", "replace")


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 3)
