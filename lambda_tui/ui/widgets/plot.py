"""Plots in cells: points or steps over an axis, with marked values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.strip import Strip

from lambda_tui.ui.widgets.line_widget import LineWidget, text_strip

_STEPS = (1, 2, 5)
"""The values in a decade that an axis may begin, end and be labelled at."""
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The dots of a braille character, by row and column."""
_BRAILLE = 0x2800
"""The character without a dot."""
_DENSE = 2
"""Values in a column from which on signs would hide each other."""
_MARK = "╌"


@dataclass(frozen=True, slots=True)
class Axis:
    """The vertical axis: from where to where, and how values are written at it."""

    low: float
    high: float
    label: Callable[[float], str]
    is_logarithmic: bool = False

    @classmethod
    def logarithmic(cls, values: Sequence[float], label: Callable[[float], str]) -> Axis:
        """Return an axis on which all of these values, which are above 0, have their place."""
        least, most = min(values), max(values)
        low = max(step for step in _steps_around(least) if step <= least)
        high = min(step for step in _steps_around(most) if step >= most and step > low)
        return cls(low, high, label, is_logarithmic=True)

    def share(self, value: float) -> float:
        """Return how far up a value lies, from 0 to 1."""
        value = min(max(value, self.low), self.high)
        if self.is_logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, rows: int) -> list[tuple[int, str]]:
        """Return labels with their rows, counted from the top, none beside another."""
        if not self.is_logarithmic:
            values = [self.high, (self.low + self.high) / 2, self.low]
        else:
            # The ends and whole powers of ten come first where there is little room.
            between = sorted(_steps_between(self.low, self.high), key=lambda one: not _is_ten(one))
            values = [self.high, self.low, *between]
        found: dict[int, str] = {}
        for value in values:
            row = self.row(value, rows)
            if not {row - 1, row, row + 1} & found.keys():
                found[row] = self.label(value)
        return sorted(found.items())

    def row(self, value: float, rows: int) -> int:
        """Return the row of a value, counted from the top."""
        return self.dot(value, rows) // 4

    def dot(self, value: float, rows: int) -> int:
        """Return the quarter of a row of a value, counted from the top."""
        return min(round((1 - self.share(value)) * (4 * rows - 1)), 4 * rows - 1)


@dataclass(frozen=True, slots=True)
class Points:
    """Values by their places from left to right, 0 to 1."""

    look: str
    """The component class is ``plot--`` and this."""
    glyph: str
    """The sign of a value."""
    values: Sequence[tuple[float, float]]
    may_be_dots: bool = False
    """Whether very many are drawn as dots of braille, eight of which share a cell."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Values from left to right as filled steps from the bottom."""

    look: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A value with a line across the plot, and its name at the right."""

    value: float
    group: str
    """Marks of one group in one row share the word: ``warm p90 p99``."""
    name: str


_Cell = tuple[str, str]
"""A character and its look."""


class Plot(LineWidget):
    """A plot as large as its place; the axis at the left, what is marked at the right."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("plot--axis", "plot--mark", "plot--warm", "plot--cold", "plot--memory")
    }  # fmt: skip

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._axis: Axis | None = None
        self._series: Sequence[Points | Steps] = ()
        self._marks: Sequence[Mark] = ()
        self._foot = ("", "", "")
        self._lines: list[Text] | None = None

    def show(
        self,
        axis: Axis,
        series: Sequence[Points | Steps],
        marks: Sequence[Mark] = (),
        foot: tuple[str, str, str] = ("", "", ""),
    ) -> None:
        """Show these values; later series cover earlier ones.

        ``foot`` stands below: at the left, in the middle where there is room, and at the right.
        """
        self._axis, self._series, self._marks, self._foot = axis, series, marks, foot
        self._lines = None
        self.refresh()

    def on_resize(self) -> None:
        """Draw it anew."""
        self._lines = None

    def notify_style_update(self) -> None:
        """Draw it anew after a change of theme."""
        super().notify_style_update()
        self._lines = None

    def render_line(self, y: int) -> Strip:
        """Render one line of the plot."""
        if self._lines is None:
            self._lines = list(self._draw(self.size.width, self.size.height))
        text = self._lines[y] if y < len(self._lines) else Text()
        return text_strip(text, self.size.width, self.base)

    def _draw(self, width: int, height: int) -> Iterator[Text]:
        axis, rows = self._axis, height - 1
        if axis is None or rows < 1:
            return
        ticks = dict(axis.ticks(rows))
        names = _mark_names(axis, self._marks, rows)
        left = max(map(cell_len, ticks.values()))
        right = max(map(cell_len, names.values()), default=0)
        columns = width - left - 2 - (right + 1 if right else 0)
        if columns < 4:
            # The names at the right are told elsewhere too.
            right, columns = 0, width - left - 2
        if columns < 1:
            return
        cells = self._cells(axis, columns, rows, names)
        axis_style = self.style_of("plot--axis")
        for row in range(rows):
            text = Text(end="")
            tick = ticks.get(row)
            text.append(f"{tick or '':>{left}} {'│' if tick is None else '┤'}", axis_style)
            for character, look in cells[row]:
                text.append(character, self.style_of(f"plot--{look}") if look else None)
            if right:
                text.append(f" {names.get(row, '')}", self.style_of("plot--mark"))
            yield text
        yield Text(end="").append(f"{'':>{left}} └{_foot(self._foot, columns)}", axis_style)

    def _cells(
        self, axis: Axis, columns: int, rows: int, names: dict[int, str]
    ) -> list[list[_Cell]]:
        cells: list[list[_Cell]] = [
            [(_MARK, "mark") if row in names else (" ", "")] * columns for row in range(rows)
        ]
        for series in self._series:
            if isinstance(series, Steps):
                _draw_steps(cells, series, axis, columns, rows)
            else:
                _draw_points(cells, series, axis, columns, rows)
        return cells


def _draw_points(
    cells: list[list[_Cell]], points: Points, axis: Axis, columns: int, rows: int
) -> None:
    is_dense = points.may_be_dots and len(points.values) > _DENSE * columns
    dots: dict[tuple[int, int], int] = {}
    for place, value in points.values:
        x = min(int(place * 2 * columns), 2 * columns - 1)
        y = axis.dot(value, rows)
        cell = (y // 4, x // 2)
        dots[cell] = dots.get(cell, 0) | _DOTS[y % 4][x % 2]
    for (row, column), bits in dots.items():
        cells[row][column] = (chr(_BRAILLE + bits) if is_dense else points.glyph, points.look)


def _draw_steps(
    cells: list[list[_Cell]], steps: Steps, axis: Axis, columns: int, rows: int
) -> None:
    count = len(steps.values)
    for column in range(columns if count else 0):
        first = column * count // columns
        last = max((column + 1) * count // columns, first + 1)
        # The greatest of those that share the column: a peak is never hidden.
        eighths = round(axis.share(max(steps.values[first:last])) * rows * 8)
        for row in range(rows):
            filled = min(max(eighths - (rows - 1 - row) * 8, 0), 8)
            if filled:
                cells[row][column] = (_EIGHTHS[filled], steps.look)


def _mark_names(axis: Axis, marks: Sequence[Mark], rows: int) -> dict[int, str]:
    """Return the names of marks by row, in the order in which they are given."""
    by_row: dict[int, dict[str, list[str]]] = {}
    for mark in marks:
        groups = by_row.setdefault(axis.row(mark.value, rows), {})
        groups.setdefault(mark.group, []).append(mark.name)
    return {
        row: " ".join(" ".join([group, *names]) for group, names in groups.items())
        for row, groups in by_row.items()
    }


def _foot(texts: tuple[str, str, str], columns: int) -> str:
    """Return the line below a plot; without what there is no room for."""
    left, middle, right = texts
    room = columns - cell_len(left) - cell_len(right)
    if room < 1:
        return ""
    if cell_len(middle) + 2 > room:
        middle = ""
    return f"{left}{middle:^{room - cell_len(middle) + len(middle)}}{right}"


def _steps_around(value: float) -> list[float]:
    exponent = math.floor(math.log10(value))
    return [step * 10.0**power for power in range(exponent - 1, exponent + 2) for step in _STEPS]


def _steps_between(low: float, high: float) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [
        value for power in powers for step in _STEPS if low < (value := step * 10.0**power) < high
    ]


def _is_ten(value: float) -> bool:
    return math.isclose(math.log10(value), round(math.log10(value)), abs_tol=1e-9)
