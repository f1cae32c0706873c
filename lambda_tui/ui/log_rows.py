"""The rows of the log: bounded, folded, filtered and searched, each made when it is looked at."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from rich.cells import cell_len, chop_cells
from rich.text import Text
from textual.cache import LRUCache

from lambda_tui.ui.log_lines import Kind, LogLine, LogRecord, line_count, log_lines

ROWS = 10_000
"""Rows that are kept; whole records go, so it may be a few less."""

Row = tuple[LogLine, int, int]
"""A line and the slice of it that one row of the screen shows."""

_CUT = "… earlier lines are gone"
_CUT_ROW: Row = (
    LogLine(LogRecord("", None, 0.0, Kind.DIVIDER, _CUT), is_first=False, text=Text(_CUT)),
    0,
    len(_CUT),
)


class LogRows:
    """Records, and the rows that they take with the present folding and filter.

    A row has two numbers: its index among those that are held, and one for good, which counts
    those that were forgotten as well.
    """

    def __init__(self) -> None:
        self.widest = 0
        """Cells of the widest line that was looked at."""
        self.first = 0
        """The first row's number for good."""
        self.is_cut = False
        """Whether the oldest records were forgotten: then the first row says so."""
        self._records: list[LogRecord] = []
        self._ends: list[int] = []
        """For each record the number for good of the row behind its last."""
        self._matches: list[int] = []
        """For each line with a match the number for good of its first row."""
        self._made: LRUCache[int, list[Row]] = LRUCache(256)
        """The rows of records by their ``_ends``."""
        self._fold_at: int | None = None
        self._query = ""
        self._only_matches = False

    def __len__(self) -> int:
        return self._end - self.first

    def __getitem__(self, index: int) -> Row:
        if self.is_cut and index == 0:
            return _CUT_ROW
        number = self.first + index
        at = bisect_right(self._ends, number)
        rows = self._rows_of(self._records[at], self._ends[at])
        return rows[number - self._ends[at]]

    @property
    def matches(self) -> int:
        """Lines that hold the searched text."""
        return len(self._matches)

    def add(self, records: Sequence[LogRecord]) -> tuple[int, int]:
        """Appends records; how many rows were added, and how many fewer stand before the others.

        That is one less than none when only hidden lines were forgotten, for the row that says so.
        """
        before = self._end
        self._append(records)
        return self._end - before, self._trim()

    def replace(self, records: Sequence[LogRecord], *, is_cut: bool) -> None:
        """Holds these records instead; ``rebuild`` counts their rows."""
        self._forget_rows()
        self.is_cut = is_cut or len(records) > ROWS
        self._records = list(records[-ROWS:])

    def rebuild(self, *, fold_at: int | None, query: str, only_matches: bool) -> None:
        """Counts the rows anew: folded at that many cells, with this text searched."""
        self._fold_at, self._query, self._only_matches = fold_at, query.lower(), only_matches
        self._forget_rows()
        records, self._records = self._records, []
        self._append(records)
        self._trim()

    def look_at(self, first: int, count: int) -> None:
        """Makes those rows that there are from the first on, so that ``widest`` knows of them."""
        for index in range(first, min(first + count, len(self))):
            self[index]

    def next_match(self, start: int | None, direction: int) -> int | None:
        """The first row of the next line with a match, around the end."""
        if not self._matches:
            return None
        here = self._end if start is None else self.first + start
        search = bisect_right if direction > 0 else bisect_left
        position = search(self._matches, here) - (direction < 0)
        return self._matches[position % len(self._matches)] - self.first

    def texts(self) -> Iterator[str]:
        """The text of every line that is shown."""
        if self.is_cut:
            yield _CUT
        for record in self._records:
            yield from (line.plain for line in log_lines(record) if self._is_shown(line))

    @property
    def _end(self) -> int:
        return self._ends[-1] if self._ends else self.first + self.is_cut

    def _forget_rows(self) -> None:
        self.first = self._end
        self.widest = 0
        self._ends, self._matches = [], []
        self._made.clear()

    def _append(self, records: Sequence[LogRecord]) -> None:
        if self._query:
            for record in records:
                self._ends.append(self._end + self._look_through(record, self._end))
        else:
            count = line_count if self._fold_at is None else self._folded_count
            self._ends += list(accumulate(map(count, records), initial=self._end))[1:]
        self._records += records

    def _folded_count(self, record: LogRecord) -> int:
        return sum(len(self._fold(line)) for line in log_lines(record))

    def _look_through(self, record: LogRecord, start: int) -> int:
        """Notes the record's matches, whose rows begin at ``start``; the number of its rows."""
        count = 0
        for line in log_lines(record):
            if self._is_match(line):
                self._matches.append(start + count)
            if self._is_shown(line):
                count += len(self._fold(line))
        return count

    def _rows_of(self, record: LogRecord, end: int) -> list[Row]:
        rows = self._made.get(end)
        if rows is None:
            shown = (line for line in log_lines(record) if self._is_shown(line))
            rows = self._made[end] = [row for line in shown for row in self._fold(line)]
            self.widest = max(self.widest, *(cell_len(row[0].plain) for row in rows))
        return rows

    def _fold(self, line: LogLine) -> list[Row]:
        plain = line.plain
        if self._fold_at is None or cell_len(plain) <= self._fold_at:
            return [(line, 0, len(plain))]
        rows: list[Row] = []
        start = 0
        for part in chop_cells(plain, self._fold_at):
            rows.append((line, start, start + len(part)))
            start += len(part)
        return rows

    def _trim(self) -> int:
        """Forgets the oldest records until few enough are left; how many rows fewer there are.

        The row that says so stands in the place of the last that went.
        """
        gone = len(self._records) - ROWS
        if len(self) > ROWS:
            gone = max(gone, bisect_left(self._ends, self._end - ROWS + 1) + 1)
        if gone <= 0:
            return 0
        before, end = self.first, self._ends[gone - 1]
        self.first, self.is_cut = end - 1, True
        del self._records[:gone], self._ends[:gone]
        del self._matches[: bisect_left(self._matches, end)]
        return self.first - before

    def _is_match(self, line: LogLine) -> bool:
        return bool(self._query) and self._query in line.plain.lower()

    def _is_shown(self, line: LogLine) -> bool:
        return not (self._only_matches and self._query) or self._is_match(line)
