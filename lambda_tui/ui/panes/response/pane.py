"""The tab of an invocation's response: its status, and its content in the view that fits best."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.notifications import SeverityLevel
from textual.widget import Widget
from textual.widgets import Input, Static

from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.pool import Pool
from lambda_tui.history import InvocationRecord
from lambda_tui.project.function import Function
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.bindings import PANE_BINDINGS
from lambda_tui.ui.editor import open_in_editor
from lambda_tui.ui.figures import milliseconds, size
from lambda_tui.ui.glyphs import STATUS_GLYPHS
from lambda_tui.ui.model import Selected
from lambda_tui.ui.model.responses import BEFORE, JsonPath, JsonRow, find
from lambda_tui.ui.panes.response.reading import Line, Reading
from lambda_tui.ui.panes.response.rows import ResponseRows
from lambda_tui.ui.panes.response.view_names import ViewNames
from lambda_tui.ui.stack_frames import SourcePlace, find_place, local_file
from lambda_tui.ui.widgets import Pane, RowList

_READ_AT_ONCE = 64_000
"""Bytes of a response up to which it is read without a thread."""
_PARTS_PAUSE = 0.1
"""Seconds between two paints of a response that is streamed."""


class SearchField(Input):
    """The text that is searched for."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    class Left(Message):
        """Posted when the search is to end."""

    def action_leave(self) -> None:
        """End the search."""
        self.post_message(self.Left())


class ResponsePane(Vertical, Pane):
    """A line with the status and what it cost, above the response.

    Views are the error with its stack, the HTTP response, the JSON tree, the parts of a stream, and
    the text as it is; each response has those that make sense for it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*PANE_BINDINGS["the response"]]
    DEFAULT_CSS = """
    ResponsePane {
        #response-head { height: 1; }
        #response-status { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        ViewNames { width: auto; height: 1; padding: 0 0 0 1; }
        ResponseRows { height: 1fr; }
        SearchField { display: none; height: 1; border: none; padding: 0; }
        SearchField.-open { display: block; }
    }
    """

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self.title = "6 Response"
        self.rows = ResponseRows(id="response-rows")
        self._status = Static(id="response-status", markup=False)
        self._names = ViewNames(id="response-views", markup=False)
        self._search = SearchField(id="response-search", placeholder="find", compact=True)
        self._pool: Pool | None = None
        """The pool of the function whose code its stacks name."""
        self._record: InvocationRecord | None = None
        self._invocation: Invocation | None = None
        self._shown: tuple[object, ...] = ()
        """Tells whether there is anything new to show."""
        self._payload: bytes | None = None
        self._reading: Reading | None = None
        self._view = ""
        self._wanted_view = ""
        """The view that the user has chosen, for all responses that have it."""
        self._matches: list[JsonPath] = []
        self._stop_parts = _nothing
        self._has_new_parts = False

    def compose(self) -> ComposeResult:
        """Yield the status and the names of the views, the response, and the search."""
        with Horizontal(id="response-head"):
            yield self._status
            yield self._names
        yield self.rows
        yield self._search

    def on_unmount(self) -> None:
        """Take no more notice of a stream."""
        self._stop_parts()

    @property
    def focus_target(self) -> Widget:
        """The rows."""
        return self.rows

    @property
    def item_text(self) -> str | None:
        """The value or the line under the cursor."""
        row = self.rows.highlighted
        if isinstance(row, JsonRow):
            if row.node is None:
                return row.piece
            # A string is copied as what it says, everything else as it is written.
            return row.node.text
        return None if row is None else "".join(piece for piece, _ in row.pieces)

    @property
    def whole_text(self) -> str:
        """The whole response, though only its beginning may be shown."""
        return (self._payload or b"").decode("utf-8", "replace")

    # Showing

    def show(self, selected: Selected) -> None:
        """Show the response of the selected invocation."""
        self._pool = selected.pool
        self.show_response(selected.record, selected.response, selected.invocation)

    def show_response(
        self,
        record: InvocationRecord | None,
        payload: bytes | None,
        invocation: Invocation | None = None,
    ) -> None:
        """Show a response; does nothing when nothing has changed.

        ``payload`` is None as long as there is none, and its beginning where the record says that
        there was more. ``invocation`` is there for one of this
        session, whose response may come in parts.
        """
        key = (
            ()
            if record is None
            else (
                record.session,
                record.function,
                record.number,
                record.status,
                record.duration_ms,
                id(payload),
                len(invocation.parts) if invocation is not None else 0,
            )
        )
        if key == self._shown and self._shown:
            return
        is_other = key[:3] != self._shown[:3]
        self._record, self._payload = record, payload
        glyph = "" if record is None else STATUS_GLYPHS[record.status]
        self.title = f"6 Response {glyph}".rstrip()
        if invocation is not self._invocation:
            self._watch_parts(invocation)
        if not self.display:
            # It is shown when its tab comes forward.
            return
        self._shown = key
        self._show_status()
        self._read(is_other=is_other)

    def _watch_parts(self, invocation: Invocation | None) -> None:
        self._stop_parts()
        self._stop_parts = _nothing
        self._invocation = invocation
        if invocation is not None and not invocation.is_over:
            self._stop_parts = invocation.when_part(self._note_part)

    def _note_part(self) -> None:
        """Show the parts soon, together with those that follow closely."""
        if not self._has_new_parts:
            self._has_new_parts = True
            # By way of the queue: a timer that is begun in the engine's context never fires.
            self.call_later(self.set_timer, _PARTS_PAUSE, self._show_parts)

    def _show_parts(self) -> None:
        self._has_new_parts = False
        if self._payload is None and self.display:
            self._show_status()
            self._read(is_other=False)

    def _show_status(self) -> None:
        record = self._record
        word = "" if record is None else status_word(record)
        for each in STATUS_GLYPHS:
            self.set_class(record is not None and each == record.status, f"-{each}")
        if record is None:
            self._write_status(Content(""))
            return
        glyph = STATUS_GLYPHS[record.status]
        parts = [self._received()] if self._payload is None and self._received() else []
        parts += _cost(record, self._payload)
        # No figure is cut: those that have no room are left out, the least important first.
        room = self.size.width - self._names.cells
        while parts and cell_len(" · ".join([f"{glyph} {word}", *parts])) > room:
            parts.pop()
        head = Content.styled(f"{glyph} {word}", f"bold {_STATUS_COLOURS[record.status]}")
        self._write_status(head + Content("".join(f" · {part}" for part in parts)))

    def _write_status(self, status: Content) -> None:
        if status != self._status.content:
            # It has a line and the room that is left, whatever it says.
            self._status.update(status, layout=False)

    def _received(self) -> str:
        """Return how much of a stream has arrived."""
        invocation = self._invocation
        if invocation is None or not invocation.parts:
            return ""
        count = len(invocation.parts)
        parts = "1 part" if count == 1 else f"{count:,} parts"
        return f"{parts}, {size(invocation.streamed_bytes)} so far"

    def _read(self, *, is_other: bool) -> None:
        record, invocation = self._record, self._invocation
        payload = self._payload
        parts = tuple(invocation.parts) if invocation is not None else ()
        self.workers.cancel_group(self, "response")
        if record is None or (payload is None and not parts):
            self._take(None, is_other=is_other)
        elif payload is None:
            # It is still under way: what it is will be known when it is complete.
            assert invocation is not None
            reading = Reading(invocation.streamed, parts=parts, started=record.started)
            self._take(reading, is_other=is_other)
        else:
            read = partial(
                Reading.of,
                payload,
                has_failed=record.status in ("error", "timeout"),
                content_type=(invocation.content_type if invocation is not None else None) or "",
                parts=parts,
                started=record.started,
            )
            if len(payload) <= _READ_AT_ONCE:
                self._take(read(), is_other=is_other)
            else:
                self._read_in_thread(read, is_other=is_other)

    @work(group="response")
    async def _read_in_thread(self, read: Callable[[], Reading], *, is_other: bool) -> None:
        if is_other:
            self._take(None, is_other=True)
        self._take(await asyncio.to_thread(read), is_other=is_other)

    def _take(self, reading: Reading | None, *, is_other: bool) -> None:
        self._reading = reading
        self._matches = []
        views = reading.views if reading is not None else ()
        chosen = self._wanted_view if self._wanted_view in views else next(iter(views), "")
        self._view = chosen
        self._names.show_views(views, chosen)
        # The names have taken room from the status.
        self._show_status()
        is_at_end = self.rows.highlighted is not None and (
            self.rows.highlighted is self.rows.items[-1]
        )
        self._show_rows()
        if self._payload is None and is_at_end:
            self.rows.action_cursor(1 << 30)
            self.rows.show_cursor()
        elif is_other:
            self.rows.action_cursor(-(1 << 30))
            self.rows.scroll_home(animate=False)

    def _show_rows(self) -> None:
        reading = self._reading
        if reading is not None:
            self.rows.show_items(reading.rows(self._view, self.rows.row_width))
            return
        record = self._record
        if record is None:
            sentence = "No invocation is selected: i invokes the function."
        elif not record.is_over:
            sentence = "The function is at work …"
        else:
            sentence = "Reading …" if self._payload is not None else "No response."
        self.rows.show_items([Line("nothing", ((sentence, "response--dim"),))])

    def on_resize(self) -> None:
        """Fold the text anew."""
        self.call_after_refresh(self._show_anew)

    def _show_anew(self) -> None:
        self._show_status()
        self._show_rows()

    # Keys

    def action_next_view(self) -> None:
        """Show the response in the next of its views."""
        views = self._reading.views if self._reading is not None else ()
        if len(views) < 2:
            self._say("There is no other view of this response.")
            return
        self._choose_view(views[(views.index(self._view) + 1) % len(views)])

    @on(ViewNames.Chosen)
    def _choose_clicked(self, event: ViewNames.Chosen) -> None:
        event.stop()
        self._choose_view(event.view)

    def _choose_view(self, view: str) -> None:
        if self._reading is not None and view in self._reading.views:
            self._wanted_view = self._view = view
            self._names.show_views(self._reading.views, view)
            self._show_rows()
            self.rows.action_cursor(-(1 << 30))

    @on(RowList.Chosen)
    def _open(self, event: RowList.Chosen) -> None:
        event.stop()
        if isinstance(event.item, JsonRow):
            self._toggle(event.item)
        elif event.item.frame:
            self.action_open_frame()

    @on(ResponseRows.Toggled)
    def _fold(self, event: ResponseRows.Toggled) -> None:
        event.stop()
        self._toggle(event.row)

    def _toggle(self, row: JsonRow) -> None:
        tree = self._reading.tree_of(self._view) if self._reading is not None else None
        if tree is None:
            return
        if row.more:
            tree.show_more(row.path[:-1], before=row.path[-1] == BEFORE)
        elif row.node is not None and row.node.can_open:
            tree.toggle(row.path)
        self._show_rows()

    def action_fold_all(self) -> None:
        """Fold all values."""
        if self._reading is not None and (tree := self._reading.tree_of(self._view)) is not None:
            tree.fold_all()
            self._show_rows()

    def action_open_all(self) -> None:
        """Open all values, as far as they can be shown."""
        if self._reading is not None and (tree := self._reading.tree_of(self._view)) is not None:
            tree.open_all()
            self._show_rows()

    def action_open_frame(self) -> None:
        """Open the line of the stack under the cursor in the user's editor."""
        row = self.rows.highlighted
        place = find_place(row.frame) if isinstance(row, Line) and row.frame else None
        if place is None or self._pool is None:
            self._say("This line names no place in the source.")
        else:
            self._open_in_editor(place, self._pool.synced_function)

    @work(group="editor")
    async def _open_in_editor(self, place: SourcePlace, function: Function) -> None:
        file = await asyncio.to_thread(local_file, place.path, function)
        if file is None:
            self._say(f"{place.path} is not on this machine.", "warning")
            return
        if problem := await open_in_editor(self.app, file, place.line, place.column):
            self._say(problem, "warning")

    # Searching

    def action_search(self) -> None:
        """Open the search."""
        self._search.add_class("-open")
        self.screen.set_focus(self._search)

    @on(SearchField.Left)
    def _close_search(self, event: SearchField.Left) -> None:
        event.stop()
        self._search.remove_class("-open")
        self._search.value = ""
        self.screen.set_focus(self.rows)

    @on(Input.Changed, "#response-search")
    def _mark(self, event: Input.Changed) -> None:
        event.stop()
        self.rows.needle = event.value.casefold()
        self._matches = []
        self.rows.refresh()

    @on(Input.Submitted, "#response-search")
    def _find(self, event: Input.Submitted) -> None:
        event.stop()
        self._search.remove_class("-open")
        self.screen.set_focus(self.rows)
        self._go_to_match(1, again=False)

    def action_match(self, step: int) -> None:
        """Go to another match."""
        if not self.rows.needle:
            self.action_search()
        else:
            self._go_to_match(step)

    @work(exclusive=True, group="response-search")
    async def _go_to_match(self, step: int, *, again: bool = True) -> None:
        """Go to the next match; from where the cursor is, unless it is to move on ``again``."""
        reading, needle = self._reading, self.rows.needle
        if reading is None or not needle:
            return
        tree = reading.tree_of(self._view)
        if tree is not None and not self._matches:
            self._matches = await asyncio.to_thread(find, tree.root, needle)
        if reading is not self._reading:
            return
        keys = self._matching_keys(needle)
        if not keys:
            self._say(f"“{self.rows.needle}” is not in this response.")
            return
        here = self.rows.highlighted
        key = None if here is None else self.rows.key(here)
        if key in keys:
            key = keys[(keys.index(key) + step) % len(keys)] if again else key
        else:
            key = keys[0 if step > 0 else -1]
        if tree is not None and isinstance(key, tuple) and key[0] == "json":
            tree.reveal(key[1])
            self._show_rows()
        self.rows.highlight(key)
        self.rows.show_cursor()

    def _matching_keys(self, needle: str) -> list[tuple[object, ...] | object]:
        """Return the keys of all rows with a match, those in folded values included."""
        lines = [
            row.key
            for row in self.rows.items
            if isinstance(row, Line)
            and needle in "".join(piece for piece, _ in row.pieces).casefold()
        ]
        return [*lines, *(("json", path) for path in self._matches)]

    def _say(self, sentence: str, severity: SeverityLevel = "information") -> None:
        self.app.notify(one_line(sentence), severity=severity, markup=False)


def _nothing() -> None:
    """Stop nothing."""


_STATUS_COLOURS = {
    "pending": "$text-warning",
    "running": "$text-warning",
    "success": "$text-success",
    "error": "$text-error",
    "timeout": "$text-error",
    "throttled": "$text-error",
}


def status_word(record: InvocationRecord) -> str:
    """Return the outcome in words: the status, and the type of an error."""
    if record.status == "error" and record.error_type:
        return one_line(record.error_type)
    return record.status


def _cost(record: InvocationRecord, payload: bytes | None) -> list[str]:
    """Return size, duration, start and cost, as far as known, the most important first."""
    parts = []
    if payload is not None:
        parts.append(size(record.response_bytes or len(payload)))
        if record.response_bytes is not None and record.response_bytes > len(payload):
            parts.append(f"the first {size(len(payload))} kept")
    if record.duration_ms is not None:
        parts.append(milliseconds(record.duration_ms))
    if record.is_over and record.status != "throttled":
        parts.append("cold" if record.is_cold else "warm")
    if record.init_ms is not None:
        parts.append(f"init {milliseconds(record.init_ms)}")
    if record.restore_ms is not None:
        parts.append(f"restore {milliseconds(record.restore_ms)}")
    if record.billed_ms is not None:
        parts.append(f"billed {record.billed_ms:,} ms")
    if record.max_memory_mb is not None:
        parts.append(f"{record.max_memory_mb} MB of memory")
    return parts
