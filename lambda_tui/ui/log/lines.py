"""The lines that a record of the log has, folded or open; each is safe for the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.text import Text

from lambda_tui.ui.log.json_text import outline, pretty_lines
from lambda_tui.ui.log.recorder import json_start
from lambda_tui.ui.log.records import Fold, Kind, LogRecord
from lambda_tui.ui.terminal_text import terminal_text
from lambda_tui.wording import counted

LINES_LIMIT = 1_000
"""Lines of one record that are shown."""
FOLDED, OPEN = "▸ ", "▾ "
_OF_FUNCTION = (Kind.FUNCTION, Kind.WARNING, Kind.ERROR)
_PREFIX = re.compile(
    r"(?:(?P<python>\[[A-Z]+\])\t)?\d{4}-\d\d-\d\dT[\d:.]+Z\t(?:[0-9a-f-]{1,36}|undefined)?\t"
    r"(?(python)|(?P<node>[A-Z]+)\t)"
)
"""``[INFO]``, the time and the request id of Python; the time, the id and ``INFO`` of Node.js."""

KIND_GLYPHS = {Kind.ERROR: "✗", Kind.WARNING: "▲"}
"""Signs in the gutter; the other kinds have none."""


@dataclass(slots=True, eq=False)
class LogLine:
    """One line of a record, safe for the terminal."""

    record: LogRecord
    is_first: bool
    """Whether this is the record's first line, which has the gutter."""
    text: Text = field(repr=False)
    is_fold: bool = False
    """Whether this is the line that folds and opens the record."""

    @property
    def glyph(self) -> str:
        """The sign in the gutter; empty where the kind has none, and on a record's later lines."""
        return KIND_GLYPHS.get(self.record.kind, "") if self.is_first else ""

    @property
    def plain(self) -> str:
        """The line without styles, as it is searched and copied."""
        return self.text.plain


def line_count(record: LogRecord, *, is_open: bool = False) -> int:
    """Return how many lines ``log_lines`` would make of the record."""
    if record.fold is Fold.NONE:
        return min(record.message.count("\n"), LINES_LIMIT) + 1
    if not is_open:
        return 1
    if record.fold is Fold.SUMMARY:
        return min(record.message.count("\n"), LINES_LIMIT) + 2
    return len(log_lines(record, is_open=True))


def log_lines(record: LogRecord, *, is_open: bool = False, cells: int = 80) -> list[LogLine]:
    """Return the record's lines; the one of a folded record takes at most so many cells."""
    if record.fold is Fold.NONE:
        message = _without_prefix(record)
        return [LogLine(record, not at, line) for at, line in enumerate(_raw(message))]
    head = LogLine(record, True, _fold_line(record, is_open=is_open, cells=cells), is_fold=True)
    if not is_open:
        return [head]
    return [head, *(LogLine(record, False, line) for line in _opened(record))]


def copied_text(record: LogRecord) -> str:
    """Return what is copied of a record: all of its message, whether it is folded or not."""
    return "\n".join(line.plain for line in _raw(record.message))


def _without_prefix(record: LogRecord) -> str:
    """Return the message without the time and the request id that Lambda's runtimes begin with.

    The gutter has both, and beside them there would be no room for the message itself.
    """
    found = _PREFIX.match(record.message) if record.kind in _OF_FUNCTION else None
    if found is None:
        return record.message
    return f"{found['python'] or found['node']} {record.message[found.end() :]}"


def _raw(message: str) -> Iterator[Text]:
    lines = message.split("\n", LINES_LIMIT)
    if len(lines) > LINES_LIMIT:
        lines[LINES_LIMIT] = _more(lines[LINES_LIMIT].count("\n") + 1)
    return map(terminal_text, lines)


def _more(count: int) -> str:
    return f"… {counted(count, 'more line')}"


def _opened(record: LogRecord) -> Iterator[Text]:
    if record.fold is Fold.SUMMARY:
        for line in _raw(record.message):
            yield Text("  ", end="").append_text(line)
        return
    lines = list(pretty_lines(record.message, json_start(record.message) or 0))
    for line in lines[:LINES_LIMIT]:
        yield Text("  ", end="").append_text(line)
    if len(lines) > LINES_LIMIT:
        yield Text(_more(len(lines) - LINES_LIMIT), end="")


def _fold_line(record: LogRecord, *, is_open: bool, cells: int) -> Text:
    """Return the one line of a record, of which whole parts are left out until it fits."""
    text = Text(OPEN if is_open else FOLDED, end="")
    room = cells - len(FOLDED)
    if record.fold is Fold.JSON:
        return text.append_text(outline(record.message, json_start(record.message) or 0, room))
    return text.append(fitting_parts(record.summary.split(" · "), room))


def fitting_parts(parts: list[str], cells: int) -> str:
    """Return the first of the parts, as many as fit with a sign for those that do not."""
    whole = " · ".join(parts)
    if cell_len(whole) <= cells or len(parts) < 2:
        return whole
    while len(parts) > 1 and cell_len(" · ".join(parts)) + len(" …") > cells:
        parts = parts[:-1]
    return " · ".join(parts) + " …"
