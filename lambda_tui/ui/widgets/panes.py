"""Where the panes stand: which share a place, which one is zoomed, which one has the focus."""

from __future__ import annotations

from rich.markup import escape
from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Input

from lambda_tui.ui.titles import write_titles
from lambda_tui.ui.widgets.environments import Environments
from lambda_tui.ui.widgets.event import EventEditor
from lambda_tui.ui.widgets.functions import Functions
from lambda_tui.ui.widgets.log import Log
from lambda_tui.ui.widgets.response import Response
from lambda_tui.ui.widgets.tmp import Tmp

ORDER = ("functions", "environments", "log", "event", "response", "tmp")
"""As ``tab`` goes through them."""
_TABS = {"event": "e Event", "response": "4 Response", "tmp": "5 /tmp"}
"""The panes that share one place where there is little room, and what their tabs say."""


class Panes(Container):
    """A grid of the six panes; where it is small, some of them are tabs of one place."""

    def __init__(
        self,
        functions: Functions,
        environments: Environments,
        log: Log,
        event: EventEditor,
        response: Response,
        tmp: Tmp,
    ) -> None:
        super().__init__(id="panes")
        self.functions = functions
        self.environments = environments
        self.log_pane = log
        self.event = event
        self.response = response
        self.tmp = tmp
        self._tab = "response"

    def compose(self) -> ComposeResult:
        """The panes in the order of the grid's cells."""
        yield self.functions
        yield self.environments
        yield self.log_pane
        yield self.event
        yield self.response
        yield self.tmp

    def on_mount(self) -> None:
        """Begins with the response in front."""
        for pane in self.children:
            pane.add_class("pane")
        self._front(self._tab)

    @property
    def focused_pane(self) -> str:
        """The id of the pane that has the focus."""
        widget: Widget | None = self.screen.focused
        while widget is not None and widget.id not in ORDER:
            widget = widget.parent if isinstance(widget.parent, Widget) else None
        return widget.id if widget is not None and widget.id else "functions"

    def go_to(self, pane: str) -> None:
        """Gives a pane the focus, in front of those that share its place."""
        if self.is_zoomed:
            self.zoom(pane)
        if pane in _TABS:
            self._front(pane)
        target = {
            "log": self.log_pane.view,
            "tmp": self.tmp.tree_view,
        }.get(pane, self.get_child_by_id(pane))
        # Not ``focus``: it comes later, and what is typed right behind would go astray.
        self.screen.set_focus(target)

    def bring_forward(self, pane: str) -> None:
        """Shows a pane in front of those that share its place, without the focus."""
        self._front(pane)

    def item_text(self) -> str:
        """The line or item under the focused pane's cursor, to copy."""
        match self.focused_pane:
            case "log":
                return self.log_pane.view.line_text
            case "environments" if environment := self.environments.highlighted:
                return environment.id
            case "functions" if pool := self.functions.highlighted:
                return pool.function.arn
            case "tmp" if entry := self.tmp.tree_view.highlighted:
                return "/tmp/" + "/".join(entry.path)
        return self.whole_text()

    def whole_text(self) -> str:
        """Everything that the focused pane holds, to copy."""
        match self.focused_pane:
            case "log":
                return self.log_pane.view.all_text
            case "tmp":
                return self.tmp.content
            case "event":
                return self.event.text
            case "environments" if environment := self.environments.highlighted:
                return environment.log_stream
        return self.response.payload.decode("utf-8", "replace")

    def step(self, by: int) -> None:
        """Gives the focus to the pane before or after."""
        here = ORDER.index(self.focused_pane)
        self.go_to(ORDER[(here + by) % len(ORDER)])

    @property
    def is_zoomed(self) -> bool:
        """Whether one pane has the whole place."""
        return self.has_class("-zoomed")

    def zoom(self, pane: str | None) -> None:
        """Gives one pane the whole place; None ends that."""
        self.set_class(pane is not None, "-zoomed")
        for child in self.children:
            child.set_class(child.id == pane, "-zoom")

    def show_response(self) -> None:
        """Brings the response to the front, unless somebody writes or looks into ``/tmp``."""
        busy = self.focused_pane in ("event", "tmp") or isinstance(self.screen.focused, Input)
        if not busy:
            self._front("response")

    def _front(self, pane: str) -> None:
        self._tab = pane
        for each in _TABS:
            self.set_class(each == pane, f"-tab-{each}")
        # In the middle layout the event has a place of its own; the others share one.
        self.set_class(pane == "tmp" or (pane == "event" and self.has_class("-tmp")), "-tmp")
        self.tell()

    def tell(self) -> None:
        """Writes the titles, with the tabs of panes that share a place."""
        focused = self.focused_pane
        labels = {**_TABS, "response": escape(self.response.title)}
        narrow = self.screen.has_class("-narrow") and not self.is_zoomed
        wide = self.screen.has_class("-wide") or self.is_zoomed
        for pane, widget in (
            ("event", self.event),
            ("response", self.response),
            ("tmp", self.tmp),
        ):
            others = [name for name in _TABS if name != pane]
            if wide or (pane == "event" and not narrow):
                others = []
            elif not narrow:
                others.remove("event")
            style = "b reverse" if pane == focused else "b"
            tabs = "".join(f" │ [@click=screen.pane('{name}')]{labels[name]}[/]" for name in others)
            write_titles(widget, f"[{style}]{escape(widget.title)}[/]{tabs}")
