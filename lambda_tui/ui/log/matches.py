"""Where in the log a search has found something."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable

MATCHES = 100_000
"""Matches that are remembered, the newest ones."""


class Matches:
    """The indices of the records that match a search, ascending and bounded."""

    def __init__(self) -> None:
        self.is_cut = False
        """Whether there are older ones than those that are remembered."""
        self.is_complete = False
        """Whether everything was searched."""
        self._indices: array[int] = array("Q")

    def __len__(self) -> int:
        return len(self._indices)

    def __contains__(self, index: int) -> bool:
        at = bisect_left(self._indices, index)
        return at < len(self._indices) and self._indices[at] == index

    def add(self, indices: Iterable[int]) -> None:
        """Add newer ones, and forget some of the oldest when there are too many."""
        self._indices.extend(indices)
        if len(self._indices) > MATCHES:
            del self._indices[: len(self._indices) - MATCHES * 9 // 10]
            self.is_cut = True

    def add_older(self, indices: array[int]) -> None:
        """Put older ones before the others, as many as there is room for."""
        room = MATCHES - len(self._indices)
        if len(indices) > room:
            indices = indices[len(indices) - room :]
            self.is_cut = True
        self._indices[:0] = indices

    def next(self, index: int, direction: int) -> int | None:
        """Return the next one before or after an index; behind the last comes the first."""
        if not self._indices:
            return None
        search = bisect_right if direction > 0 else bisect_left
        at = search(self._indices, index) - (direction < 0)
        return self._indices[at % len(self._indices)]

    def before(self, index: int, count: int) -> list[int]:
        """Return the last ``count`` ones before an index, ascending."""
        at = bisect_left(self._indices, index)
        return self._indices[max(0, at - count) : at].tolist()

    def after(self, index: int, count: int) -> list[int]:
        """Return the first ``count`` ones from an index on."""
        at = bisect_left(self._indices, index)
        return self._indices[at : at + count].tolist()
