"""The grid of the panes: which share a place, which one is zoomed, which one has the focus."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.feed import Feed
from lambda_tui.ui.log import LogPane
from lambda_tui.ui.panes.environments import EnvironmentsPane
from lambda_tui.ui.panes.event import EventPane
from lambda_tui.ui.panes.functions import FunctionsPane
from lambda_tui.ui.panes.response import ResponsePane
from lambda_tui.ui.panes.tmp import TmpPane
from lambda_tui.ui.widgets import Pane

_TABS = {"event": "e Event", "response": "4 Response", "tmp": "5 /tmp"}
"""The panes that share one place where there is little room, and the texts of their tabs."""


class PaneGrid(Container):
    """The six panes; where the screen is small, some of them are tabs of one place.

    Panes are named by their ids, which are the keys of ``by_id``.
    """

    def __init__(self, feed: Feed) -> None:
        super().__init__(id="panes")
        self.functions = FunctionsPane(id="functions")
        self.environments = EnvironmentsPane(feed.timelines, id="environments")
        self.log_pane = LogPane(feed.log, id="log")
        self.event = EventPane(id="event")
        self.response = ResponsePane(id="response")
        self.tmp = TmpPane(id="tmp")
        self.by_id: dict[str, Pane] = {
            "functions": self.functions,
            "environments": self.environments,
            "log": self.log_pane,
            "event": self.event,
            "response": self.response,
            "tmp": self.tmp,
        }
        """The panes in the order of the grid's cells, in which ``tab`` goes through them."""

    def compose(self) -> ComposeResult:
        """Yield the panes in the order of the grid's cells."""
        yield from self.by_id.values()

    def on_mount(self) -> None:
        """Begin with the response in front."""
        for pane in self.by_id.values():
            pane.add_class("pane")
        self.bring_forward("response")

    # Focus and layout

    @property
    def focused_pane(self) -> str:
        """The pane that has the focus; the functions when none has it."""
        widget: Widget | None = self.screen.focused
        while widget is not None and widget.id not in self.by_id:
            widget = widget.parent if isinstance(widget.parent, Widget) else None
        return widget.id if widget is not None and widget.id else "functions"

    def go_to(self, pane: str) -> None:
        """Give a pane the focus, in front of those that share its place."""
        if self.is_zoomed:
            self.zoom(pane)
        if pane in _TABS:
            self.bring_forward(pane)
        # Not ``focus``: it takes effect later, and keys typed right behind would go astray.
        self.screen.set_focus(self.by_id[pane].focus_target)

    def step(self, by: int) -> None:
        """Give the focus to the pane that is ``by`` after the focused one, or before it."""
        order = list(self.by_id)
        self.go_to(order[(order.index(self.focused_pane) + by) % len(order)])

    def bring_forward(self, pane: str) -> None:
        """Show a pane in front of those that share its place, without the focus."""
        for each in _TABS:
            self.set_class(each == pane, f"-tab-{each}")
        # In the middle layout the event has a place of its own; the others share one.
        self.set_class(pane == "tmp" or (pane == "event" and self.has_class("-tmp")), "-tmp")
        self.write_titles()

    def show_response(self) -> None:
        """Bring the response forward, unless the user edits the event or looks into ``/tmp``."""
        is_busy = self.focused_pane in ("event", "tmp") or isinstance(self.screen.focused, Input)
        if not is_busy:
            self.bring_forward("response")

    @property
    def is_zoomed(self) -> bool:
        """Whether one pane fills the grid."""
        return self.has_class("-zoomed")

    def zoom(self, pane: str | None) -> None:
        """Let one pane fill the grid; None ends that."""
        self.set_class(pane is not None, "-zoomed")
        for each, widget in self.by_id.items():
            widget.set_class(each == pane, "-zoom")

    def write_titles(self) -> None:
        """Write the titles of the panes that share a place, with the tabs of the others."""
        focused = self.focused_pane
        labels = {**_TABS, "response": self.response.title}
        narrow = self.screen.has_class("-narrow") and not self.is_zoomed
        wide = self.screen.has_class("-wide") or self.is_zoomed
        for pane in _TABS:
            others = [name for name in _TABS if name != pane]
            if wide or (pane == "event" and not narrow):
                others = []
            elif not narrow:
                others.remove("event")
            style = "b reverse" if pane == focused else "b"
            tabs = "".join(f" │ [@click=screen.pane('{name}')]${name}[/]" for name in others)
            widget = self.by_id[pane]
            title = one_line(widget.title)
            # Variables: no markup is looked for in them.
            widget.write_frame(
                Content.from_markup(f"[{style}]$title[/]{tabs}", title=title, **labels)
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
