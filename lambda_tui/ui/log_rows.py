"""The rows of the log: bounded lines, folded, filtered and searched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, chop_cells

from lambda_tui.ui.log_lines import LogLine, LogRecord, log_lines

ROWS = 10_000
"""Rows that are kept."""

Row = tuple[LogLine, int, int]
"""A line and the slice of it that one row of the screen shows."""


class LogRows:
    """Lines, and the rows that they take with the present folding and filter."""

    def __init__(self) -> None:
        self.widest = 0
        """Cells of the widest line."""
        self.matches = 0
        """Lines that hold the searched text."""
        self.dropped = 0
        """Rows that were forgotten so far, so that ``dropped + index`` names a row for good."""
        self._lines: list[LogLine] = []
        self._rows: list[Row] = []
        self._fold_at: int | None = None
        self._query = ""
        self._only_matches = False

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Row:
        return self._rows[index]

    def add(self, records: Sequence[LogRecord]) -> tuple[int, int]:
        """Appends the records' lines; the number of rows added, and of old ones forgotten."""
        lines = [line for record in records for line in log_lines(record)]
        before = len(self._rows)
        self._lines += lines
        del self._lines[:-ROWS]
        self._append(lines)
        added = len(self._rows) - before
        return added, self._trim()

    def replace(self, records: Sequence[LogRecord]) -> None:
        """Holds these records instead; ``rebuild`` makes their rows."""
        newest = records[-ROWS:]
        self._lines = [line for record in newest for line in log_lines(record)][-ROWS:]

    def rebuild(self, *, fold_at: int | None, query: str, only_matches: bool) -> None:
        """Makes the rows anew: folded at that many cells, with this text searched."""
        self.dropped += len(self._rows)
        self._fold_at, self._query, self._only_matches = fold_at, query.lower(), only_matches
        self._rows, self.widest, self.matches = [], 0, 0
        self._append(self._lines)
        self._trim()

    def next_match(self, start: int | None, direction: int) -> int | None:
        """The first row of the next line with a match, around the end."""
        count = len(self._rows)
        here = count if start is None else start
        for step in range(1, count + 1):
            row = (here + direction * step) % count
            line, first, _ = self._rows[row]
            if first == 0 and self._is_match(line):
                return row
        return None

    def texts(self) -> Iterator[str]:
        """The text of every line that is shown."""
        return (line.plain for line, start, _ in self._rows if start == 0)

    def _append(self, lines: Sequence[LogLine]) -> None:
        for line in lines:
            is_match = self._is_match(line)
            self.matches += is_match
            if is_match or not (self._only_matches and self._query):
                self._rows += self._fold(line)

    def _fold(self, line: LogLine) -> list[Row]:
        plain = line.plain
        cells = cell_len(plain)
        self.widest = max(self.widest, cells)
        if self._fold_at is None or cells <= self._fold_at:
            return [(line, 0, len(plain))]
        rows: list[Row] = []
        start = 0
        for part in chop_cells(plain, self._fold_at):
            rows.append((line, start, start + len(part)))
            start += len(part)
        return rows

    def _trim(self) -> int:
        excess = max(0, len(self._rows) - ROWS)
        del self._rows[:excess]
        self.dropped += excess
        return excess

    def _is_match(self, line: LogLine) -> bool:
        return bool(self._query) and self._query in line.plain.lower()
