"""The grid of the panes: which tab is forward, which pane is zoomed, which one has the focus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from lambda_tui.history import InvocationRecord
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.event import EventPane
from lambda_tui.ui.feed import Feed
from lambda_tui.ui.glyphs import STATUS_GLYPHS
from lambda_tui.ui.log import LogPane
from lambda_tui.ui.model import Selected, Selection, Tab
from lambda_tui.ui.panes.details import DetailsPane
from lambda_tui.ui.panes.environments import EnvironmentsPane
from lambda_tui.ui.panes.functions import FunctionsPane
from lambda_tui.ui.panes.init import InitPane
from lambda_tui.ui.panes.invocations import InvocationsPane
from lambda_tui.ui.panes.response import ResponsePane
from lambda_tui.ui.panes.tmp import TmpPane
from lambda_tui.ui.widgets import FRAME, Pane

TAB_NAMES: Mapping[Tab, str] = {
    Tab.LOG: "4 Log",
    Tab.EVENT: "5 Event",
    Tab.RESPONSE: "6 Response",
    Tab.TMP: "7 /tmp",
    Tab.INIT: "8 Init",
    Tab.DETAILS: "9 Details",
}
"""The names of the tabs, each behind the key that brings it forward."""
_SUMMARY = 24
"""Cells for the summary of the invocation, for which the names of other tabs make room."""
_LEAST = 4
"""Rows that the invocations and the tab have at least, their frames included."""
_LEAST_OF_FUNCTIONS = 6
"""Rows that the functions have at least for it to be worth while to shrink everything else."""


class PaneGrid(Container):
    """Functions, environments, invocations, and the tabs of the selected invocation.

    Panes are named by their ids, which are the keys of ``by_id``.
    """

    def __init__(self, feed: Feed, selection: Selection, event: EventPane) -> None:
        super().__init__(id="panes")
        self._selection = selection
        self.functions = FunctionsPane(feed.invocations, id="functions")
        self.environments = EnvironmentsPane(id="environments")
        self.invocations = InvocationsPane(feed.invocations.session, id="invocations")
        self.log_pane = LogPane(feed.log, feed.pools, id="log")
        self.event = event
        self.response = ResponsePane(id="response")
        self.tmp = TmpPane(feed.tmp_changes, id="tmp")
        self.init = InitPane(feed.inits, id="init")
        self.details = DetailsPane(id="details")
        self.tabs: dict[Tab, Pane] = {
            Tab.LOG: self.log_pane,
            Tab.EVENT: self.event,
            Tab.RESPONSE: self.response,
            Tab.TMP: self.tmp,
            Tab.INIT: self.init,
            Tab.DETAILS: self.details,
        }
        self.by_id: dict[str, Pane] = {
            "functions": self.functions,
            "environments": self.environments,
            "invocations": self.invocations,
            **{tab.value: pane for tab, pane in self.tabs.items()},
        }
        """The panes in the order of the grid's cells, in which ``tab`` goes through them."""
        self._selected: Selected | None = None
        """The things that the tabs show; None before the first paint."""
        self._summary = ""
        self._titled: tuple[object, ...] = ()
        """All that the titles of the tabs were written from."""
        self._tracks = ""
        """The heights of the grid's rows."""
        self.is_painting = False
        """Whether cursors are moved by the screen itself."""

    def compose(self) -> ComposeResult:
        """Yield the panes in the order of the grid's cells."""
        yield from self.by_id.values()

    def on_mount(self) -> None:
        """Show the chosen tab."""
        for pane in self.by_id.values():
            pane.add_class("pane")
        self._show_tabs()

    # Focus and layout

    @property
    def focused_pane(self) -> str:
        """The pane that has the focus; the functions when none has it."""
        widget: Widget | None = self.screen.focused
        while widget is not None and widget.id not in self.by_id:
            widget = widget.parent if isinstance(widget.parent, Widget) else None
        return widget.id if widget is not None and widget.id else "functions"

    @property
    def is_narrow(self) -> bool:
        """Whether the functions have a line only."""
        return self.screen.has_class("-narrow")

    @property
    def shows_two_tabs(self) -> bool:
        """Whether two tabs stand side by side."""
        return self.screen.has_class("-wide")

    def go_to(self, pane: str) -> None:
        """Give a pane the focus, and bring it forward if it is a tab."""
        if self.is_zoomed:
            self.zoom(pane)
        if pane in self.tabs:
            self._choose_tab(Tab(pane))
        # Not ``focus``: it takes effect later, and keys typed right behind would go astray.
        self.screen.set_focus(self.by_id[pane].focus_target)

    def step(self, by: int) -> None:
        """Give the focus to the pane that is ``by`` after the focused one, or before it."""
        order = ["functions", "environments", "invocations", self._selection.tab.value]
        here = self.focused_pane
        index = order.index(here) if here in order else len(order) - 1
        self.go_to(order[(index + by) % len(order)])

    def step_tab(self, by: int) -> None:
        """Go to the tab that is ``by`` after the present one, or before it."""
        order = list(self.tabs)
        self.go_to(order[(order.index(self._selection.tab) + by) % len(order)])

    def bring_forward(self, tab: Tab) -> None:
        """Show a tab without giving it the focus; that of a tab that goes moves to the list."""
        here = self.by_id[self.focused_pane]
        self._choose_tab(tab)
        is_hidden = not here.has_class("-forward") and not self.shows_two_tabs
        if here in self.tabs.values() and is_hidden:
            self.screen.set_focus(self.invocations.focus_target)

    def _choose_tab(self, tab: Tab) -> None:
        self._selection.choose_tab(tab)
        self._show_tabs()

    def _show_tabs(self) -> None:
        for tab, pane in self.tabs.items():
            before = pane.classes
            pane.set_class(tab is self._selection.tab, "-forward", update=False)
            pane.set_class(tab is self._selection.beside, "-beside", update=False)
            if pane.classes != before:
                pane.update_node_styles()
        self._fill_tabs()
        self.write_titles()

    def show_response(self) -> None:
        """Let an invocation be seen, unless the user edits the event or looks into ``/tmp``."""
        is_typing = isinstance(self.screen.focused, Input) or self.focused_pane == "event"
        if self._selection.tab is Tab.EVENT and not is_typing:
            self.bring_forward(Tab.LOG)

    @property
    def is_zoomed(self) -> bool:
        """Whether one pane fills the grid."""
        return self.has_class("-zoomed")

    @property
    def zoomed(self) -> str | None:
        """The pane that fills the grid; None when none does."""
        zoomed = (name for name, pane in self.by_id.items() if pane.has_class("-zoom"))
        return next(zoomed, None)

    def zoom(self, pane: str | None) -> None:
        """Let one pane fill the grid; None ends that."""
        self.set_class(pane is not None, "-zoomed")
        for each, widget in self.by_id.items():
            widget.set_class(each == pane, "-zoom")
        self.write_titles()

    def fit(self, environments: int) -> None:
        """Give the environments as many rows as they need, within what the others can spare."""
        height = self.size.height
        if not height:
            return
        first = 1 if self.is_narrow else 0
        # A row above the environments and one below them.
        frame, headings = 2, 2
        most = max(frame + headings + 1, int((height - first) * 0.34))
        rows = min(most, max(frame + headings + 2, environments + frame + headings))
        rest = height - first - rows
        # On a small screen: a frame, the headings, two rows, and a line on the selected one.
        invocations = max(_LEAST, min(6, rest // 2), round(rest * 0.38))
        tracks = f"{rows} {invocations} 1fr"
        if self.is_narrow and self.functions.has_focus_within:
            # While a function is chosen, the list has what the others can spare.
            least = frame + headings + 1
            has_room = height - least - 2 * _LEAST >= _LEAST_OF_FUNCTIONS
            tracks = f"1fr {least} {_LEAST} {_LEAST}" if has_room else f"1fr {tracks}"
        elif self.is_narrow:
            tracks = f"1 {tracks}"
        if tracks != self._tracks and not self.is_zoomed:
            self._tracks = tracks
            self.styles.grid_rows = tracks
        elif self.is_zoomed and self._tracks:
            self._tracks = ""
            self.styles.grid_rows = "1fr"

    # Titles

    @contextmanager
    def painting(self) -> Iterator[None]:
        """Move cursors within, and it is not taken for the user's choice."""
        self.is_painting = True
        try:
            yield
        finally:
            self.is_painting = False

    def show_selected(self, selected: Selected) -> None:
        """Show the selected invocation in its tabs, and name it in their frames."""
        self._selected = selected
        self._summary = summary(selected.record)
        self._fill_tabs()
        self.write_titles()

    def _fill_tabs(self) -> None:
        """Show the selected invocation in the tabs; those that are not seen do next to nothing."""
        if self._selected is not None:
            for pane in (self.response, self.tmp, self.init, self.details):
                pane.show(self._selected)

    def write_titles(self) -> None:
        """Write the titles of the tabs that are shown: the invocation, and the other tabs."""
        selection, forward = self._selection, self.tabs[self._selection.tab]
        width = self._title_cells
        names = [pane.title for pane in self.tabs.values()]
        state = (self.shows_two_tabs, self.is_zoomed, self.focused_pane, width)
        written_from = (self._summary, selection.tab, selection.beside, *names, *state)
        if written_from == self._titled:
            return
        self._titled = written_from
        self._write_title(forward, with_tabs=not self.is_zoomed)
        if self.shows_two_tabs and not self.is_zoomed:
            beside = self.tabs[self._selection.beside]
            beside.write_frame(self._tab_text(self._selection.beside, is_alone=True))

    def _write_title(self, pane: Pane, *, with_tabs: bool) -> None:
        summary = Content.styled(one_line(self._summary), "bold")
        tabs = [tab for tab in self.tabs if with_tabs or tab is self._selection.tab]
        most = self._title_cells - _SUMMARY
        for part in ("all", "name", "key"):
            right = Content(" ").join([self._tab_text(tab, part=part) for tab in tabs])
            if right.cell_length <= most:
                break
        room = self._title_cells - right.cell_length - 1
        left = summary.truncate(max(0, room - 1), ellipsis=True)
        if left.plain.endswith("……"):
            # The name of the error was cut where it is kept, right here.
            left = left[:-1]
        fill = max(1, room - left.cell_length)
        line = Content.styled(" " + "─" * max(0, fill - 2) + " ", "$line")
        pane.write_frame(Content("").join([left, line, right]))

    @property
    def _title_cells(self) -> int:
        """The cells of a tab's title. A tab that has just come forward has no size of its own."""
        # All tabs that are shown are together as wide as the pane above them.
        width = self.size.width if self.is_zoomed else self.invocations.outer_size.width
        if self.shows_two_tabs and not self.is_zoomed:
            width //= 2
        return max(20, width - FRAME)

    def _tab_text(self, tab: Tab, *, is_alone: bool = False, part: str = "all") -> Content:
        """Return what a click brings a tab forward by: its key and its name, or one of them.

        ``part`` is ``all``, ``name`` or ``key``. What is forward is named in full.
        """
        name = self.tabs[tab].title or TAB_NAMES[tab]
        is_forward = tab is self._selection.tab
        key, _, rest = name.partition(" ")
        if not is_forward:
            name = {"name": rest, "key": key}.get(part, name)
        style = "b" if is_alone or is_forward else ""
        if is_forward and self.focused_pane == tab and not is_alone:
            style = "b reverse"
        text = f" {one_line(name)} "
        # A variable: no markup is looked for in it.
        opened, closed = (f"[{style}]", "[/]") if style else ("", "")
        return Content.from_markup(
            f"[@click=screen.pane('{tab}')]{opened}$name{closed}[/]", name=text
        )

    # Copying

    def item_text(self) -> str:
        """Return the line or item under the focused pane's cursor, else all that the pane holds."""
        text = self.by_id[self.focused_pane].item_text
        return self.whole_text() if text is None else text

    def whole_text(self) -> str:
        """Return everything that the focused pane holds; the response where that is nothing."""
        text = self.by_id[self.focused_pane].whole_text
        return self.response.whole_text if text is None else text


def summary(record: InvocationRecord | None) -> str:
    """Return ``#10 ✗ KeyError · cold · env 2``, which names an invocation in a frame."""
    if record is None:
        return "no invocation yet"
    word = record.answer if record.is_over and record.answer else record.status
    parts = [f"#{record.number} {STATUS_GLYPHS[record.status]} {word}"]
    if record.environment is not None:
        parts += ["cold" if record.is_cold else "warm", f"env {record.environment}"]
    return " · ".join(parts)
