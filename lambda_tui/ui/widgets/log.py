"""Pane 3: the log, with its search line."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from lambda_tui.ui.log_lines import LogRecord
from lambda_tui.ui.titles import write_titles
from lambda_tui.ui.widgets.log_view import LogView
from lambda_tui.wording import counted


class Log(Vertical):
    """The lines of the chosen function, or of all; its frame tells how they are shown."""

    DEFAULT_CSS = """
    Log { LogView { height: 1fr; } Input { display: none; height: 1; border: none; padding: 0; } }
    Log.-searching Input { display: block; }
    """

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self.view = LogView(id="log-view")
        self.search = Input(placeholder="find in the log", id="log-search", compact=True)
        self._scope = ""

    def compose(self) -> ComposeResult:
        """The lines above, the search below."""
        yield self.view
        yield self.search

    def show(
        self, records: Sequence[LogRecord], scope: str, *, with_names: bool, is_cut: bool
    ) -> None:
        """Shows these records; ``scope`` says whose, ``is_cut`` that there were older ones."""
        self._scope = scope
        self.view.set_reactive(LogView.with_names, with_names)
        self.view.replace(records, is_cut=is_cut)
        self._tell()

    def open_search(self) -> None:
        """Puts the cursor into the search line."""
        self.add_class("-searching")
        self.screen.set_focus(self.search)

    def close_search(self) -> bool:
        """Takes the search away; whether there was one."""
        was_open = self.has_class("-searching")
        self.remove_class("-searching")
        self.search.value = ""
        self.view.only_matches = False
        if self.search.has_focus:
            self.screen.set_focus(self.view)
        return was_open

    @on(Input.Changed)
    def _find(self, event: Input.Changed) -> None:
        event.stop()
        self.view.query_text = event.value

    @on(Input.Submitted)
    def _keep_found(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.set_focus(self.view)
        self.view.go_to_match(-1)

    @on(LogView.Changed)
    def _tell(self) -> None:
        view = self.view
        states = [] if view.follow else [f"+{view.missed} new ▼" if view.missed else "paused"]
        states += ["follow"] if view.follow else []
        states += ["wrap"] if view.wrap else []
        if view.query_text:
            found = counted(view.matches, "line")
            states.append(f"“{view.query_text}” in {found}" + " only" * view.only_matches)
        title, subtitle = f"3 Log · {self._scope}", " · ".join(states)
        write_titles(self, title.replace("[", r"\["), subtitle.replace("[", r"\["))
        self.set_class(bool(view.missed), "-missed")
