"""The lives with a cursor on one of their segments."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.binding import BindingType
from textual.message import Message

from lambda_tui.ui.bindings import PANE_BINDINGS
from lambda_tui.ui.lives.cells import columns_of_segment
from lambda_tui.ui.lives.view import LivesView
from lambda_tui.ui.model.lives import Life, Segment, SegmentKind, long_duration

_PASSING_SECONDS = 1.0
"""Seconds that an idle segment lasts at least to be stepped on: most are on their way to frozen."""


_MEASURE_FROM = 6
"""Lines of the widget from which the chosen segment is measured."""


class SegmentChooser(LivesView):
    """All lives that are kept; arrows go from segment to segment and from life to life."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"segment--chosen"}
    BINDINGS: ClassVar[list[BindingType]] = [*PANE_BINDINGS["the clock over the screen"]]

    @dataclass
    class Stepped(Message):
        """Posted when another segment has the cursor, or something else has changed."""

        view: SegmentChooser

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._segment: Segment | None = None

    @property
    def headings(self) -> int:
        """Another row that measures the chosen segment."""
        return super().headings + int(bool(self.items) and self.size.height >= _MEASURE_FROM)

    @property
    def segment(self) -> Segment | None:
        """The segment under the cursor; None without a life."""
        life = self.highlighted
        if life is None or not life.segments:
            return None
        segment = self._segment
        if segment is not None and segment not in life.segments:
            # It was joined with others, or belongs to another life.
            segment = _nearest(life, segment.start)
        return segment or _newest(life)

    def shown_lives(self) -> Sequence[Life]:
        """Return all lives, by the numbers of their environments."""
        return self.lives.all

    def choose(self, life: Life, segment: Segment | None) -> None:
        """Put the cursor on a segment; None takes the newest."""
        self._segment = segment or _newest(life)
        self.highlight(life.id)
        if self._segment is not None:
            self.bring_into_view(self._segment.start, self._segment.end or time.time())
        self._show()

    def click(self, life: Life, segment: Segment | None) -> None:
        """Put the cursor on what was clicked."""
        self.choose(life, segment)

    def on_shown(self) -> None:
        """Tell of the segment, which may have changed, or another may have the cursor."""
        self.post_message(self.Stepped(self))

    def action_zoom_time(self, step: int) -> None:
        """Show more or less time around the segment."""
        super().action_zoom_time(step)
        if (segment := self.segment) is not None:
            self.bring_into_view(segment.start, segment.end or time.time())

    def action_step_segment(self, step: int) -> None:
        """Go to the segment before or after."""
        life, segment = self.highlighted, self.segment
        if life is None or segment is None:
            return
        index = life.segments.index(segment) + step
        while 0 < index < len(life.segments) - 1 and _is_passing(life.segments[index]):
            index += step
        self.choose(life, life.segments[max(0, min(index, len(life.segments) - 1))])

    def action_cursor(self, step: int) -> None:
        """Go to a life above or below, to what happened there at the same time."""
        segment = self.segment
        super().action_cursor(step)
        life = self.highlighted
        if life is not None and segment is not None:
            middle = segment.start + segment.seconds(time.time()) / 2
            self.choose(life, _nearest(life, middle))

    def action_choose(self) -> None:
        """Post the segment under the cursor."""
        life, segment = self.highlighted, self.segment
        if life is not None and segment is not None:
            self.post_message(self.SegmentChosen(self, life, segment))

    def heading_at(self, y: int, width: int) -> Text:
        """Return the clock, and below it the length of the chosen segment over its cells."""
        if y == 0:
            return self.heading(width)
        line = [" "] * width
        if (segment := self.segment) is not None:
            columns = columns_of_segment(segment, self.axis)
            left = width - self.axis.width
            label = f" {long_duration(segment.took_ms(time.time()))} "
            _measure(line, left + columns.start, left + columns.stop, label)
        return Text().append("".join(line), self.style_of("segment--chosen"))

    def row(self, item: Life, width: int) -> Text:
        """Return the row, with the cells of the chosen segment marked."""
        row = super().row(item, width)
        if item is self.highlighted and (segment := self.segment) is not None:
            columns = columns_of_segment(segment, self.axis)
            left = width - self.axis.width
            style = self.style_of("segment--chosen")
            row.stylize(style, left + columns.start, left + columns.stop)
        return row


def _measure(line: list[str], start: int, stop: int, label: str) -> None:
    """Write ``├─ 3.00 s ─┤`` over the cells, or a mark and the length beside it."""
    if start >= stop:
        return
    if stop - start >= len(label) + 4:
        line[start:stop] = f"├{label:─^{stop - start - 2}}┤"
        return
    line[start:stop] = "▾" if stop - start == 1 else f"├{'─' * (stop - start - 2)}┤"
    place = stop if stop + len(label) <= len(line) else start - len(label)
    line[place : place + len(label)] = label


def _is_passing(segment: Segment) -> bool:
    is_idle = segment.kind is SegmentKind.IDLE
    return is_idle and segment.end is not None and segment.seconds(0.0) < _PASSING_SECONDS


def _nearest(life: Life, moment: float) -> Segment:
    """Return the segment at a moment, else the first or the last one."""
    return life.at(moment) or life.segments[0 if moment < life.start else -1]


def _newest(life: Life) -> Segment | None:
    """Return the newest segment in which something was done."""
    busy = (each for each in reversed(life.segments) if not each.is_quiet)
    return next(busy, life.segments[-1] if life.segments else None)
