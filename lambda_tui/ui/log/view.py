"""The log's lines: a window on the rows that renders each row once, and only when it is shown."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.log.records import Kind, LogRecord
from lambda_tui.ui.log.rows import LogRows, Row
from lambda_tui.ui.terminal_text import fitted
from lambda_tui.ui.widgets import LineWidget, text_strip

STRIPS = 128
"""Rendered rows that are kept; not many, as each is a hundred objects to the garbage collector."""
_CLOCK_FROM = 100
"""Width from which on the gutter shows the time."""
_NAME_WIDTH = 14
_CLOCK_WIDTH = 13
_NUMBER_WIDTH = 6
"""The number of the environment, and the room for a sign behind it."""


@dataclass(frozen=True, slots=True)
class Gutter:
    """The columns in front of the lines: the time, the function, the environment."""

    with_clock: bool
    with_names: bool

    @property
    def width(self) -> int:
        """Cells in all."""
        names = _NAME_WIDTH + 1 if self.with_names else 0
        return (_CLOCK_WIDTH if self.with_clock else 0) + names + _NUMBER_WIDTH

    def text(self, record: LogRecord) -> str:
        """Return ``12:30:01.042 Greet          #1``, exactly ``width`` cells wide."""
        clock = name = ""
        if self.with_clock:
            whole = time.strftime("%H:%M:%S", time.localtime(record.time))
            clock = f"{whole}.{int(record.time * 1000) % 1000:03} "
        if self.with_names:
            name = f"{fitted(one_line(record.function), _NAME_WIDTH)} "
        number = "" if record.number is None else f"#{record.number}"
        return f"{clock}{name}{number:<{_NUMBER_WIDTH}}"


class LogView(LineWidget, ScrollView, can_focus=True):
    """Follows the newest line until the user scrolls up; searches, wraps, filters and selects."""

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
        """Posted when something changes that the log's frame shows."""

        def can_replace(self, message: Message) -> bool:
            """Return whether a waiting message makes this one redundant."""
            return isinstance(message, type(self))

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.missed = 0
        """Rows that were added since following stopped."""
        self._rows = LogRows()
        self._cursor: int | None = None
        self._width = 0
        self._strips: LRUCache[tuple[int, int, bool], Strip] = LRUCache(STRIPS)

    # Records

    def add(self, records: Sequence[LogRecord]) -> None:
        """Append records; unless the view follows, what is in view stays where it is."""
        if not records:
            return
        added, dropped = self._rows.add(records)
        self.missed = 0 if self.follow else self.missed + added
        if self._cursor is not None:
            self._cursor = max(0, self._cursor - dropped)
        if dropped and not self.follow:
            self._jump(max(0, self.scroll_offset.y - dropped))
        self._update_extent_and_scroll(grown=True)

    def replace(self, records: Sequence[LogRecord], *, is_cut: bool) -> None:
        """Show these records instead, the newest in view; ``is_cut`` when older ones are gone."""
        self.missed, self._cursor = 0, None
        self._rows.replace(records, is_cut=is_cut)
        self.follow = True
        self._rebuild()

    def _rebuild(self) -> None:
        self._strips.clear()
        room = max(8, self.size.width - self._gutter.width)
        self._rows.rebuild(
            wrap_at=room if self.wrap else None,
            query=self.query_text,
            only_matches=self.only_matches,
        )
        self._update_extent_and_scroll()

    def _update_extent_and_scroll(self, *, grown: bool = False) -> None:
        """Make all rows reachable by scrolling, and go to the newest row while following."""
        self._update_extent(grown=grown)
        if self.follow:
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
        # A scrollbar that was hidden in between starts at the top, wherever the view is.
        self.vertical_scrollbar.position = self.scroll_y
        self.refresh()
        self.post_message(self.Changed())

    def _update_extent(self, *, grown: bool) -> None:
        before, height, rows = self.virtual_size, self.size.height, len(self._rows)
        top = rows - height if self.follow else self.scroll_offset.y
        self._rows.make(max(0, top), height)
        width = 0 if self.wrap else self._gutter.width + self._rows.widest
        size = Size(max(width, 1), rows)
        if grown and before.height > height:
            # Assigning it would lay out the whole screen again, with every frame of a busy log.
            self.set_reactive(LogView.virtual_size, size)
            self.vertical_scrollbar.window_virtual_size = size.height
        else:
            self.virtual_size = size

    # Scrolling and the cursor

    @property
    def allow_horizontal_scroll(self) -> bool:
        """Whether a line is too long for the view. Textual's own answer needs a scrollbar."""
        return self.max_scroll_x > 0

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow at the end, and nowhere else."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value:
            self.follow = self.is_vertical_scroll_end
        elif self.is_vertical_scroll_end:
            self.follow = True
        if not self.follow:
            self._update_extent(grown=True)

    def watch_follow(self, follow: bool) -> None:
        """Go to the newest line when following begins."""
        if follow:
            self.missed, self._cursor = 0, None
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
        self.refresh()
        self.post_message(self.Changed())

    def watch_wrap(self) -> None:
        """Wrap lines at the edge, or let them run on."""
        self.scroll_to(x=0, animate=False)
        self._rebuild()

    def watch_query_text(self) -> None:
        """Mark the searched text in all lines."""
        self._rebuild()

    def watch_only_matches(self) -> None:
        """Hide the lines without a match, or show them again."""
        self._cursor = None
        self._rebuild()

    def watch_with_names(self) -> None:
        """Make room for the functions' names."""
        self._rebuild()

    def on_resize(self) -> None:
        """Wrap again when the width has changed."""
        if self._width != self.size.width:
            self._width = self.size.width
            self._rebuild()
        elif self.follow:
            self._update_extent_and_scroll()

    def notify_style_update(self) -> None:
        """Render anew after a change of theme."""
        super().notify_style_update()
        self._strips.clear()

    def action_cursor(self, step: int) -> None:
        """Move the line cursor; on the last line the view follows again."""
        if not len(self._rows):
            return
        last = len(self._rows) - 1
        here = last + (step < 0) if self._cursor is None else self._cursor
        if self._cursor is None and step > 0:
            return
        self._put_cursor(max(0, min(here + step, last)))

    def action_page(self, direction: int) -> None:
        """Move the line cursor by the height of the view."""
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
        """Put the line cursor where the mouse is."""
        offset = event.get_content_offset(self)
        if offset is not None and self.text_selection is None:
            row = offset.y + self.scroll_offset.y
            if row < len(self._rows):
                self._put_cursor(row)

    # Searching and copying

    def go_to_match(self, direction: int) -> bool:
        """Put the cursor on the next line with a match, and return whether there is one."""
        row = self._rows.next_match(self._cursor, direction)
        if row is not None:
            self._put_cursor(row)
        return row is not None

    @property
    def matches(self) -> int:
        """The number of lines that contain the searched text."""
        return self._rows.matches

    @property
    def line_text(self) -> str:
        """The line under the cursor, or the last one."""
        if not len(self._rows):
            return ""
        return self._rows[len(self._rows) - 1 if self._cursor is None else self._cursor][0].plain

    @property
    def all_text(self) -> str:
        """Every line that is shown."""
        return "\n".join(self._rows.texts())

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text without the gutter; the rows of a wrapped line are joined."""
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
        """Show what is selected."""
        self._strips.clear()
        self.refresh()

    # Rendering

    @property
    def _gutter(self) -> Gutter:
        return Gutter(self.size.width >= _CLOCK_FROM, self.with_names)

    def render_line(self, y: int) -> Strip:
        """Render one row of the log."""
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
        # The first row is not cached: it changes when rows are dropped, as it says so.
        if index and selection is None and (known := self._strips.get(key)) is not None:
            return known
        text = self._row_text(self._rows[index])
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

    def _row_text(self, row: Row) -> Text:
        """Return the row behind its gutter, with every match of the search marked."""
        line, start, end = row
        kind = self.style_of(f"log--{line.record.kind}")
        body = line.text[start:end]
        body.stylize_before(kind)
        if self.query_text:
            for found in re.finditer(re.escape(self.query_text), body.plain, re.IGNORECASE):
                body.stylize(self.style_of("log--match"), *found.span())
        gutter = self._gutter
        is_first = line.is_first and start == 0
        front = gutter.text(line.record) if is_first else " " * gutter.width
        text = Text(front, self.style_of("log--gutter"), end="")
        if start == 0 and line.glyph:
            text.right_crop(2)
            text.append(f"{line.glyph} ", kind)
        return Text.assemble(text, body)
