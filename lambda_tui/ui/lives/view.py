"""The list of environments with their figures, and their lives on one clock beside them."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.timer import Timer

from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.bindings import PANE_BINDINGS
from lambda_tui.ui.glyphs import STATE_CLASSES
from lambda_tui.ui.lives.cells import FOLD_GLYPH, LOOKS, Cell, draw, segment_at
from lambda_tui.ui.lives.columns import Column, Layout, columns_of, lay_out
from lambda_tui.ui.model.lives import (
    SCALES,
    USUAL_SCALE,
    Axis,
    FunctionLives,
    Life,
    Segment,
    clock_time,
)
from lambda_tui.ui.widgets import RowList

_LEAST_PICTURE = 24
"""Cells that the picture has at least, before any but the first columns are shown."""
_SHARE_OF_PICTURE = 0.45
"""Share of the width that the picture gets before the less important columns."""
_HEADING_FROM, _FOOTING_FROM = 2, 4
"""Lines of the widget from which it has a heading, and a row of how many ran at once."""
_RUNNING_TICK, _SECONDS_TICK, _QUIET_TICK = 1.0, 10.0, 60.0
"""Seconds between two paints without an event: while something runs, and by the figures shown."""
_FASTEST_TICK = 0.1


class LivesView(RowList[Life]):
    """A row for each environment: its state, its figures and its life.

    The clock's right end is the present while something runs, else the moment at which the last
    thing ended, so that nothing has to be painted while nothing happens.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *STATE_CLASSES.values(),
        *LOOKS,
        *("bar--filled", "bar--full", "bar--track", "lives--fold", "lives--count"),
    }
    BINDINGS: ClassVar[list[BindingType]] = [*PANE_BINDINGS["the environments"]]

    @dataclass
    class SegmentChosen(Message):
        """Posted when a segment was clicked, or enter was pressed on it."""

        view: LivesView
        life: Life
        segment: Segment

        @property
        def control(self) -> LivesView:
            """The view, which ``@on`` selects by."""
            return self.view

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self.lives = FunctionLives()
        self.axis = Axis.make(0.0, 0, SCALES[USUAL_SCALE])
        self.pool: Pool | None = None
        self.chosen_scale: int | None = None
        """Index of the seconds that a cell shows, as the user has chosen it."""
        self._fitting_scale = 0
        """Index of the seconds with which all that is known fits, up to the usual ones."""
        self._end: float | None = None
        """The right end of a clock that was scrolled; None while it follows."""
        self._layout = Layout(())
        self._columns: list[Column] = []
        self._timer: Timer | None = None
        self._due = 0.0
        self._drawn: dict[str, tuple[Hashable, Text]] = {}
        """The pictures of lives, with what they were drawn from."""
        self._styles_of_cells: dict[tuple[str, str, bool], Style] = {}

    @property
    def is_following(self) -> bool:
        """Whether the clock's right end follows what happens."""
        return self._end is None

    @property
    def headings(self) -> int:
        """One row, where at least two are left for environments."""
        return int(not self.items or self.size.height >= _HEADING_FROM)

    @property
    def footings(self) -> int:
        """One row, where there is room."""
        return int(bool(self.items) and self.size.height >= _FOOTING_FROM)

    def key(self, item: Life) -> Hashable:
        """Return the environment's id."""
        return item.id

    # Showing

    def show_lives(self, pool: Pool, lives: FunctionLives) -> None:
        """Show the environments of a pool as they are now."""
        if pool is not self.pool:
            self._layout, self._end = Layout(()), None
            self._fitting_scale = 0
            self._drawn.clear()
        self.pool, self.lives = pool, lives
        lives.notice(pool.environments, time.time())
        self._show()

    def shown_lives(self) -> Sequence[Life]:
        """Return the lives to show: of those that have ended, only what is in view."""
        ended = (life for life in self.lives.ended if (life.ended or 0.0) >= self.axis.start)
        return [*self.lives.living, *reversed(list(ended))]

    def _show(self) -> None:
        if self.pool is None:
            return
        width = self.row_width
        picture = max(_LEAST_PICTURE, round(width * _SHARE_OF_PICTURE))
        candidates = [*self.lives.living, *self.lives.ended]
        self._columns = columns_of(self.pool, candidates)
        self._layout = lay_out(self._columns, candidates, width, picture, self._layout)
        self.axis = self._make_axis(width - self._layout.width - 1)
        self.show_items(self.shown_lives())
        self.on_shown()
        self._plan_tick()

    def on_shown(self) -> None:
        """Do what is due whenever something is shown anew, by an event, a key or the clock."""

    def on_resize(self) -> None:
        """Lay everything out for the new size."""
        self._layout = Layout(())
        self._show()

    @property
    def scale(self) -> int:
        """Index of the seconds that a cell shows."""
        return self._fitting_scale if self.chosen_scale is None else self.chosen_scale

    def _make_axis(self, width: int) -> Axis:
        """Return the clock, in the finest scale that shows everything unless one was chosen."""
        end = self._live_end() if self._end is None else self._end
        gaps = self.lives.activity.quiet(0.0, end)
        axis = Axis.make(end, max(0, width), SCALES[self.scale], gaps)
        oldest = min((life.start for life in self.lives.all), default=end)
        may_fit = width > 0 and self.chosen_scale is None
        while may_fit and axis.start > oldest and self.scale < USUAL_SCALE:
            self._fitting_scale += 1
            axis = Axis.make(end, max(0, width), SCALES[self.scale], gaps)
        return axis

    def _live_end(self) -> float:
        """Return the present while something runs, else the last moment at which it did."""
        activity = self.lives.activity
        if activity.is_under_way or activity.last is None:
            return time.time()
        return activity.last

    # The clock

    def action_zoom_time(self, step: int) -> None:
        """Show more or less time."""
        scale = max(0, min(self.scale + step, len(SCALES) - 1))
        if scale == self.scale:
            return
        if self._end is not None and self.axis.width:
            middle = self.axis.starts[self.axis.width // 2]
            self._end = middle + self.axis.width / 2 * SCALES[scale]
            self._end = min(self._end, self._live_end())
        self.chosen_scale = scale
        self._show()

    def action_scroll_time(self, direction: int) -> None:
        """Show an earlier or a later time, a quarter of the width away."""
        if not self.axis.width:
            return
        step = max(1, self.axis.width // 4)
        if direction < 0:
            oldest = min((life.start for life in self.lives.all), default=self.axis.start)
            if self.axis.start > oldest:
                self._end = self.axis.starts[-step]
        elif self._end is not None:
            end = self._end + step * self.axis.cell
            for gap_start, gap_end in self.lives.activity.quiet(0.0, time.time()):
                # A folded gap is passed in one step.
                if gap_start <= end < gap_end:
                    end = gap_end + step * self.axis.cell
            self._end = end if end < self._live_end() else None
        self._show()

    def action_follow_time(self) -> None:
        """Let the clock's right end follow what happens."""
        self._end = None
        self._show()

    def bring_into_view(self, start: float, end: float) -> None:
        """Scroll the clock as far as a stretch of time needs to be seen."""
        if self.axis.start <= start and end <= self.axis.end:
            return
        middle = min((start + end) / 2, start + self.axis.width / 2 * self.axis.cell)
        end = middle + self.axis.width / 2 * self.axis.cell
        self._end = end if end < self._live_end() else None
        self._show()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zoom out with ctrl, show a later time with shift."""
        self._turn_clock(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zoom in with ctrl, show an earlier time with shift."""
        self._turn_clock(event, -1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Show an earlier time."""
        self.action_scroll_time(-1)
        event.stop()

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Show a later time."""
        self.action_scroll_time(1)
        event.stop()

    def _turn_clock(self, event: events.MouseEvent, direction: int) -> None:
        if event.ctrl:
            self.action_zoom_time(direction)
        elif event.shift:
            self.action_scroll_time(direction)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_click(self, event: events.Click) -> None:
        """Choose the row under the mouse, and the segment where there is one."""
        # In the place of what any list does with a click.
        event.prevent_default()
        offset = event.get_content_offset(self)
        index = None if offset is None else self.index_at(offset.y)
        if offset is None or index is None:
            return
        column = offset.x - self._layout.width - 1
        life = self.items[index]
        is_picture = 0 <= column < self.axis.width
        self.click(life, segment_at(life, self.axis, column) if is_picture else None)

    def click(self, life: Life, segment: Segment | None) -> None:
        """Choose a row that was clicked, and the segment if one was clicked."""
        self.highlight(life.id)
        self.post_message(self.Chosen(self, life))
        if segment is not None:
            self.post_message(self.SegmentChosen(self, life, segment))

    # Ticking

    def _plan_tick(self) -> None:
        """Plan the next paint that is due without an event, if anything in view changes."""
        delay = self._tick_delay()
        if delay is None:
            self._stop_ticking()
            return
        due = time.monotonic() + delay
        if self._timer is None or due < self._due:
            self._stop_ticking()
            self._due = due
            self._timer = self.set_timer(delay, self._tick)

    def _tick_delay(self) -> float | None:
        if not self.is_attached or not self.screen.is_current or not self.region:
            return None
        if self.lives.activity.is_under_way and self.is_following:
            return min(max(self.axis.cell, _FASTEST_TICK), _RUNNING_TICK)
        shown = [life.environment for life in self.items if life.environment is not None]
        if any(_awaits_sample(one) for one in shown):
            return _RUNNING_TICK
        if not shown or not any(column.needs_tick for column, _ in self._layout.columns):
            return None
        now = time.monotonic()
        times = [now - one.created for one in shown]
        times += [one.removal_at - now for one in shown if one.removal_at is not None]
        is_young = any(0 <= each < _QUIET_TICK for each in times)
        return _SECONDS_TICK if is_young else _QUIET_TICK

    def _tick(self) -> None:
        self._stop_ticking()
        self._show()

    def _stop_ticking(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    # Drawing

    def heading(self, width: int) -> Text:
        """Return the names of the columns and the clock, or what to do without an environment."""
        if not self.items:
            return self._empty()
        head = Text(self._layout.heading() + " ")
        clock = [" "] * self.axis.width
        for fold in self.axis.folds:
            # Half of a label would be another, wrong time.
            is_whole = len(fold.label) <= fold.width
            _write(clock, fold.column, fold.label if is_whole else FOLD_GLYPH * fold.width)
        end = self._live_end() if self._end is None else self._end
        right = "now" if self._is_now else clock_time(end)
        for column, label in self.axis.labels():
            if column < self.axis.width - len(right):
                _write(clock, column - len(label) + 1, label)
        is_free = len(right) <= self.axis.width and all(
            fold.column + fold.width < self.axis.width - len(right) for fold in self.axis.folds
        )
        if is_free:
            _write(clock, self.axis.width - len(right), right)
        return head.append("".join(clock))

    @property
    def _is_now(self) -> bool:
        return self.is_following and self.lives.activity.is_under_way

    def row(self, item: Life, width: int) -> Text:
        """Return the environment's figures in columns, and its life in the remaining room."""
        row = Text()
        dim = self.style_of("row--dim") if item.ended is not None else None
        for text, look in self._layout.row(item):
            row.append(text, self.style_of(look) if look else dim)
        return row.append(" ").append_text(self._picture(item))

    def notify_style_update(self) -> None:
        """Drop what was drawn: the theme or the focus has changed."""
        super().notify_style_update()
        self._drawn.clear()
        self._styles_of_cells.clear()

    def _picture(self, life: Life) -> Text:
        """Return a life on the present clock, drawn anew only when one of them has changed."""
        # A cell shows eighths: there is nothing new to draw before the next one.
        part = self.axis.cell / 8
        moment = time.time() // part * part if life.is_working else 0.0
        source = (life.revision, moment, self.axis)
        known = self._drawn.get(life.id)
        if known is None or known[0] != source:
            picture = Text()
            for cells in _runs(draw(life, self.axis, moment)):
                style = self._cell_style(cells[0], is_dim=life.ended is not None)
                picture.append("".join(cell.glyph for cell in cells), style)
            known = self._drawn[life.id] = (source, picture)
            while len(self._drawn) > 2 * max(len(self.items), 100):
                del self._drawn[next(iter(self._drawn))]
        return known[1]

    def _cell_style(self, cell: Cell, *, is_dim: bool) -> Style:
        if not cell.look:
            return Style.null()
        key = (cell.look, cell.behind, is_dim)
        style = self._styles_of_cells.get(key)
        if style is None:
            style = self._styles_of_cells[key] = self._make_cell_style(cell)
            if is_dim:
                style += self.style_of("row--dim").without_color
                self._styles_of_cells[key] = style
        return style

    def _make_cell_style(self, cell: Cell) -> Style:
        style = self.style_of(cell.look)
        if style.reverse is None:
            # Where the cursor's row is reversed for want of colours, its picture stays readable.
            style += Style(reverse=False)
        if cell.behind and (colour := self.style_of(cell.behind).color) is not None:
            style += Style(bgcolor=colour)
        return style

    def footing(self, width: int) -> Text:
        """Return how many environments invoked at once, column by column."""
        axis, at_once = self.axis, self.lives.at_once
        counts = [
            at_once.most(start, axis.end_of(column)) for column, start in enumerate(axis.starts)
        ]
        most = max(counts, default=0)
        glyphs = "".join(_count_glyph(count, most) for count in counts)
        labels = [f"at once, at most {most}", f"at most {most}", str(most)] if most else ["at once"]
        room = max(0, self._layout.width - 1)
        label = next((one for one in labels if len(one) <= room), "")
        return (
            Text()
            .append(f"{label:>{self._layout.width}} ")
            .append(glyphs, self.style_of("lives--count"))
        )

    def _empty(self) -> Text:
        if self.pool is not None and self.pool.problem:
            return Text(f"✗ {one_line(self.pool.problem)}", no_wrap=True, overflow="ellipsis")
        if self.pool is not None and self.pool.snapshot is not None:
            return Text("None yet: i invokes, and one is restored from the snapshot.")
        return Text("None yet: i invokes, and a cold start makes one.")


def _awaits_sample(environment: ExecutionEnvironment) -> bool:
    """Return whether its figures are about to change: they are sampled until it stands still."""
    is_still = environment.state in (State.FROZEN, State.RESET)
    return not is_still or environment.usage.taken <= environment.state_since


def _count_glyph(count: int, most: int) -> str:
    """Return a digit, or a bar where the largest number has two."""
    if not count:
        return " "
    return str(count) if most < 10 else "▁▂▃▄▅▆▇█"[max(0, round(count / most * 8) - 1)]


def _write(line: list[str], column: int, text: str) -> None:
    for offset, character in enumerate(text):
        if 0 <= column + offset < len(line):
            line[column + offset] = character


def _runs(cells: list[Cell]) -> list[list[Cell]]:
    """Return the cells in runs of the same look."""
    return [list(run) for _, run in groupby(cells, key=lambda cell: (cell.look, cell.behind))]
