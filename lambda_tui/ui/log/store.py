"""The bounded memory of the log's records."""

from __future__ import annotations

from collections import deque

from lambda_tui.ui.log.records import LogRecord

RECORDS = 10_000
"""Records that are kept."""
CHARACTERS = 32_000_000
"""Characters that all records together may have: lines of megabytes must not add up."""


class LogStore:
    """The newest log records of all functions."""

    def __init__(self) -> None:
        self.records: deque[LogRecord] = deque()
        self.fresh: deque[LogRecord] = deque(maxlen=RECORDS)
        """Records that were added since the last ``take``."""
        self._cut: set[str] = set()
        """Functions whose oldest records were dropped for want of room."""
        self._characters = 0

    def add(self, record: LogRecord) -> None:
        """Add a record, and drop the oldest ones beyond ``RECORDS`` and ``CHARACTERS``."""
        self.records.append(record)
        self.fresh.append(record)
        self._characters += len(record.message)
        while len(self.records) > RECORDS or self._characters > CHARACTERS:
            oldest = self.records.popleft()
            self._characters -= len(oldest.message)
            self._cut.add(oldest.function)

    def take(self) -> list[LogRecord]:
        """Return the records that were added since the last call."""
        fresh = list(self.fresh)
        self.fresh.clear()
        return fresh

    def of(self, function: str | None) -> tuple[list[LogRecord], bool]:
        """Return a function's records, or all for None, and whether older ones were dropped.

        Records that concern all functions have no function's name, and belong to each.
        """
        wanted = ("", function)
        records = [each for each in self.records if function is None or each.function in wanted]
        return records, any(function is None or each in wanted for each in self._cut)

    def clear(self, function: str | None) -> None:
        """Drop the records of a function, or all records for None."""
        kept = [each for each in self.records if function is not None and each.function != function]
        self.records = deque(kept)
        self.fresh.clear()
        self._cut = set() if function is None else self._cut - {function}
        self._characters = sum(len(record.message) for record in kept)
