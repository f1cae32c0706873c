"""The log's lines: a window on bounded rows, each rendered once and only when it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from lambda_tui.ui.component_style import StyledLines
from lambda_tui.ui.log_gutter import Gutter
from lambda_tui.ui.log_lines import Kind, LogRecord
from lambda_tui.ui.log_row_text import row_text
from lambda_tui.ui.log_rows import LogRows
from lambda_tui.ui.widgets.row_list import text_strip

STRIPS = 128
"""Rendered rows that are kept; not many, as each is a hundred objects to the garbage collector."""
_CLOCK_FROM = 100
"""Width from which on the gutter shows the time."""


class LogView(StyledLines, ScrollView, can_focus=True):
    """Follows the newest line until somebody scrolls up; finds, folds, and hands out its text."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"log--{kind}" for kind in Kind), "log--gutter", "log--match", "log--cursor"
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor(-1)", "Up", show=False),
        Binding("down,j", "cursor(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home,g", "cursor(-1000000)", "First", show=False),
        Binding("end,G", "cursor(1000000)", "Last", show=False),
        Binding("left,h", "scroll_left", "Left", show=False),
        Binding("right,l", "scroll_right", "Right", show=False),
    ]

    follow: var[bool] = var(True, init=False)
    wrap: var[bool] = var(False, init=False)
    query_text: var[str] = var("", init=False)
    only_matches: var[bool] = var(False, init=False)
    with_names: var[bool] = var(False, init=False)

    @dataclass
    class Changed(Message):
        """Something that the log's frame tells has changed."""

        def can_replace(self, message: Message) -> bool:
            """One is as good as many."""
            return isinstance(message, type(self))

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.missed = 0
        """Rows that came since following stopped."""
        self._rows = LogRows()
        self._cursor: int | None = None
        self._width = 0
        self._strips: LRUCache[tuple[int, int, bool], Strip] = LRUCache(STRIPS)

    # What goes in

    def add(self, records: Sequence[LogRecord]) -> None:
        """Appends records; keeps what is looked at where it is, unless it follows."""
        if not records:
            return
        added, dropped = self._rows.add(records)
        self.missed = 0 if self.follow else self.missed + added
        if self._cursor is not None:
            self._cursor = max(0, self._cursor - dropped)
        if dropped and not self.follow:
            self._jump(max(0, self.scroll_offset.y - dropped))
        self._settle(grown=True)

    def replace(self, records: Sequence[LogRecord], *, is_cut: bool) -> None:
        """Shows these records instead, newest in view; ``is_cut`` when older ones are gone."""
        self.missed, self._cursor = 0, None
        self._rows.replace(records, is_cut=is_cut)
        self.follow = True
        self._rebuild()

    def _rebuild(self) -> None:
        self._strips.clear()
        room = max(8, self.size.width - self._gutter.width)
        self._rows.rebuild(
            fold_at=room if self.wrap else None,
            query=self.query_text,
            only_matches=self.only_matches,
        )
        self._settle()

    def _settle(self, *, grown: bool = False) -> None:
        """Takes the rows' extent over into what can be scrolled."""
        self._take_extent(grown=grown)
        if self.follow:
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
        # A scrollbar that was away in between begins at the top, wherever the view is.
        self.vertical_scrollbar.position = self.scroll_y
        self.refresh()
        self.post_message(self.Changed())

    def _take_extent(self, *, grown: bool) -> None:
        before, height, rows = self.virtual_size, self.size.height, len(self._rows)
        top = rows - height if self.follow else self.scroll_offset.y
        self._rows.look_at(max(0, top), height)
        width = 0 if self.wrap else self._gutter.width + self._rows.widest
        size = Size(max(width, 1), rows)
        if grown and before.height > height:
            # Setting it outright lays the whole screen out anew: with every frame of a busy log.
            self.set_reactive(LogView.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
        else:
            self.virtual_size = size

    # How it is looked at

    @property
    def allow_horizontal_scroll(self) -> bool:
        """Whether a line is too long; there is no scrollbar that could tell."""
        return self.max_scroll_x > 0

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follows at the end, and nowhere else."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value:
            self.follow = self.is_vertical_scroll_end
        elif self.is_vertical_scroll_end:
            self.follow = True
        if not self.follow:
            self._take_extent(grown=True)

    def watch_follow(self, follow: bool) -> None:
        """Goes to the newest line when following begins."""
        if follow:
            self.missed, self._cursor = 0, None
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
        self.refresh()
        self.post_message(self.Changed())

    def watch_wrap(self) -> None:
        """Folds lines at the edge, or lets them run on."""
        self.scroll_to(x=0, animate=False)
        self._rebuild()

    def watch_query_text(self) -> None:
        """Marks what is searched, in all lines."""
        self._rebuild()

    def watch_only_matches(self) -> None:
        """Hides the lines without a match, or shows them again."""
        self._cursor = None
        self._rebuild()

    def watch_with_names(self) -> None:
        """Makes room for the functions' names."""
        self._rebuild()

    def on_resize(self) -> None:
        """Folds again when the width has changed."""
        if self._width != self.size.width:
            self._width = self.size.width
            self._rebuild()
        elif self.follow:
            self._settle()

    def notify_style_update(self) -> None:
        """Renders anew after a change of theme."""
        super().notify_style_update()
        self._strips.clear()

    def action_cursor(self, step: int) -> None:
        """Moves the line cursor; following goes on only from the last line."""
        if not len(self._rows):
            return
        last = len(self._rows) - 1
        here = last + (step < 0) if self._cursor is None else self._cursor
        if self._cursor is None and step > 0:
            return
        self._put_cursor(max(0, min(here + step, last)))

    def action_page(self, direction: int) -> None:
        """Moves by what is in view."""
        self.action_cursor(direction * max(1, self.size.height - 1))

    def _put_cursor(self, row: int) -> None:
        self._cursor = row
        self.follow = row == len(self._rows) - 1
        if self.follow:
            return
        top, height = self.scroll_offset.y, self.size.height
        if row < top:
            self._jump(row)
        elif row >= top + height:
            self._jump(row - height + 1)
        self.refresh()

    def _jump(self, y: int) -> None:
        self.scroll_to(y=y, animate=False, immediate=True, force=True)

    def on_click(self, event: events.Click) -> None:
        """Puts the line cursor where the mouse is."""
        offset = event.get_content_offset(self)
        if offset is not None and self.text_selection is None:
            row = offset.y + self.scroll_offset.y
            if row < len(self._rows):
                self._put_cursor(row)

    # Searching, and what comes out

    def go_to_match(self, direction: int) -> bool:
        """Puts the cursor on the next line with a match, around the end; whether there is one."""
        row = self._rows.next_match(self._cursor, direction)
        if row is not None:
            self._put_cursor(row)
        return row is not None

    @property
    def matches(self) -> int:
        """Lines that hold the searched text."""
        return self._rows.matches

    @property
    def line_text(self) -> str:
        """The line under the cursor, or the last one."""
        if not len(self._rows):
            return ""
        return self._rows[len(self._rows) - 1 if self._cursor is None else self._cursor][0].plain

    @property
    def all_text(self) -> str:
        """Every line that the log shows."""
        return "\n".join(self._rows.texts())

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What the mouse has selected, without the gutter; folded lines come out whole."""
        parts: list[str] = []
        gutter = self._gutter.width
        for y in range(len(self._rows)):
            span = selection.get_span(y)
            if span is None:
                continue
            line, start, end = self._rows[y]
            first = max(0, span[0] - gutter)
            last = None if span[1] == -1 else max(0, span[1] - gutter)
            parts += ["" if start or not parts else "\n", line.plain[start:end][first:last]]
        return ("".join(parts), "\n") if parts else None

    def selection_updated(self, selection: Selection | None) -> None:
        """Shows what is selected."""
        self._strips.clear()
        self.refresh()

    # Rendering

    @property
    def _gutter(self) -> Gutter:
        return Gutter(self.size.width >= _CLOCK_FROM, self.with_names)

    def render_line(self, y: int) -> Strip:
        """One row of the log."""
        scroll_x, scroll_y = self.scroll_offset
        width, index = self.size.width, y + scroll_y
        if index >= len(self._rows):
            return Strip.blank(width, self.base)
        strip = self._row_strip(index)
        strip = strip.crop_extend(scroll_x, scroll_x + width, self.base)
        return strip.apply_offsets(scroll_x, index)

    def _row_strip(self, index: int) -> Strip:
        has_cursor = index == self._cursor and not self.follow
        key = (index + self._rows.first, self._rows[index][1], has_cursor)
        selection = self.text_selection
        # What stands first changes with what is forgotten.
        if index and selection is None and (known := self._strips.get(key)) is not None:
            return known
        text = row_text(self._rows[index], self._gutter, self.query_text, self.style_of)
        base = self.base
        if has_cursor:
            base += self.style_of("log--cursor")
        if selection is not None and (span := selection.get_span(index)) is not None:
            end = len(text) if span[1] == -1 else span[1]
            style = self.screen.get_component_rich_style("screen--selection")
            text.stylize(style, span[0], end)
        width = max(self.size.width, cell_len(text.plain))
        strip = self._strips[key] = text_strip(text, width, base)
        return strip
