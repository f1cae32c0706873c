"""The log's lines: a window on the rows that renders each row once, and only when it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Span, Text
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.message import Message
from textual.reactive import var
from textual.selection import Selection
from textual.strip import Strip

from lambda_tui.ui.bindings import PANE_BINDINGS
from lambda_tui.ui.log import json_text
from lambda_tui.ui.log.gutter import Gutter, Largest
from lambda_tui.ui.log.lines import copied_text
from lambda_tui.ui.log.query import Query
from lambda_tui.ui.log.records import Extent, Kind, LogRecord
from lambda_tui.ui.log.rows import ROWS, LogRows, Row
from lambda_tui.ui.stack_frames import SourcePlace, find_place
from lambda_tui.ui.widgets import ScrollingLines, text_strip

STRIPS = 128
"""Rendered rows that are kept; not many, as each is a hundred objects to the garbage collector."""
_SELECTION_ORIGIN = 1 << 40
"""Added to the absolute number of a row, which may be negative, where text is selected."""
_NEAR = 50
"""Rows from the start or end of what is loaded at which more is asked for."""
_JSON_STYLES = (json_text.KEY, json_text.STRING, json_text.NUMBER, json_text.MARK)


class LogView(ScrollingLines, can_focus=True):
    """Follows the newest line until the user scrolls up; wraps, folds, marks and selects."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"log--{kind}" for kind in Kind), *(f"log--{one}" for one in _JSON_STYLES),
        "log--gutter", "log--match", "log--cursor", "log--place",
    }  # fmt: skip
    DEFAULT_CSS = "LogView { overflow: hidden; }"
    BINDINGS: ClassVar[list[BindingType]] = [*PANE_BINDINGS["the log"]]

    follow: var[bool] = var(True, init=False)
    wrap: var[bool] = var(False, init=False)

    @dataclass
    class Changed(Message):
        """Posted when something changes that the log's frame shows."""

        def can_replace(self, message: Message) -> bool:
            """Return whether a waiting message makes this one redundant."""
            return isinstance(message, type(self))

    @dataclass
    class MoreWanted(Message):
        """Posted when the start or the end of what is loaded comes near."""

        is_older: bool

        def can_replace(self, message: Message) -> bool:
            """Return whether a waiting message makes this one redundant."""
            return isinstance(message, type(self)) and message.is_older is self.is_older

    class FirstWanted(Message):
        """Posted when the user goes to the first line of all."""

    class LastWanted(Message):
        """Posted when the user goes to the newest line, which is not loaded."""

    @dataclass
    class PlaceChosen(Message):
        """Posted when a place in the source was clicked."""

        place: SourcePlace
        record: LogRecord

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.missed = 0
        """Rows that were added since following stopped."""
        self.is_live = True
        """Whether the newest record is loaded, so that others can follow it."""
        self.extent = Extent.FUNCTION
        """The extent of what is shown, which the lines need not repeat."""
        self.query_now = Query("")
        """The search that is marked in the lines."""
        self.rows = LogRows()
        self._cursor: int | None = None
        self._width = 0
        self._largest = Largest()
        self._gutter = Gutter()
        self._strips: LRUCache[tuple[int, int, bool], Strip] = LRUCache(STRIPS)

    # Records

    def add(self, records: Sequence[LogRecord]) -> None:
        """Append records that have just come; unless the view follows, they count as missed."""
        added = self.add_newer(records)
        self.missed = 0 if self.follow else self.missed + added

    def add_newer(self, records: Sequence[LogRecord]) -> int:
        """Append records, and return their rows; unless the view follows, the place stays."""
        if not records:
            return 0
        self._note_numbers(records)
        added = self.rows.add(records)
        dropped = self.rows.trim_start()
        self._shift(-dropped)
        self._update_extent_and_scroll()
        return added

    def add_older(self, records: Sequence[LogRecord], head: str) -> None:
        """Put older records before the others, below a row of this text; the place stays."""
        self._note_numbers(records)
        self._shift(self.rows.add_older(records) + self.rows.set_head(head))
        if not self.follow and self.rows.trim_end():
            self.is_live = False
        self._update_extent_and_scroll()

    def replace(self, records: Sequence[LogRecord], *, head: str, is_live: bool = True) -> None:
        """Show these records instead, the newest in view if others can follow it."""
        self.missed, self._cursor, self.is_live = 0, None, is_live
        self._largest = Largest().with_records(records)
        self.rows.set_head(head)
        self.rows.replace(records)
        self.rows.trim_start()
        self.follow = is_live
        self._rebuild()

    def set_head(self, text: str) -> None:
        """Begin with a row of this text; empty for none."""
        if shift := self.rows.set_head(text):
            self._shift(shift)
            self._update_extent_and_scroll()
        elif text:
            self._strips.clear()

    @property
    def is_full(self) -> bool:
        """Whether older rows must go if newer ones are added."""
        return len(self.rows) >= ROWS

    def count_missed(self, rows: int) -> None:
        """Count rows that have come and are not loaded."""
        self.missed += rows
        self.post_message(self.Changed())

    def mark(self, query: Query) -> None:
        """Mark what is looked for in the lines."""
        self.query_now = query
        self._strips.clear()
        self.refresh()

    def _note_numbers(self, records: Sequence[LogRecord]) -> None:
        """Make the gutter wider for larger numbers."""
        largest = self._largest.with_records(records)
        if largest != self._largest:
            self._largest = largest
            if self._make_gutter() != self._gutter:
                self._rebuild()

    def _make_gutter(self) -> Gutter:
        return Gutter.of(self.extent, self.row_width, self._largest)

    def _shift(self, rows: int) -> None:
        """Keep the place when so many rows were added before it."""
        if not rows:
            return
        if self._cursor is not None:
            self._cursor = max(0, self._cursor + rows)
        if not self.follow:
            self._update_extent()
            self._jump(max(0, self.scroll_offset.y + rows))

    def _rebuild(self) -> None:
        # A hidden tab has none: once it is shown again, the rows are to be made anew.
        self._width = self.row_width
        self._strips.clear()
        self._gutter = self._make_gutter()
        room = max(8, self.row_width - self._gutter.width)
        top = self._top_record
        self.rows.rebuild(wrap_at=room if self.wrap else None, cells=room)
        self._update_extent()
        found = self.rows.rows_of_record(top) if top is not None and not self.follow else None
        if found is not None:
            self._jump(found[0])
        self._update_extent_and_scroll()

    @property
    def _top_record(self) -> int | None:
        """The index of the record at the top of the view."""
        top = self.scroll_offset.y
        record = self.rows.record_at(top) if top < len(self.rows) else None
        return None if record is None else record.index

    def _update_extent_and_scroll(self) -> None:
        """Make all rows reachable by scrolling, and go to the newest row while following."""
        self._update_extent()
        if self.follow:
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
        # A scrollbar that was hidden in between starts at the top, wherever the view is.
        self.vertical_scrollbar.position = self.scroll_y
        self.refresh()
        self.post_message(self.Changed())

    def _update_extent(self) -> None:
        height, rows = self.size.height, len(self.rows)
        top = rows - height if self.follow else self.scroll_offset.y
        self.rows.make(max(0, top), height)
        width = 0 if self.wrap else self._gutter.width + self.rows.widest
        self.set_extent(width, rows)

    # Scrolling and the cursor

    @property
    def allow_horizontal_scroll(self) -> bool:
        """Whether a line is too long for the view. Textual's own answer needs a scrollbar."""
        return self.max_scroll_x > 0

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow at the end, and nowhere else; ask for more where what is loaded ends."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value:
            self.follow = self.is_live and self.is_vertical_scroll_end
        elif self.is_vertical_scroll_end and self.is_live:
            self.follow = True
        if not self.follow:
            self._update_extent()
            self._ask_for_more()

    def _ask_for_more(self) -> None:
        if self.scroll_offset.y < _NEAR:
            self.post_message(self.MoreWanted(is_older=True))
        if not self.is_live and self.max_scroll_y - self.scroll_offset.y < _NEAR:
            self.post_message(self.MoreWanted(is_older=False))

    def watch_follow(self, follow: bool) -> None:
        """Go to the newest line when following begins."""
        if follow and not self.is_live:
            self.set_reactive(LogView.follow, False)
            self.post_message(self.LastWanted())
        elif follow:
            self.missed, self._cursor = 0, None
            self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
        self.refresh()
        self.post_message(self.Changed())

    def watch_wrap(self) -> None:
        """Wrap lines at the edge, or let them run on."""
        self.scroll_to(x=0, animate=False)
        self._rebuild()

    def on_resize(self) -> None:
        """Wrap again when the width has changed."""
        if self._width != self.row_width:
            self._rebuild()
        elif self.follow:
            self._update_extent_and_scroll()

    def notify_style_update(self) -> None:
        """Render anew after a change of theme."""
        super().notify_style_update()
        self._strips.clear()

    def action_cursor(self, step: int) -> None:
        """Move the line cursor; on the last line the view follows again."""
        if not len(self.rows):
            return
        last = len(self.rows) - 1
        here = last + (step < 0) if self._cursor is None else self._cursor
        if self._cursor is None and step > 0:
            return
        self.put_cursor(max(0, min(here + step, last)), may_follow=True)

    def action_page(self, direction: int) -> None:
        """Move the line cursor by the height of the view."""
        self.action_cursor(direction * max(1, self.size.height - 1))

    def action_first(self) -> None:
        """Go to the first line that is kept."""
        self.post_message(self.FirstWanted())

    def action_last(self) -> None:
        """Go to the newest line, and follow."""
        self.follow = True

    def put_cursor(self, row: int, *, may_follow: bool = False) -> None:
        """Put the line cursor on a row and show it; on the last one the view may follow."""
        is_last = may_follow and self.is_live and row == len(self.rows) - 1
        self.follow, self._cursor = is_last, row
        if is_last:
            return
        top, height = self.scroll_offset.y, self.size.height
        if row < top:
            self._jump(row)
        elif row >= top + height:
            self._jump(row - height + 1)
        self._ask_for_more()
        self.refresh()

    def _jump(self, y: int) -> None:
        self.scroll_to(y=y, animate=False, immediate=True, force=True)

    # Folding

    def action_toggle_fold(self) -> None:
        """Open the record under the cursor in its place, or fold it."""
        row = self.cursor_row
        record = self.rows.record_at(row) if row is not None else None
        if record is not None:
            self.toggle(record)

    def toggle(self, record: LogRecord) -> None:
        """Open a record in its place, or fold it; the cursor is on its first line then."""
        found = self.rows.rows_of_record(record.index)
        if found is None:
            return
        was_last = found[1] == len(self.rows)
        self.rows.toggle(record)
        self._strips.clear()
        if was_last and self.follow:
            self._update_extent_and_scroll()
            return
        self._update_extent()
        self.put_cursor(found[0])
        self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        """Put the line cursor where the mouse is; open a folded record or a place in the source."""
        offset = event.get_content_offset(self)
        if offset is None or self.text_selection is not None:
            return
        row = offset.y + self.scroll_offset.y
        record = self.rows.record_at(row) if row < len(self.rows) else None
        if record is None:
            return
        line, start, _ = self.rows[row]
        self.put_cursor(row, may_follow=not line.is_fold)
        if line.is_fold:
            self.toggle(record)
            return
        place = find_place(line.plain)
        column = offset.x + self.scroll_offset.x - self._gutter.width + start
        if place is not None and place.start <= column < place.end:
            self.post_message(self.PlaceChosen(place, record))

    # Searching and copying

    @property
    def has_cursor(self) -> bool:
        """Whether the user has chosen a line."""
        return self._cursor is not None

    @property
    def cursor_row(self) -> int | None:
        """The row under the cursor, or the last one; None for an empty log."""
        if not len(self.rows):
            return None
        return len(self.rows) - 1 if self._cursor is None else min(self._cursor, len(self.rows) - 1)

    def rows_with_match(self, index: int) -> list[int]:
        """Return the rows, of the record with this index, in which the search is found."""
        first, end = self.rows.rows_of_record(index) or (0, 0)
        found: list[int] = []
        for row in range(first, end):
            line, start, stop = self.rows[row]
            if any(start <= span[0] < stop for span in self.query_now.spans(line.plain)):
                found.append(row)
        return found

    @property
    def line_text(self) -> str:
        """The line under the cursor, or the last one; all of a folded record."""
        row = self.cursor_row
        if row is None:
            return ""
        line = self.rows[row][0]
        return copied_text(line.record) if line.is_fold else line.plain

    @property
    def all_text(self) -> str:
        """Every line that is loaded."""
        return "\n".join(self.rows.texts())

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text without the gutter; the rows of a wrapped line are joined."""
        parts: list[str] = []
        gutter, origin = self._gutter.width, self._selection_origin
        begin = 0 if selection.start is None else max(0, selection.start.y - origin)
        last = len(self.rows) - 1
        end = last if selection.end is None else min(last, selection.end.y - origin)
        for y in range(begin, end + 1):
            span = selection.get_span(y + origin)
            if span is None:
                continue
            line, start, stop = self.rows[y]
            first = max(0, span[0] - gutter)
            until = None if span[1] == -1 else max(0, span[1] - gutter)
            parts += ["" if start or not parts else "\n", line.plain[start:stop][first:until]]
        return ("".join(parts), "\n") if parts else None

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected."""
        self._strips.clear()
        self.refresh()

    @property
    def _selection_origin(self) -> int:
        """The difference of a row's index to a number that stays when other rows come or go."""
        return self.rows.first + _SELECTION_ORIGIN

    # Rendering

    def render_line(self, y: int) -> Strip:
        """Render one row of the log."""
        scroll_x, scroll_y = self.scroll_offset
        width, index = self.row_width, y + scroll_y
        if index >= len(self.rows):
            return Strip.blank(width, self.base)
        strip = self._row_strip(index)
        end = scroll_x + width
        if not self.wrap and strip.cell_length > end:
            # Cut text says so: a number must not look like a smaller one.
            sign = Strip([Segment("…", self.base + self.style_of("log--gutter"))], 1)
            strip = Strip.join([strip.crop_extend(scroll_x, end - 1, self.base), sign])
        else:
            strip = strip.crop_extend(scroll_x, end, self.base)
        return strip.apply_offsets(scroll_x, index + self._selection_origin)

    def _row_strip(self, index: int) -> Strip:
        has_cursor = index == self._cursor and not self.follow
        key = (index + self.rows.first, self.rows[index][1], has_cursor)
        selection = self.text_selection
        # The first row is not cached: it changes when rows are dropped, as it says so.
        if index and selection is None and (known := self._strips.get(key)) is not None:
            return known
        text = self._row_text(self.rows[index])
        base = self.base
        if has_cursor:
            base += self.style_of("log--cursor")
        span = None if selection is None else selection.get_span(index + self._selection_origin)
        if span is not None:
            end = len(text) if span[1] == -1 else span[1]
            style = self.screen.get_component_rich_style("screen--selection")
            text.stylize(style, span[0], end)
        width = max(self.row_width, cell_len(text.plain))
        strip = self._strips[key] = text_strip(text, width, base)
        return strip

    def _row_text(self, row: Row) -> Text:
        """Return the row behind its gutter, with every match of the search marked."""
        line, start, end = row
        kind = self.style_of(f"log--{line.record.kind}")
        body = line.text[start:end]
        body.spans = [
            Span(span.start, span.end, self.style_of(f"log--{span.style}"))
            if span.style in _JSON_STYLES
            else span
            for span in body.spans
        ]
        body.stylize_before(kind)
        if (place := find_place(line.plain)) is not None:
            style = self.style_of("log--place")
            body.stylize(style, max(0, place.start - start), max(0, place.end - start))
        if self.query_now:
            for first, last in self.query_now.spans(line.plain):
                if last > start and first < end:
                    style = self.style_of("log--match")
                    body.stylize(style, max(0, first - start), last - start)
        gutter = self._gutter
        is_first = line.is_first and start == 0
        front = gutter.text(line.record) if is_first else " " * gutter.width
        if self.rows.record_at(0) is None and line is self.rows[0][0]:
            front = ""
        text = Text(front, self.style_of("log--gutter"), end="")
        if start == 0 and line.glyph:
            text.right_crop(2)
            text.append(f"{line.glyph} ", kind)
        return Text.assemble(text, body)
