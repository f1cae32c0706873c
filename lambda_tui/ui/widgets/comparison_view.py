"""The lines of a comparison, side by side or one under the other, in one view that scrolls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.cells import cell_len, chop_cells
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.model.comparison import Line
from lambda_tui.ui.terminal_text import fitted
from lambda_tui.ui.widgets.line_widget import LineWidget, text_strip

SIDE_BY_SIDE_FROM = 100
"""Width from which on the sides stand side by side."""
_MOST_ROWS = 20
"""Rows that one long line is folded into."""
_SIGNS = {"left": "-", "right": "+"}


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the view: its parts from left to right, with the look of each."""

    parts: tuple[tuple[str, str], ...]
    is_first_of_difference: bool = False


class ComparisonView(LineWidget, ScrollView, can_focus=True):
    """Both sides scroll together; ``n`` and ``N`` go from difference to difference."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("comparison--heading", "comparison--note", "comparison--left", "comparison--right"),
        *("comparison--same", "comparison--left-changed", "comparison--right-changed"),
    }
    DEFAULT_CSS = """
    ComparisonView { overflow: hidden auto; scrollbar-size-vertical: 1; scrollbar-gutter: stable; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False),
        Binding("down,j", "scroll_down", "Down", show=False),
        Binding("home,g", "scroll_home", "First", show=False),
        Binding("end,G", "scroll_end", "Last", show=False),
        Binding("n", "difference(1)", "Next difference", show=False),
        Binding("N", "difference(-1)", "Previous difference", show=False),
        Binding("d", "toggle_same", "Differences only", show=False),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.only_differences = False
        self._lines: Sequence[Line] = ()
        self._rows: list[_Row] = []
        self._width = 0

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show a comparison from its beginning."""
        self._lines = lines
        self._rebuild()

    def action_toggle_same(self) -> None:
        """Hide the lines that are the same on both sides, or show them again."""
        self.only_differences = not self.only_differences
        self.scroll_home(animate=False)
        self._rebuild()

    def action_difference(self, step: int) -> None:
        """Go to the next difference, or to the one before."""
        here = self.scroll_offset.y
        tops = [index for index, row in enumerate(self._rows) if row.is_first_of_difference]
        later = [top for top in tops if top > here]
        earlier = [top for top in tops if top < here]
        if step > 0 and later:
            self.scroll_to(y=later[0], animate=False)
        elif step < 0 and earlier:
            self.scroll_to(y=earlier[-1], animate=False)

    def on_resize(self) -> None:
        """Fold the lines anew when the width has changed."""
        if self._width != self._room:
            self._rebuild()

    def render_line(self, y: int) -> Strip:
        """Render one row."""
        index = y + self.scroll_offset.y
        text = Text(end="")
        if index < len(self._rows):
            for part, look in self._rows[index].parts:
                text.append(part, self.style_of(f"comparison--{look}"))
        return text_strip(text, self.size.width, self.base)

    @property
    def _room(self) -> int:
        """The cells of a row. The size of a view has its scrollbar in it."""
        return self.size.width - self.styles.scrollbar_size_vertical

    def _rebuild(self) -> None:
        self._width = self._room
        if self._width < 8:
            return
        beside = self._width >= SIDE_BY_SIDE_FROM
        rows = _rows_beside if beside else _rows_below
        shown = [line for line in self._lines if line.kind != "same" or not self.only_differences]
        self._rows = []
        was_difference = False
        for line in shown:
            begins = line.is_difference and not was_difference
            was_difference = line.is_difference
            for parts in rows(line, self._width):
                self._rows.append(_Row(parts, begins))
                begins = False
        self.virtual_size = Size(max(1, self._width), len(self._rows))
        self.refresh()


_Parts = tuple[tuple[str, str], ...]


def _rows_beside(line: Line, width: int) -> Iterator[_Parts]:
    if line.kind in ("heading", "note"):
        yield from _rows_across(line, width)
        return
    # A sign and a space in front of each side, and a line between them.
    room = (width - 7) // 2
    left, right = _rows_of(line, "left", room), _rows_of(line, "right", room)
    empty: _Parts = ((" " * (room + 2), "same"),)
    for row in range(max(len(left), len(right))):
        ours = left[row] if row < len(left) else empty
        theirs = right[row] if row < len(right) else empty
        yield (*ours, (" │ ", "note"), *theirs)


def _rows_below(line: Line, width: int) -> Iterator[_Parts]:
    if line.kind in ("heading", "note"):
        yield from _rows_across(line, width)
        return
    yield from _rows_of(line, "left", width - 2)
    if line.kind != "same":
        yield from _rows_of(line, "right", width - 2)


def _rows_of(line: Line, side: Literal["left", "right"], room: int) -> list[_Parts]:
    """Return the rows of one side, each with its sign and ``room`` cells of text."""
    if line.kind not in ("same", "changed", side):
        return []
    sign = " " if line.kind == "same" else _SIGNS[side]
    look = "same" if line.kind == "same" else side
    text = line.left if side == "left" else line.right
    begin, end = _changed(line, text)
    rows: list[_Parts] = []
    for folded in _folded(text, room):
        # The changed part, as far as it lies in this row.
        first, last = (min(max(at, 0), len(folded)) for at in (begin, end))
        padding = " " * (room - cell_len(folded))
        parts = (
            (f"{sign} {folded[:first]}", look),
            (folded[first:last], f"{look}-changed"),
            (folded[last:] + padding, look),
        )
        rows.append(tuple((part, name) for part, name in parts if part))
        begin, end = begin - len(folded), end - len(folded)
    return rows


def _changed(line: Line, text: str) -> tuple[int, int]:
    """Return from where to where a changed line differs from the other side; nowhere if wholly."""
    if line.kind != "changed":
        return 0, 0
    begin = _common(line.left, line.right)
    common_end = _common(line.left[begin:][::-1], line.right[begin:][::-1])
    if 2 * (begin + common_end) < min(len(line.left), len(line.right)):
        return 0, 0
    return begin, len(text) - common_end


def _common(one: str, other: str) -> int:
    """Return how many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _rows_across(line: Line, width: int) -> Iterator[_Parts]:
    if line.kind == "heading":
        title = f"── {line.left} "
        yield ((title + "─" * max(width - cell_len(title), 0), "heading"),)
    else:
        yield ((fitted(f"  {one_line(line.left)}", width), "note"),)


def _folded(text: str, room: int) -> list[str]:
    """Return a line as rows that fit; one of very many rows is cut, and ends in ``…``."""
    line = one_line(text, _MOST_ROWS * room)
    if cell_len(line) <= room:
        return [line]
    rows = chop_cells(line, room)
    if len(rows) <= _MOST_ROWS:
        return rows
    return [*rows[: _MOST_ROWS - 1], fitted(rows[_MOST_ROWS - 1] + "…", room)]
