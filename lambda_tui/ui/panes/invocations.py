"""Pane 3: the invocations of the chosen function, or of one of its environments."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult

from lambda_tui.history import InvocationRecord
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.figures import milliseconds
from lambda_tui.ui.glyphs import STATUS_GLYPHS
from lambda_tui.ui.model.invocation_facts import failure_message
from lambda_tui.ui.model.invocations import KEPT
from lambda_tui.ui.model.statistics import latency_ms, sparkline, summary
from lambda_tui.ui.terminal_text import fitted
from lambda_tui.ui.widgets import FilteredPane, RowList
from lambda_tui.wording import dollars

EARLIER_SIGN = "‹"
"""In front of an invocation of an earlier session."""
_NONE_YET = "None yet: i invokes the function with the event."
_GAP = 2
_SHORTEST_NOTE = 12
"""Cells below which there is no column for the note."""
_LONGEST_EVENT = 22
_SPARKS = 20
"""Invocations whose latencies the frame shows as bars."""
_FOOTING_FROM = 3
"""Lines of the list from which on the last one is about the selected invocation."""
_CLOCK_FROM = 62
"""Width of the list from which on it shows when each invocation began."""


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    value: Callable[[InvocationRecord], str]
    is_number: bool = True
    needs: int = 0
    """Cells that the list must have for the column to be shown."""
    most: int = 0
    """The most cells that it gets; 0 for as many as its values take."""


class InvocationList(RowList[InvocationRecord]):
    """A row for each invocation, the newest first; figures are never cut."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "invocation--cold", "invocation--success", "invocation--failed", "invocation--running"
    }  # fmt: skip
    HEADINGS = 1

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._widths: dict[int, tuple[tuple[_Column, int], ...]] = {}
        """The columns with their widths, by the widget's width."""
        self._widest: dict[str, int] = {}
        """The cells of the widest value so far, by the columns' names."""
        self._measured: set[tuple[str, int]] = set()
        """The keys of those that are over and have been measured: their values stay."""
        self._measured_for: tuple[str, str] = "", ""
        """The function, and the day, on which the times of others have a date."""
        self.nothing = _NONE_YET
        """The sentence that stands there without a row."""
        self.session = ""
        """This one. Rows of others are dim, and begin with a sign."""
        self.marked: tuple[str, int] | None = None
        """The key of the one that another is to be compared with."""

    def show_records(self, records: Sequence[InvocationRecord]) -> None:
        """Show these records of one function, newest first."""
        self._widths.clear()
        self._measure(records)
        self.show_items(records)

    def _measure(self, records: Sequence[InvocationRecord]) -> None:
        """Take the values into account that are new or may have changed.

        Columns do not become narrower while a function is shown.
        """
        shown_for = records[0].function if records else "", time.strftime("%Y%m%d")
        if shown_for != self._measured_for or len(self._measured) > 2 * len(records) + KEPT:
            self._measured_for = shown_for
            self._measured.clear()
            self._widest = {each.name: len(each.name) for each in _COLUMNS}
        for record in records:
            if record.key in self._measured:
                continue
            for column in _FIGURES:
                cells = cell_len(column.value(record))
                self._widest[column.name] = max(self._widest[column.name], cells)
            if record.is_over:
                self._measured.add(record.key)

    def key(self, item: InvocationRecord) -> Hashable:
        """Return the session and the number."""
        return item.key

    @property
    def footings(self) -> int:
        """One row, where there is room."""
        return int(bool(self.items) and self.size.height >= _FOOTING_FROM)

    def footing(self, width: int) -> Text:
        """Return ``└ #1 cold because it is the first   317 ms billed · $0.00000132``."""
        record = self.highlighted
        if record is None:
            return Text()
        name = f"└ #{record.number} "
        price = " · ".join(filter(None, (_billed(record), _cost(record))))
        # Figures are whole or not there.
        if width - cell_len(price) - 4 < cell_len(name) + _SHORTEST_NOTE:
            price = ""
        room = width - cell_len(price) - 4
        return Text(f"  {fitted(name + (note(record) or _start(record)), room)}  {price}")

    def heading(self, width: int) -> Text:
        """Return the names of the columns, or what to do before the first invocation."""
        if not self.items:
            return Text(f"   {self.nothing}")
        text = Text("   ")
        for column, size in self._columns(width):
            name = f"{column.name:>{size}}" if column.is_number else f"{column.name:<{size}}"
            text.append(name + " " * _GAP)
        return text

    def row(self, item: InvocationRecord, width: int) -> Text:
        """Return ``✓ 12  14:51:23  warm  api.json  env 1  14 ms …``."""
        look = self.style_of(f"invocation--{_look(item)}")
        is_earlier = item.session != self.session
        sign = "=" if item.key == self.marked else EARLIER_SIGN if is_earlier else " "
        plain = "row--dim" if is_earlier else ""
        text = Text(sign).append(STATUS_GLYPHS[item.status], look).append(" ")
        for column, size in self._columns(width):
            value = (
                fitted(f"{column.value(item):>{size}}", size)
                if column.is_number
                else fitted(column.value(item), size)
            )
            style = plain
            if column.name == "start" and item.is_cold:
                style = "invocation--cold"
            elif column.name == "answer" and (item.has_failed or item.status == "success"):
                style = f"invocation--{_look(item)}"
            text.append(value, self.style_of(style) if style else "")
            text.append(" " * _GAP)
        return text

    def _columns(self, width: int) -> tuple[tuple[_Column, int], ...]:
        """Return the columns that there is room for, each as wide as its widest value."""
        known = self._widths.get(width)
        if known is None:
            known = self._widths[width] = self._fitting(width)
        return known

    def _fitting(self, width: int) -> tuple[tuple[_Column, int], ...]:
        sized = []
        for column in _COLUMNS:
            if width >= column.needs:
                widest = self._widest[column.name]
                sized.append((column, min(widest, column.most) if column.most else widest))
        left = width - 3 - sum(size + _GAP for column, size in sized if column.name != "note")
        # Figures are whole or not there: the least important ones go, the note takes what is left.
        while left < 0 and len(sized) > 1:
            index = max(range(len(sized)), key=lambda at: _LESS_IMPORTANT.get(sized[at][0].name, 0))
            column, size = sized.pop(index)
            left += size + _GAP if column.name != "note" else 0
        return tuple(
            (column, left - _GAP if column.name == "note" else size)
            for column, size in sized
            if column.name != "note" or left - _GAP >= _SHORTEST_NOTE
        )


class InvocationsPane(FilteredPane):
    """The list, and the line in which its filter is typed."""

    def __init__(self, session: str, *, id: str) -> None:
        """``session`` is this one."""
        placeholder = "number, answer, cold, failed, caller, id; text of its event or response"
        super().__init__(placeholder, id=id, filter_id="invocation-filter")
        self.list: InvocationList = InvocationList(id="invocation-list")
        self.list.session = session
        self.found_in_contents: frozenset[tuple[str, int]] = frozenset()
        """The keys of those in whose event or response the text of the filter stands."""
        self._shown: tuple[object, ...] = ()
        """All that was shown last, to tell whether anything has changed."""

    def compose(self) -> ComposeResult:
        """Yield the list above, the filter below."""
        yield self.list
        yield self.filter

    @property
    def item_text(self) -> str | None:
        """The request id of the chosen invocation."""
        return self.list.highlighted.request_id if self.list.highlighted is not None else None

    @property
    def is_filtering(self) -> bool:
        """Whether only some of the records are shown."""
        return bool(self.wanted)

    def passing(self, records: list[InvocationRecord]) -> list[InvocationRecord]:
        """Return the records that pass the filter."""
        if not self.is_filtering:
            return records
        wanted, found = self.wanted, self.found_in_contents
        return [each for each in records if each.key in found or _matches(each, wanted)]

    def show_records(
        self,
        passing: Sequence[InvocationRecord],
        selected: InvocationRecord | None,
        scope: str,
        *,
        total: int,
        version: int,
    ) -> None:
        """Show the records that pass the filter, newest first, of ``total`` that there are."""
        text, found, width = self.filter.value, self.found_in_contents, self.list.row_width
        key = None if selected is None else selected.key
        shown = (version, total, len(passing), scope, key, text, found, width)
        if shown == self._shown:
            return
        self._shown = shown
        self.list.nothing = (
            f"No invocation matches “{one_line(text)}”: escape shows all." if total else _NONE_YET
        )
        self.list.show_records(passing)
        if key is not None:
            self.list.highlight(key)
        matches = f" · {len(passing):,} of {total:,} match “{text}”"
        title = f"3 Invocations · {scope}{matches if self.is_filtering else ''}"
        self.write_frame(title, _summary(passing))

    def mark(self, record: InvocationRecord) -> InvocationRecord | None:
        """Return the marked record to compare this one with, and take its mark away.

        None when there was no other; then this one is marked, or no longer if it was.
        """
        rows = self.list
        others = (each for each in rows.items if each.key == rows.marked and each is not record)
        other = next(others, None)
        rows.marked = None if other is not None or rows.marked == record.key else record.key
        rows.show_items(rows.items)
        return other


def _summary(records: Sequence[InvocationRecord]) -> str:
    """Return ``p50 14.2 ms · p99 160 ms ▁▂▁▇▁▁▃`` of records that are newest first."""
    times = [took for each in records if (took := latency_ms(each)) is not None]
    one = summary(times)
    figures = f"p50 {milliseconds(one.p50)} · p99 {milliseconds(one.p99)} " if one else ""
    return figures + sparkline(times[::-1], _SPARKS)


def _look(record: InvocationRecord) -> str:
    if not record.is_over:
        return "running"
    return "success" if record.status == "success" else "failed"


def _matches(record: InvocationRecord, wanted: str) -> bool:
    start = "cold" if record.is_cold else "warm"
    texts = (
        f"#{record.number}", record.event_name, record.answer, record.caller, record.request_id,
        record.status, record.error_message, start, f"env {record.environment}",
        "failed" if record.has_failed else "",
    )  # fmt: skip
    return any(wanted in text.casefold() for text in texts)


def _when(record: InvocationRecord) -> str:
    moment = time.localtime(record.started)
    is_today = time.strftime("%Y%m%d", moment) == time.strftime("%Y%m%d")
    return time.strftime("%H:%M:%S" if is_today else "%d %b %H:%M", moment)


def _start(record: InvocationRecord) -> str:
    if record.environment is None:
        return ""
    if record.restore_ms is not None:
        return "RESTORED"
    return "COLD" if record.is_cold else "warm"


def _event(record: InvocationRecord) -> str:
    if record.attempt:
        return f"{record.event_name or record.caller} {record.attempt}/{record.attempts}"
    return one_line(record.event_name) or f"via {record.caller}"


def _environment(record: InvocationRecord) -> str:
    return "" if record.environment is None else f"env {record.environment}"


def _milliseconds(value: float | None) -> str:
    return "" if value is None else milliseconds(value)


def _answer(record: InvocationRecord) -> str:
    return record.answer if record.is_over else record.status


def _billed(record: InvocationRecord) -> str:
    return "" if record.billed_ms is None else f"{record.billed_ms:,} ms billed"


def _cost(record: InvocationRecord) -> str:
    return "" if record.cost is None else dollars(record.cost)


def note(record: InvocationRecord) -> str:
    """Return the clause that explains a row: why cold, why failed, or what follows."""
    parts = []
    if record.has_failed and record.error_message:
        place = f"{record.error_place}: " if record.error_place else ""
        parts.append(f"{place}{failure_message(record)}")
    if record.follow_up:
        parts.append(record.follow_up)
    if record.is_cold:
        parts.append(f"cold because {record.cold_because}")
    return one_line(" · ".join(parts))


_COLUMNS = (
    _Column("#", lambda it: f"#{it.number}"),
    _Column("when", _when, is_number=False, needs=_CLOCK_FROM),
    _Column("start", _start, is_number=False),
    _Column("event", _event, is_number=False, most=_LONGEST_EVENT),
    _Column("env", _environment),
    _Column("took", lambda it: _milliseconds(it.duration_ms)),
    _Column("init", lambda it: _milliseconds(it.init_ms or it.restore_ms)),
    _Column("billed", lambda it: "" if it.billed_ms is None else f"{it.billed_ms:,} ms", needs=90),
    _Column(
        "max MB", lambda it: "" if it.max_memory_mb is None else f"{it.max_memory_mb}", needs=90
    ),
    _Column("cost", _cost, needs=110),
    _Column("answer", _answer, is_number=False),
    _Column("note", note, is_number=False),
)
_FIGURES = tuple(column for column in _COLUMNS if column.name != "note")
"""The columns that are as wide as their widest value; the note takes what is left."""
_LESS_IMPORTANT = {
    "note": 9,
    "cost": 8,
    "max MB": 8,
    "billed": 7,
    "when": 6,
    "init": 5,
    "event": 4,
    "env": 3,
    "start": 2,
    "took": 2,
    "answer": 1,
}
