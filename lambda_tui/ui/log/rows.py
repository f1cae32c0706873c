"""The rows of the log: a window on its records; each row is made when it is shown."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from rich.cells import cell_len, chop_cells
from rich.text import Text
from textual.cache import LRUCache

from lambda_tui.ui.log.lines import LogLine, copied_text, line_count, log_lines
from lambda_tui.ui.log.records import Fold, Kind, LogRecord

ROWS = 10_000
"""Rows that are kept; whole records are dropped, so there may be a few fewer."""
OPEN = 1_000
"""Records that are open at most."""

Row = tuple[LogLine, int, int]
"""A line, and the start and end of the slice that one row of the screen shows."""


class LogRows:
    """Consecutive records of a scope, and the rows that they take with the present width.

    A row has two numbers: its index among the rows that are kept, and its absolute number, which
    stays the same when others are added or dropped before it.
    """

    def __init__(self) -> None:
        self.widest = 0
        """Cells of the widest line that was made."""
        self.first = 0
        """The absolute number of the first row."""
        self.records: list[LogRecord] = []
        self.head = ""
        """The text of a row before all records; empty for none."""
        self._head: Row | None = None
        self._ends: list[int] = []
        """For each record, the absolute number of the row behind its last."""
        self._cache: LRUCache[int, list[Row]] = LRUCache(256)
        """The rows of records, by the records' indices."""
        self._open: dict[int, None] = {}
        """The indices of the records that are open."""
        self._wrap_at: int | None = None
        self._cells = 80

    def __len__(self) -> int:
        return self._end - self.first

    def __getitem__(self, index: int) -> Row:
        if self._head is not None and index == 0:
            return self._head
        number = self.first + index
        at = bisect_right(self._ends, number)
        rows = self._rows_of(self.records[at])
        return rows[number - self._ends[at]]

    # Records

    def add(self, records: Sequence[LogRecord]) -> int:
        """Append records; return how many rows were added."""
        before = self._end
        counts = map(self._count, records)
        self._ends += list(accumulate(counts, initial=before))[1:]
        self.records += records
        return self._end - before

    def add_older(self, records: Sequence[LogRecord]) -> int:
        """Put records before the others; return how many rows were added."""
        counts = [self._count(record) for record in records]
        start = self._begin - sum(counts)
        self.first -= sum(counts)
        self._ends = list(accumulate(counts, initial=start))[1:] + self._ends
        self.records = [*records, *self.records]
        return sum(counts)

    def replace(self, records: Sequence[LogRecord]) -> None:
        """Hold these records instead."""
        self._drop_rows()
        self.records = []
        self.add(records)

    def rebuild(self, *, wrap_at: int | None, cells: int) -> None:
        """Count the rows anew, wrapped at ``wrap_at`` cells; folded records take ``cells``."""
        self._wrap_at, self._cells = wrap_at, cells
        self.replace(self.records)

    def trim_start(self) -> int:
        """Drop the oldest records until ``ROWS`` fit; return how many rows fewer there are."""
        if len(self) <= ROWS:
            return 0
        gone = bisect_left(self._ends, self._end - ROWS + self._head_rows) + 1
        gone = min(gone, len(self.records) - 1)
        before, self.first = self.first, self._ends[gone - 1] - self._head_rows
        del self.records[:gone], self._ends[:gone]
        return self.first - before

    def trim_end(self) -> bool:
        """Drop the newest records until ``ROWS`` fit; return whether there were any."""
        kept = max(1, bisect_right(self._ends, self.first + ROWS))
        is_more = kept < len(self.records)
        del self.records[kept:], self._ends[kept:]
        return is_more

    def set_head(self, text: str) -> int:
        """Begin with a row of this text, or with the records; return how many rows more it is."""
        before = self._head_rows
        if text == self.head:
            return 0
        self.head = text
        line = LogLine(
            LogRecord("", None, 0.0, Kind.DIVIDER, text), is_first=False, text=Text(text, end="")
        )
        self._head = (line, 0, len(text)) if text else None
        self.first -= self._head_rows - before
        return self._head_rows - before

    # Looking at rows

    def record_at(self, index: int) -> LogRecord | None:
        """Return the record that a row belongs to; None for the row before all records."""
        if self._head is not None and index == 0:
            return None
        return self.records[bisect_right(self._ends, self.first + index)]

    def rows_of_record(self, index: int) -> tuple[int, int] | None:
        """Return the first row of the record with this index, and the row behind its last."""
        at = bisect_left(self.records, index, key=lambda record: record.index)
        if at == len(self.records) or self.records[at].index != index:
            return None
        start = self._ends[at - 1] if at else self._begin
        return start - self.first, self._ends[at] - self.first

    def is_open(self, record: LogRecord) -> bool:
        """Return whether the record shows its message; only a folded one can be closed."""
        return record.fold is Fold.NONE or record.index in self._open

    def toggle(self, record: LogRecord) -> None:
        """Open a folded record in its place, or close it."""
        found = self.rows_of_record(record.index)
        if found is None or record.fold is Fold.NONE:
            return
        if record.index in self._open:
            del self._open[record.index]
        else:
            self._open[record.index] = None
            if len(self._open) > OPEN:
                del self._open[next(iter(self._open))]
        self._cache.clear()
        self.replace(self.records)

    def make(self, first: int, count: int) -> None:
        """Make ``count`` rows from ``first`` on, so that ``widest`` takes them into account."""
        for index in range(first, min(first + count, len(self))):
            self[index]

    def texts(self) -> Iterator[str]:
        """Yield the text of every record, folded or not."""
        return map(copied_text, self.records)

    @property
    def _head_rows(self) -> int:
        return 0 if self._head is None else 1

    @property
    def _begin(self) -> int:
        return self.first + self._head_rows

    @property
    def _end(self) -> int:
        return self._ends[-1] if self._ends else self._begin

    def _drop_rows(self) -> None:
        self.first = self._end
        self.widest = 0
        self._ends = []
        self._cache.clear()

    def _count(self, record: LogRecord) -> int:
        if self._wrap_at is None:
            return line_count(record, is_open=record.index in self._open)
        message = record.message
        # Most lines: no need to make them in order to count their rows.
        is_short = len(message) <= self._wrap_at and message.isascii() and message.isprintable()
        if is_short and record.fold is Fold.NONE:
            return 1
        return len(self._make(record))

    def _rows_of(self, record: LogRecord) -> list[Row]:
        rows = self._cache.get(record.index)
        if rows is None:
            rows = self._cache[record.index] = self._make(record)
            self.widest = max(self.widest, *(cell_len(row[0].plain) for row in rows))
        return rows

    def _make(self, record: LogRecord) -> list[Row]:
        is_open = record.index in self._open
        lines = log_lines(record, is_open=is_open, cells=self._cells)
        return [row for line in lines for row in self._wrap(line)]

    def _wrap(self, line: LogLine) -> list[Row]:
        plain = line.plain
        if self._wrap_at is None or line.is_fold or cell_len(plain) <= self._wrap_at:
            return [(line, 0, len(plain))]
        rows: list[Row] = []
        start = 0
        for part in chop_cells(plain, self._wrap_at):
            rows.append((line, start, start + len(part)))
            start += len(part)
        return rows
