"""The lives of a function's environments over the full screen, with what a segment consists of."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from lambda_tui.engine.pool import Pool
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.feed import Feed
from lambda_tui.ui.keys import PromptScreen
from lambda_tui.ui.lives import SegmentChooser, legend
from lambda_tui.ui.log import LogRecord, Scope
from lambda_tui.ui.log.lines import LogLine, log_lines
from lambda_tui.ui.model.lives import Life, Segment, clock_with_milliseconds, duration, facts, title
from lambda_tui.ui.widgets import RowList
from lambda_tui.wording import counted

MOST_LINES = 500
"""Lines of a segment's log that are shown."""
_ROWS_AROUND = 5
"""Rows of the list of lives beside those of lives: its frame, clock, measure and sum."""
_LEAST_ROWS = 8
_KEYS = "←→ segment  ↑↓ env  + − zoom  [ ] scroll  0 now  enter invocation  esc back"


class SegmentLog(RowList[tuple[int, LogLine]]):
    """The lines that were logged during a segment."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *("log--function", "log--extension", "log--platform", "log--report"),
        *("log--divider", "log--warning", "log--error", "log--gutter"),
    }

    def key(self, item: tuple[int, LogLine]) -> Hashable:
        """Return the line's position."""
        return item[0]

    def row(self, item: tuple[int, LogLine], width: int) -> Text:
        """Return the time and the text of a line."""
        _, line = item
        moment = clock_with_milliseconds(line.record.time) if line.is_first else ""
        row = Text(no_wrap=True, overflow="ellipsis")
        row.append(f"{moment:<13}{line.glyph:<2}", self.style_of("log--gutter"))
        text = line.text.copy()
        text.stylize_before(self.style_of(f"log--{line.record.kind}"))
        row.append_text(text)
        row.truncate(width, overflow="ellipsis")
        return row


class LivesScreen(PromptScreen):
    """Every life that is kept, on one clock; below it the chosen segment with its log."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,z,q", "app.pop_screen", "Back"),
        Binding("question_mark,f1", "help", "Help", show=False),
    ]

    def __init__(
        self,
        feed: Feed,
        pool: Pool,
        environment: str | None,
        scale: int | None,
        on_chosen: Callable[[Life, Segment], None],
    ) -> None:
        """``environment`` is the id of the one to begin with, and ``scale`` the chosen one of
        the clock.

        ``on_chosen`` is called when the user leaves by a segment.
        """
        super().__init__(id="lives-screen")
        self._feed = feed
        self._pool = pool
        self._environment = environment
        self._on_chosen = on_chosen
        self._chooser = SegmentChooser(id="lives")
        self._chooser.chosen_scale = scale
        self._facts = Static(id="segment-facts")
        self._log = SegmentLog(id="segment-log")
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Yield the lives above the facts and the log of the chosen segment."""
        yield self._chooser
        with Container(id="segment", classes="pane"):
            yield self._facts
            yield self._log

    def on_mount(self) -> None:
        """Begin with the environment that was under the cursor."""
        self._chooser.add_class("pane")
        self.set_focus(self._chooser)
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.paint()
        life = self._chooser.lives.by_id(self._environment or "") or self._chooser.highlighted
        if life is not None:
            self._chooser.choose(life, None)

    def paint(self) -> None:
        """Show the lives as they are now. The main screen calls this when it paints itself."""
        if not self.is_attached:
            return
        lives = self._feed.lives.of(self._pool.function.name)
        # As high as its rows; the segment has what is left.
        rows = min(len(lives.all) + _ROWS_AROUND, self.size.height * 3 // 5)
        self._chooser.styles.height = max(rows, _LEAST_ROWS)
        self._chooser.show_lives(self._pool, lives)

    @on(SegmentChooser.SegmentChosen)
    def _leave_by_segment(self, event: SegmentChooser.SegmentChosen) -> None:
        self.app.pop_screen()
        self._on_chosen(event.life, event.segment)

    def _write_frame(self) -> None:
        lives = self._chooser.lives
        ended = len(lives.ended)
        name = one_line(self._pool.function.name)
        count = counted(len(lives.living), "environment")
        parts = [name, count, f"{ended} ended" if ended else ""]
        parts.append(f"a cell is {duration(self._chooser.axis.cell)}")
        self._chooser.border_title = Content(" · ".join(filter(None, parts)))
        self._chooser.border_subtitle = Content(legend(self.size.width - 6))

    @on(SegmentChooser.Stepped)
    def _show_segment(self) -> None:
        self._write_frame()
        life, segment = self._chooser.highlighted, self._chooser.segment
        pane = self.query_one("#segment")
        pane.border_subtitle = Content(_KEYS)
        if life is None or segment is None:
            self._facts.update("")
            return
        now = time.time()
        known = facts(life, segment, now)
        records = _records(self._feed, life, segment)
        shown = (life.id, segment.start, tuple(known), len(records), records and records[-1].time)
        if shown == self._shown:
            return
        self._shown = shown
        pane.border_title = Content(title(life, segment))
        self._facts.update(Content.assemble(*_lines(known)))
        lines = [line for record in records for line in log_lines(record)][-MOST_LINES:]
        self._log.show_items(list(enumerate(lines)))


def _lines(known: list[tuple[str, str]]) -> list[tuple[str, str] | str]:
    parts: list[tuple[str, str] | str] = [f"{known[0][1]}\n"]
    for label, value in known[1:]:
        parts += [(f"{label:>8}  ", "$text-dim"), f"{one_line(value)}\n"]
    return parts


def _records(feed: Feed, life: Life, segment: Segment) -> list[LogRecord]:
    """Return what an environment logged during a segment; the newest where that is much."""
    scope = Scope(life.function, life.number)
    end = segment.end
    return [
        record
        for record in feed.log.recent(scope)
        if segment.start <= record.time and (end is None or record.time <= end)
    ][-MOST_LINES:]
