"""Turns the engine's events into the records of the log, each with its invocation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from lambda_tui.engine import events
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.events import changed_files, log_text, sentence, severity
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool
from lambda_tui.project.function import LoggingConfig
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.figures import milliseconds
from lambda_tui.ui.log.records import RECORD_LIMIT, Fold, Kind, LogRecord

ENVIRONMENTS = 500
"""Environments that are remembered."""
_RAW_LINES = 100
"""Lines of CloudWatch that one folded record holds."""

_TEXT = LoggingConfig()
"""For events that belong to none of the project's functions."""
_LINE_END = re.compile(r"\r*\n|\r+")
_DIVIDING = (State.CREATING, State.FROZEN, State.RESET, State.ENDED)
"""The states that other records do not tell better."""
_AFTER_FAILURE = (State.RESETTING, State.RESET)
KINDS = {"error": Kind.ERROR, "warning": Kind.WARNING}
"""By severity; anything else is shown as what it is."""
_SAID = (
    events.AsyncDelivered,
    events.AsyncRetried,
    events.FunctionAdded,
    events.FunctionRemoved,
    events.ProblemFound,
    events.ProblemSolved,
)
"""The records that the log shows as a sentence."""
_FOLDED = (
    events.InitStart,
    events.RestoreStart,
    events.Start,
    events.ExtensionStatus,
    events.TelemetrySubscription,
    events.LogsSubscription,
)
"""The records that stand folded in the one that reports the end of what they begin."""
_REPORTS = (events.Report, events.InitReport, events.RestoreReport)

_Entry = tuple[Kind, str, Fold, str]
"""The kind, the message, whether it is folded, and then its summary."""


@dataclass(slots=True)
class _Known:
    """An environment, and the invocation that its events belong to."""

    environment: ExecutionEnvironment | None
    number: int | None
    request_id: str = ""
    """The id of the last invocation that it was given."""
    invocation: int | None = None
    """The number of that invocation."""
    raw: list[str] = field(default_factory=list)
    """CloudWatch's lines that the next report folds."""
    created: LogRecord | None = None
    """The record of its creation, held back until it is known for which invocation."""


class LogRecorder:
    """Makes log records of events, in their order.

    What an environment does for an invocation belongs to that invocation: Init and thaw when it
    waits for them, and the reset that its failure brings about.
    """

    def __init__(self, pools: Mapping[str, Pool]) -> None:
        """``pools`` are those of the project at any time, by the name of their function."""
        self._pools = pools
        self._known: dict[str, _Known] = {}
        """By the environments' ids."""

    def environment_number(self, environment_id: str) -> int | None:
        """Return the number of an environment that an event has named; None if it is forgotten."""
        known = self._known.get(environment_id)
        return known.number if known is not None else None

    def records(self, event: events.Event) -> list[LogRecord]:
        """Return the log's records for an event; none for one that the log does not show."""
        pool = self._pools.get(event.function)
        known = self._environment(event, pool)
        logging = pool.function.logging if pool is not None else _TEXT
        invocation = self._invocation(event, known, pool)
        made = [
            LogRecord(
                event.function,
                known.number,
                event.time,
                kind,
                _with_line_feeds(message[:RECORD_LIMIT]),
                invocation,
                fold,
                summary,
            )
            for kind, message, fold, summary in _entries(event, logging, known.raw)
        ]
        record = event.record
        if not event.environment or not made:
            return self._with_created(known, made, invocation) if event.environment else made
        if isinstance(record, events.StateChange):
            # A snapshot's environment is in no pool, and no invocation waits for it.
            if record.state is State.CREATING and known.environment is not None:
                known.created = made.pop()
                return made
            if record.state is State.ENDED:
                self._known.pop(event.environment, None)
        return self._with_created(known, made, invocation)

    def _with_created(
        self, known: _Known, made: list[LogRecord], invocation: int | None
    ) -> list[LogRecord]:
        created, known.created = known.created, None
        if created is None:
            return made
        created.invocation = invocation
        return [created, *made]

    def _environment(self, event: events.Event, pool: Pool | None) -> _Known:
        """Return what is known of the event's environment; the pool may have it no more."""
        known = self._known.get(event.environment)
        if known is not None or not event.environment:
            return known or _Known(None, None)
        found = next(
            (one for one in (pool.environments if pool else ()) if one.id == event.environment),
            None,
        )
        known = _Known(found, found.number if found is not None else None)
        if found is not None:
            self._known[event.environment] = known
            if len(self._known) > ENVIRONMENTS:
                del self._known[next(iter(self._known))]
        return known

    def _invocation(self, event: events.Event, known: _Known, pool: Pool | None) -> int | None:
        """Return the number of the invocation that the event belongs to; None if to none."""
        present = known.environment.invocation if known.environment is not None else None
        if present is not None:
            known.request_id, known.invocation = present.request_id, present.number
        record = event.record
        request_id: str | None = getattr(record, "request_id", None)
        if request_id is not None and event.environment:
            return known.invocation if known.request_id == request_id else None
        if request_id is not None:
            recent = islice(reversed(list(pool.invocations if pool else ())), 50)
            return next((one.number for one in recent if one.request_id == request_id), None)
        is_aftermath = isinstance(record, events.StateChange) and record.state in _AFTER_FAILURE
        return known.invocation if present is not None or is_aftermath else None


def _entries(event: events.Event, logging: LoggingConfig, raw: list[str]) -> Iterator[_Entry]:
    """Yield what the log shows of an event; CloudWatch's lines to be folded later go to ``raw``."""
    match event.record:
        case events.FunctionLog() as log:
            if (text := log_text(event, logging)) is not None:
                kind = KINDS.get(severity(log), Kind.FUNCTION)
                yield kind, text, Fold.JSON if is_json(text) else Fold.NONE, ""
        case events.ExtensionLog(message=message):
            yield Kind.EXTENSION, message, Fold.JSON if is_json(message) else Fold.NONE, ""
        case events.Notice(message=message) as notice:
            yield KINDS.get(severity(notice), Kind.DIVIDER), one_line(message), Fold.NONE, ""
        case events.ApiServed() as served:
            yield Kind.DIVIDER, f"── {one_line(sentence(served) or '')}", Fold.NONE, ""
            yield Kind.PLATFORM, served.client_variables, Fold.NONE, ""
            yield Kind.PLATFORM, served.example, Fold.NONE, ""
        case record if isinstance(record, _SAID) and severity(record) != "debug":
            kind = KINDS.get(severity(record), Kind.DIVIDER)
            yield kind, f"── {one_line(sentence(record) or '')}", Fold.NONE, ""
        case record if isinstance(record, _REPORTS):
            yield from _report_entries(event, logging, raw)
        case record if isinstance(record, _FOLDED) and severity(record) != "error":
            if (text := log_text(event, logging)) is not None and len(raw) < _RAW_LINES:
                raw.append(text)
        case record if divider := _divider(record):
            if isinstance(record, events.StateChange) and record.state is State.ENDED and raw:
                yield Kind.PLATFORM, _taken(raw), Fold.NONE, ""
            yield Kind.DIVIDER, f"── {one_line(divider)}", Fold.NONE, ""
        case record if (text := log_text(event, logging)) is not None:
            kind = Kind.ERROR if severity(record) == "error" else Kind.PLATFORM
            yield kind, _spaced(text), Fold.NONE, ""


def _report_entries(
    event: events.Event, logging: LoggingConfig, raw: list[str]
) -> Iterator[_Entry]:
    """Yield the one line of a report, in which CloudWatch's own are folded."""
    text = log_text(event, logging)
    summary = _summary(event.record)
    if text is not None:
        raw.append(text)
    elif not isinstance(event.record, events.InitReport):
        # The function's system log level leaves it out.
        raw.clear()
        return
    kind = Kind.DIVIDER if isinstance(event.record, events.InitReport) else Kind.REPORT
    if severity(event.record) == "error":
        kind = Kind.ERROR
    message = _taken(raw)
    if message:
        yield kind, message, Fold.SUMMARY, summary
    else:
        yield kind, f"── {summary}", Fold.NONE, ""


def _summary(record: events.Record) -> str:
    """Return the line that stands for a report: its parts, the most important ones first."""
    parts: list[str] = []
    match record:
        case events.InitReport(duration_ms=duration, spans=spans, phase=phase):
            again = " again" if phase == "invoke" else ""
            parts = [f"initialised{again} in {milliseconds(duration)}", *_failure(record)]
            parts += [
                f"{_SPANS.get(span.name, span.name)} {milliseconds(span.duration_ms)}"
                for span in spans
            ]
            if record.status != "success":
                parts[0] = f"Init failed after {milliseconds(duration)}"
        case events.RestoreReport(duration_ms=duration):
            is_well = record.status == "success"
            what = "restored in" if is_well else "Restore failed after"
            parts = [f"{what} {milliseconds(duration)}", *_failure(record)]
        case events.Report(duration_ms=duration):
            parts = [f"REPORT {milliseconds(duration)}", *_failure(record)]
            parts.append(f"billed {record.billed_duration_ms:,} ms")
            if record.init_duration_ms is not None:
                parts.append(f"init {milliseconds(record.init_duration_ms)}")
            if record.restore_duration_ms is not None:
                parts.append(f"restore {milliseconds(record.restore_duration_ms)}")
            parts.append(f"{record.max_memory_used_mb} of {record.memory_size_mb} MB")
    return " · ".join(parts)


_SPANS = {"runtimeInit": "runtime", "functionInit": "function"}


def _failure(report: events.Report | events.InitReport | events.RestoreReport) -> list[str]:
    if report.status == "success":
        return []
    return [one_line(f"{report.status} {report.error_type or ''}".rstrip())]


def _divider(record: events.Record) -> str | None:
    """Return the text of the divider for a step of the life cycle that CloudWatch does not log."""
    match record:
        case events.StateChange():
            is_told = record.state in _DIVIDING or record.previous is State.FROZEN
            return events.sentence(record) if is_told else None
        case events.EnvironmentStale(files=files):
            return f"stale: {changed_files(files)} changed"
        case events.Reloaded(files=files, duration_ms=duration):
            what = changed_files(files)
            return f"re-initialised in {milliseconds(duration)} after {what} changed"
        case events.Throttled(reason=reason):
            return f"throttled: {reason}"
    return None


def is_json(message: str) -> bool:
    """Return whether a message is a JSON object or array, or ends in one after a tab."""
    message = message.rstrip()
    start = json_start(message)
    is_whole = len(message) <= RECORD_LIMIT and message.endswith(("}", "]"))
    if start is None or not is_whole:
        return False
    try:
        value = msgspec.json.decode(message[start:])
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return False
    return isinstance(value, dict | list) and len(value) > 0


def json_start(message: str) -> int | None:
    """Return where the JSON of a message would start; None if it can hold none."""
    if message.startswith(("{", "[{")):
        return 0
    at = message.find("\t{", 0, 200)
    return at + 1 if at >= 0 else None


def _taken(raw: list[str]) -> str:
    message = _spaced("\n".join(raw))
    raw.clear()
    return message


def _spaced(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\t", "  ").split("\n"))


def _with_line_feeds(message: str) -> str:
    """Return the message with each line end, ``\\r`` and ``\\r\\n`` too, as ``\\n``."""
    return _LINE_END.sub("\n", message.strip("\r")) if "\r" in message else message
