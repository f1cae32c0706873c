"""Pane 1: the project's functions, and what is to know of the chosen one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool
from lambda_tui.history import InvocationRecord
from lambda_tui.project.function import Function, Listing, Project
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.figures import milliseconds
from lambda_tui.ui.glyphs import STATE_CLASSES, STATE_GLYPHS, STATUS_GLYPHS
from lambda_tui.ui.model import Invocations
from lambda_tui.ui.model.details import details_of
from lambda_tui.ui.terminal_text import fitted, fitted_name, shortened
from lambda_tui.ui.widgets import FilteredPane, Group, RowList

_GLYPHS = 3
"""Environments up to which each has a glyph of its own; if there are more, states are counted."""
_IN_LINE = 30
"""Cells of a name in the line for narrow screens."""
_ORDER = tuple(State)
_NOT_INVOKED = "·"


@dataclass(frozen=True, slots=True)
class FunctionRow:
    """A function with its last invocation in this session."""

    pool: Pool
    last: InvocationRecord | None
    qualifier: str | None

    @property
    def has_failed(self) -> bool:
        """Whether it cannot run, or its last invocation has failed."""
        return bool(self.pool.problem) or (self.last is not None and self.last.has_failed)


class FunctionList(RowList[FunctionRow]):
    """A row for each function: the last outcome, the name, states, the last duration."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *STATE_CLASSES.values(), "row--problem", "row--good"
    }  # fmt: skip

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.wanted = ""
        """The text of the filter that the rows have passed."""

    @property
    def headings(self) -> int:
        """One where no function passes the filter, for a row that says so."""
        return 0 if self.items or not self.wanted else 1

    def heading(self, width: int) -> Text:
        """Return the sentence that no function passes the filter."""
        return Text(fitted(f" no name has “{one_line(self.wanted)}”", width))

    def key(self, item: FunctionRow) -> Hashable:
        """Return the function's name."""
        return item.pool.function.name

    def row(self, item: FunctionRow, width: int) -> Text:
        """Return ``✓ name   ❅❅►  14 ms``; where room is short, the name is cut first."""
        sign = self._sign(item)
        marks, outcome = self._marks(item.pool), _outcome(item)
        right = Text.assemble(marks, "  " if marks and outcome else "", outcome)
        function = item.pool.function
        name = one_line(f"{function.name}:{item.qualifier}" if item.qualifier else function.name)
        if width - right.cell_len - 5 < min(len(name), width // 2):
            right = marks
        right.truncate(max(0, width - width // 2), overflow="ellipsis")
        room = width - right.cell_len - 5
        return Text.assemble(" ", sign, " ", fitted_name(name, room), " ", right, " ")

    def _sign(self, item: FunctionRow) -> Text:
        if item.has_failed:
            return Text("✗", self.style_of("row--problem"))
        if item.last is None:
            return Text(_NOT_INVOKED, self.style_of("row--dim"))
        style = "row--good" if item.last.status == "success" else "row--dim"
        return Text(STATUS_GLYPHS[item.last.status], self.style_of(style))

    def _marks(self, pool: Pool) -> Text:
        marks = Text()
        states = Counter(environment.state for environment in pool.environments)
        counted = states.total() > _GLYPHS
        for state, count in sorted(states.items(), key=lambda each: _ORDER.index(each[0])):
            text = f" {STATE_GLYPHS[state]}{count}" if counted else STATE_GLYPHS[state] * count
            marks.append(text.strip() if not marks else text, self.style_of(STATE_CLASSES[state]))
        return marks


class FunctionsPane(FilteredPane):
    """The filter, the list, and below it what is to know of the chosen function.

    Where the screen is narrow and the pane is not at work, it is one line.
    """

    BORDER_TITLE = "1 Functions"
    DEFAULT_CSS = """
    FunctionsPane {
        #function-line { display: none; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
        #function-details { height: auto; max-height: 40%; padding: 0 1; }
    }
    """

    def __init__(self, invocations: Invocations, *, id: str) -> None:
        super().__init__("filter by name", id=id, filter_id="function-filter")
        self.list: FunctionList = FunctionList(id="function-list")
        self.chosen_qualifiers: dict[str, str] = {}
        """The aliases or versions that the user invokes, by the functions' names."""
        self._invocations = invocations
        self._rows: Sequence[FunctionRow] = ()
        self._rows_of: tuple[object, ...] = ()
        """All that the rows were made from."""
        self._line = ""
        """The markup of the line for narrow screens."""

    def compose(self) -> ComposeResult:
        """Yield the filter, the list, the details, and the line for narrow screens."""
        yield self.filter
        yield self.list
        yield Static(id="function-details", markup=False)
        yield Static(id="function-line", markup=False)

    @property
    def item_text(self) -> str | None:
        """The ARN of the chosen function."""
        row = self.list.highlighted
        return row.pool.function.arn if row is not None else None

    def qualifier(self, function: Function) -> str | None:
        """Return the alias or version that is invoked: the chosen one, else as SAM has it."""
        chosen = self.chosen_qualifiers.get(function.name)
        # A project that was read again may have lost it.
        is_there = chosen is not None and function.resolve(chosen) is not None
        return chosen if is_there else function.event_qualifier

    def show_pools(self, pools: Sequence[Pool], chosen: str, project: Project) -> None:
        """Show the functions whose names pass the filter, below the files that declare them."""
        rows, wanted = self._rows_for(pools), self.wanted
        passing = rows
        if wanted:
            passing = [row for row in rows if wanted in row.pool.function.name.casefold()]
        self.list.wanted = wanted
        self.list.show_items(passing, _groups(passing, project, is_filtered=bool(wanted)))
        self.list.highlight(chosen)
        failing = sum(row.has_failed for row in rows)
        counts = [f"{len(passing)} of {len(rows)}" if wanted else f"{len(rows)}"]
        counts += [f"{failing} failing"] if failing else []
        self.write_frame(subtitle=" · ".join(counts))
        self._show_details(next((row for row in rows if row.pool.function.name == chosen), None))
        self._show_line(rows, chosen, failing)

    def _rows_for(self, pools: Sequence[Pool]) -> Sequence[FunctionRow]:
        """Return a row for each function, made anew where there is another one to see."""
        functions = [pool.function for pool in pools]
        made_of = (self._invocations.version, dict(self.chosen_qualifiers), functions, pools)
        if made_of != self._rows_of:
            last = self._invocations.last
            self._rows = [
                FunctionRow(pool, last(function.name), self.qualifier(function))
                for pool, function in zip(pools, functions, strict=True)
            ]
            self._rows_of = (self._invocations.version, *made_of[1:])
        return self._rows

    def _show_details(self, row: FunctionRow | None) -> None:
        details = self.query_one("#function-details", Static)
        facts = [] if row is None else details_of(row.pool.function, row.pool)
        text = Content("\n".join(value for _label, value in facts))
        if details.content != text:
            size = details.content_size
            height = text.get_height({}, size.width) if size else None
            details.update(text, layout=height != size.height)

    def _show_line(self, rows: Sequence[FunctionRow], chosen: str, failing: int) -> None:
        """Show ``1 ✗OrdersConsumer ▸ApiFunction ·NightlyReport … 8, 3 failing``."""
        if not self.screen.has_class("-narrow"):
            return
        parts = [Content.styled("1 ", "bold $text-accent")]
        keys = [self.list.key(row) for row in rows]
        first = max(0, keys.index(chosen) - 1) if chosen in keys else 0
        for row in rows[first : first + 8]:
            name = one_line(row.pool.function.name)
            is_chosen = name == chosen
            text = f"{self.list._sign(row).plain}{shortened(name, _IN_LINE)}"
            parts.append(Content.styled(text, "bold reverse" if is_chosen else ""))
            parts.append(Content("  "))
        total = f"{len(rows)}" + (f", {failing} failing" if failing else "")
        line = Content("").join(parts)
        width = self.size.width
        if width:
            room = width - len(total) - 2
            line = line.truncate(room, ellipsis=True).pad_right(max(0, room - line.cell_length))
            line += Content(f" {total} ")
        # Contents are equal whatever their styles are, and the chosen name differs by its style.
        if line.markup != self._line:
            self._line = line.markup
            self.query_one("#function-line", Static).update(line, layout=False)


def _groups(rows: Sequence[FunctionRow], project: Project, *, is_filtered: bool) -> list[Group]:
    """Return a line for each file that declares functions, where there are several.

    The rows stand in the order of the files. A filter leaves out files without a row.
    """
    if not project.is_grouped:
        return []
    listing_of = {name: one for one in project.listings for name in one.functions}
    groups: list[Group] = []
    shown = None
    for index, row in enumerate(rows):
        listing = listing_of.get(row.pool.function.name)
        if listing is not shown and listing is not None:
            groups.append(Group(index, _group_text(listing, project)))
            shown = listing
    if not is_filtered:
        unread = (one for one in project.listings if not one.functions)
        groups += [Group(len(rows), _group_text(one, project)) for one in unread]
    return groups


def _group_text(listing: Listing, project: Project) -> str:
    text = f"{listing.name(project.directory)}: {listing.summary()}"
    return one_line(f"{text}; the palette opens it" if listing.unread else text)


def _outcome(row: FunctionRow) -> str:
    """Return the last duration, or why the last invocation failed."""
    if row.pool.problem:
        return "cannot run"
    last = row.last
    if last is None or not last.is_over:
        return ""
    if last.has_failed:
        return fitted(last.answer, min(len(last.answer), 12))
    return "" if last.duration_ms is None else milliseconds(last.duration_ms)
