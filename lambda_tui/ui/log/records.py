"""Turns the engine's events into the entries of the log, and these into lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from rich.text import Text

from lambda_tui.engine import events
from lambda_tui.engine.events import (
    changed_files,
    log_text,
    sentence,
    severity,
    severity_of_text,
)
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import LoggingConfig
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.figures import milliseconds
from lambda_tui.ui.terminal_text import terminal_text
from lambda_tui.wording import counted

RECORD_LIMIT = 64_000
"""Characters of one record that are kept."""
LINES_LIMIT = 1_000
"""Lines of one record that are shown."""

_LINE_END = re.compile(r"\r*\n|\r+")


class Kind(StrEnum):
    """The kind of a log line; the component class ``log--<kind>`` styles it."""

    FUNCTION = "function"
    EXTENSION = "extension"
    PLATFORM = "platform"
    REPORT = "report"
    DIVIDER = "divider"
    WARNING = "warning"
    ERROR = "error"


KIND_GLYPHS = {Kind.ERROR: "✗", Kind.WARNING: "▲"}
"""Signs in the gutter; the other kinds have none."""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One entry of the log: bounded in size, and as untrusted as the function wrote it."""

    function: str
    """The function's name; empty when the entry concerns all."""
    number: int | None
    """The environment's number within its function."""
    time: float
    """Seconds since the epoch."""
    kind: Kind
    message: str
    """The lines, separated by ``\\n``; may hold escape sequences."""


@dataclass(slots=True, eq=False)
class LogLine:
    """One line of a record, safe for the terminal."""

    record: LogRecord
    is_first: bool
    """Whether this is the record's first line, which has the gutter."""
    text: Text = field(repr=False)

    @property
    def glyph(self) -> str:
        """The sign in the gutter; empty where the kind has none, and on a record's later lines."""
        return KIND_GLYPHS.get(self.record.kind, "") if self.is_first else ""

    @property
    def plain(self) -> str:
        """The line without styles, as it is searched and copied."""
        return self.text.plain


def log_records(
    event: events.Event, number: int | None, logging: LoggingConfig
) -> tuple[LogRecord, ...]:
    """Return the log's entries for an event; none for an event that the log does not show."""
    return tuple(
        LogRecord(event.function, number, event.time, kind, _with_line_feeds(text[:RECORD_LIMIT]))
        for kind, text in _entries(event, logging)
    )


def line_count(record: LogRecord) -> int:
    """Return how many lines ``log_lines`` would make of the record."""
    return min(record.message.count("\n"), LINES_LIMIT) + 1


def log_lines(record: LogRecord) -> list[LogLine]:
    """Return the record's lines, safe for the terminal."""
    lines = record.message.split("\n", LINES_LIMIT)
    if len(lines) > LINES_LIMIT:
        lines[LINES_LIMIT] = f"… {counted(lines[LINES_LIMIT].count(chr(10)) + 1, 'more line')}"
    return [LogLine(record, index == 0, terminal_text(line)) for index, line in enumerate(lines)]


def _with_line_feeds(message: str) -> str:
    """Return the message with each line end, ``\\r`` and ``\\r\\n`` too, as ``\\n``."""
    return _LINE_END.sub("\n", message.strip("\r")) if "\r" in message else message


def _entries(event: events.Event, logging: LoggingConfig) -> Iterator[tuple[Kind, str]]:
    match event.record:
        case events.FunctionLog():
            if (text := log_text(event, logging)) is not None:
                yield _kind_of(text), text
        case events.ExtensionLog(message=message):
            yield Kind.EXTENSION, message
        case events.Notice(message=message):
            yield _KINDS.get(severity(event.record), Kind.DIVIDER), one_line(message)
        case events.ApiServed() as served:
            yield Kind.DIVIDER, f"── {one_line(sentence(served) or '')}"
            yield Kind.PLATFORM, served.client_variables
            yield Kind.PLATFORM, served.example
        case record if isinstance(record, _SAID) and severity(record) != "debug":
            yield (
                _KINDS.get(severity(record), Kind.DIVIDER),
                f"── {one_line(sentence(record) or '')}",
            )
        case record if divider := _divider(record):
            yield Kind.DIVIDER, f"── {one_line(divider)}"
        case record:
            if (text := log_text(event, logging)) is not None:
                yield from _platform_entries(record, text)


def _platform_entries(record: events.Record, text: str) -> Iterator[tuple[Kind, str]]:
    """Yield the lines that CloudWatch shows of a platform record, with their kinds."""
    *before, last = text.replace("\t", "  ").split("\n")
    for line in before:
        yield Kind.PLATFORM, line.rstrip()
    kind = Kind.REPORT if isinstance(record, events.Report) else Kind.PLATFORM
    reports = events.Report | events.InitReport | events.RestoreReport
    if isinstance(record, reports) and record.status != "success":
        kind = Kind.ERROR
    yield kind, last.rstrip()


_DIVIDING = (State.CREATING, State.FROZEN, State.RESET, State.ENDED)
"""The states that other records do not tell better."""


_KINDS = {"error": Kind.ERROR, "warning": Kind.WARNING}
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


def _kind_of(message: str) -> Kind:
    return _KINDS.get(severity_of_text(message), Kind.FUNCTION)


def _divider(record: events.Record) -> str | None:
    """Return the text of the divider for a step of the life cycle that CloudWatch does not log."""
    match record:
        case events.StateChange():
            return _state_divider(record)
        case events.EnvironmentStale(files=files):
            return f"stale: {changed_files(files)} changed"
        case events.Reloaded(files=files, duration_ms=duration):
            what = changed_files(files)
            return f"re-initialised in {milliseconds(duration)} after {what} changed"
        case events.Throttled(reason=reason):
            return f"throttled: {reason}"
        case events.InitReport(phase="init", duration_ms=duration, status="success", spans=spans):
            parts = ", ".join(f"{span.name} {milliseconds(span.duration_ms)}" for span in spans)
            return f"initialised in {milliseconds(duration)}: {parts}"
    return None


def _state_divider(change: events.StateChange) -> str | None:
    """Return the text for a change of state; None for what other records tell better."""
    is_told = change.state in _DIVIDING or change.previous is State.FROZEN
    return events.sentence(change) if is_told else None
