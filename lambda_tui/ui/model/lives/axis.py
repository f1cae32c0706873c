"""The clock that all lives are drawn on: which column of cells shows which stretch of time."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass

SCALES = (
    *(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0),
)
"""The seconds that a cell can show."""
USUAL_SCALE = SCALES.index(1.0)

_TICKS = (
    *(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 21600.0, 43200.0, 86400.0),
)
"""The seconds between two labels."""
_ROOM_OF_LABEL = 9
"""Cells that a label needs, with the space before it."""
_MARGIN = 2
"""Cells of a quiet gap that are shown at each of its ends."""
_FOLDS_FROM = 8
"""Cells of a gap that are folded at least."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A quiet gap that is shown by few columns."""

    column: int
    width: int
    seconds: float
    """The time that is left out."""

    @property
    def columns(self) -> range:
        """The columns that show it."""
        return range(self.column, self.column + self.width)

    @property
    def label(self) -> str:
        """The text over its columns: ``⋯4m12s⋯``."""
        return f"⋯{duration(_rounded(self.seconds))}⋯"


@dataclass(frozen=True, slots=True)
class Axis:
    """A row of columns from the past to its right end."""

    cell: float
    """Seconds that a column shows, but for folds."""
    starts: tuple[float, ...]
    """Seconds since the epoch at which each column begins."""
    end: float
    """Seconds since the epoch at which the last column ends."""
    folds: tuple[Fold, ...] = ()

    @classmethod
    def make(
        cls, end: float, width: int, cell: float, gaps: list[tuple[float, float]] | None = None
    ) -> Axis:
        """Return an axis of ``width`` columns that shows ``end`` in its last one.

        Each of the ``gaps``, oldest first, is folded where that makes it shorter. Columns begin at
        multiples of ``cell``, so that what is drawn stays the same while time passes.
        """
        right = math.floor(end / cell) + 1
        column, tick = width, right
        starts: list[float] = []
        folds: list[Fold] = []
        for first, last in reversed(_foldable(gaps or [], cell, right)):
            while column > 0 and tick > last:
                column, tick = column - 1, tick - 1
                starts.append(tick * cell)
            size = len(Fold(0, 0, (last - first) * cell).label)
            if column <= 0:
                break
            shown = min(size, column)
            folds.append(Fold(column - shown, shown, (last - first) * cell))
            starts += [first * cell] * shown
            column, tick = column - shown, first
        while column > 0:
            column, tick = column - 1, tick - 1
            starts.append(tick * cell)
        return cls(cell, tuple(reversed(starts)), right * cell, tuple(reversed(folds)))

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.starts)

    @property
    def start(self) -> float:
        """Seconds since the epoch at which the first column begins."""
        return self.starts[0] if self.starts else self.end

    def end_of(self, column: int) -> float:
        """Return when a column ends; all columns of a fold end with it."""
        start = self.starts[column]
        for fold in self.folds:
            if column in fold.columns:
                return start + fold.seconds
        return start + self.cell

    def position(self, time: float) -> float:
        """Return where a moment lies, in columns; below 0 and beyond the width for others."""
        if not self.starts or time < self.start:
            return -1.0
        if time >= self.end:
            return float(self.width)
        column = bisect_right(self.starts, time) - 1
        for fold in self.folds:
            if column in fold.columns:
                share = (time - self.starts[column]) / fold.seconds
                return fold.column + min(share, 1.0) * fold.width
        return min(column + (time - self.starts[column]) / self.cell, column + 1.0)

    def labels(self) -> list[tuple[int, str]]:
        """Return the texts over the columns with the column of each one's last character.

        They tell how long before the axis's end a column lies: ``−15s``. Folds have their own.
        """
        apart = max(1, round(_apart(self.cell) / self.cell))
        right = round(self.end / self.cell)
        free = self.width
        labels: list[tuple[int, str]] = []
        folded = {
            each for fold in self.folds for each in range(fold.column, fold.column + fold.width)
        }
        for column in range(self.width - 1, 0, -1):
            back = right - round(self.starts[column] / self.cell) - 1
            if back == 0 or back % apart or column in folded:
                continue
            text = f"−{duration(back * self.cell)}"
            first = column - len(text) + 1
            if first >= 0 and column + 1 < free and folded.isdisjoint(range(first - 1, column + 2)):
                labels.append((column, text))
                free = first
        return labels


def _apart(cell: float) -> float:
    """Return the seconds between two labels."""
    return next((step for step in _TICKS if step / cell >= _ROOM_OF_LABEL), _TICKS[-1])


def duration(value: float) -> str:
    """Return a round time as short as it can be: ``500ms``, ``15s``, ``5m``, ``1h30m``."""
    if value < 1:
        return f"{value * 1000:.6g}ms"
    if value < 60:
        return f"{value:.6g}s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)


def _rounded(seconds: float) -> float:
    """Return a time with the digits that matter: of hours, no seconds."""
    if seconds >= 3600:
        return round(seconds / 60) * 60
    return round(seconds) if seconds >= 10 else float(f"{seconds:.2g}")


def _foldable(gaps: list[tuple[float, float]], cell: float, right: int) -> list[tuple[int, int]]:
    """Return the ticks between which gaps are folded, oldest first and without overlap."""
    found: list[tuple[int, int]] = []
    for start, end in gaps:
        first = math.ceil(start / cell) + _MARGIN
        last = min(math.floor(end / cell) - _MARGIN, right)
        length = last - first
        label = len(Fold(0, 0, length * cell).label)
        if length >= _FOLDS_FROM and length > label and (not found or first >= found[-1][1]):
            found.append((first, last))
    return found
