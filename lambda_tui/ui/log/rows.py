"""The rows of the log: bounded, wrapped, filtered and searched; each is made when it is shown."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from rich.cells import cell_len, chop_cells
from rich.text import Text
from textual.cache import LRUCache

from lambda_tui.ui.log.records import Kind, LogLine, LogRecord, line_count, log_lines

ROWS = 10_000
"""Rows that are kept; whole records are dropped, so there may be a few fewer."""

Row = tuple[LogLine, int, int]
"""A line, and the start and end of the slice that one row of the screen shows."""

_CUT = "… earlier lines are gone"
_CUT_ROW: Row = (
    LogLine(LogRecord("", None, 0.0, Kind.DIVIDER, _CUT), is_first=False, text=Text(_CUT)),
    0,
    len(_CUT),
)


class LogRows:
    """Records, and the rows that they take with the present width and filter.

    A row has two numbers: its index among the rows that are kept, and its absolute number, which
    counts the dropped rows as well and so stays the same.
    """

    def __init__(self) -> None:
        self.widest = 0
        """Cells of the widest line that was made."""
        self.first = 0
        """The absolute number of the first row."""
        self.is_cut = False
        """Whether the oldest records were dropped; if so, the first row says it."""
        self._records: list[LogRecord] = []
        self._ends: list[int] = []
        """For each record, the absolute number of the row behind its last."""
        self._matches: list[int] = []
        """For each line with a match, the absolute number of its first row."""
        self._cache: LRUCache[int, list[Row]] = LRUCache(256)
        """The rows of records, by the records' numbers in ``_ends``."""
        self._wrap_at: int | None = None
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
        """The number of lines that contain the searched text."""
        return len(self._matches)

    def add(self, records: Sequence[LogRecord]) -> tuple[int, int]:
        """Append records; return how many rows were added, and how many were dropped at the start.

        The second number is -1 when only hidden lines were dropped: the row that says so is new.
        """
        before = self._end
        self._append(records)
        return self._end - before, self._trim()

    def replace(self, records: Sequence[LogRecord], *, is_cut: bool) -> None:
        """Hold these records instead; a call of ``rebuild`` must follow to count their rows."""
        self._drop_rows()
        self.is_cut = is_cut or len(records) > ROWS
        self._records = list(records[-ROWS:])

    def rebuild(self, *, wrap_at: int | None, query: str, only_matches: bool) -> None:
        """Count the rows anew, wrapped at ``wrap_at`` cells and searched for ``query``."""
        self._wrap_at, self._query, self._only_matches = wrap_at, query.lower(), only_matches
        self._drop_rows()
        records, self._records = self._records, []
        self._append(records)
        self._trim()

    def make(self, first: int, count: int) -> None:
        """Make ``count`` rows from ``first`` on, so that ``widest`` takes them into account."""
        for index in range(first, min(first + count, len(self))):
            self[index]

    def next_match(self, start: int | None, direction: int) -> int | None:
        """Return the first row of the next line with a match; after the last comes the first."""
        if not self._matches:
            return None
        here = self._end if start is None else self.first + start
        search = bisect_right if direction > 0 else bisect_left
        position = search(self._matches, here) - (direction < 0)
        return self._matches[position % len(self._matches)] - self.first

    def texts(self) -> Iterator[str]:
        """Yield the text of every line that is shown."""
        if self.is_cut:
            yield _CUT
        for record in self._records:
            yield from (line.plain for line in log_lines(record) if self._is_shown(line))

    @property
    def _end(self) -> int:
        return self._ends[-1] if self._ends else self.first + self.is_cut

    def _drop_rows(self) -> None:
        self.first = self._end
        self.widest = 0
        self._ends, self._matches = [], []
        self._cache.clear()

    def _append(self, records: Sequence[LogRecord]) -> None:
        if self._query:
            for record in records:
                self._ends.append(self._end + self._count_and_search(record, self._end))
        else:
            count = line_count if self._wrap_at is None else self._wrapped_count
            self._ends += list(accumulate(map(count, records), initial=self._end))[1:]
        self._records += records

    def _wrapped_count(self, record: LogRecord) -> int:
        return sum(len(self._wrap(line)) for line in log_lines(record))

    def _count_and_search(self, record: LogRecord, start: int) -> int:
        """Note the matches of a record whose rows begin at ``start``; return its number of rows."""
        count = 0
        for line in log_lines(record):
            if self._is_match(line):
                self._matches.append(start + count)
            if self._is_shown(line):
                count += len(self._wrap(line))
        return count

    def _rows_of(self, record: LogRecord, end: int) -> list[Row]:
        rows = self._cache.get(end)
        if rows is None:
            shown = (line for line in log_lines(record) if self._is_shown(line))
            rows = self._cache[end] = [row for line in shown for row in self._wrap(line)]
            self.widest = max(self.widest, *(cell_len(row[0].plain) for row in rows))
        return rows

    def _wrap(self, line: LogLine) -> list[Row]:
        plain = line.plain
        if self._wrap_at is None or cell_len(plain) <= self._wrap_at:
            return [(line, 0, len(plain))]
        rows: list[Row] = []
        start = 0
        for part in chop_cells(plain, self._wrap_at):
            rows.append((line, start, start + len(part)))
            start += len(part)
        return rows

    def _trim(self) -> int:
        """Drop the oldest records until ``ROWS`` fit; return how many rows fewer there are.

        The row that says so takes the place of the last row that is dropped.
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
