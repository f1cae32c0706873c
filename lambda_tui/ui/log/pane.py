"""The log with its search line."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input

from lambda_tui.ui.log.store import LogStore
from lambda_tui.ui.log.view import LogView
from lambda_tui.ui.widgets import Pane
from lambda_tui.wording import counted


class LogPane(Vertical, Pane):
    """The log of one function, or of all; the frame says which, and how it is shown."""

    DEFAULT_CSS = """
    LogPane {
        LogView { height: 1fr; }
        Input { display: none; height: 1; border: none; padding: 0; }
    }
    LogPane.-searching Input { display: block; }
    """

    def __init__(self, store: LogStore, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self.view = LogView(id="log-view")
        self.search = Input(placeholder="find in the log", id="log-search", compact=True)
        self.title = "4 Log"
        self._store = store
        self._function = ""
        self._shows_all = False

    def compose(self) -> ComposeResult:
        """Yield the lines above, the search line below."""
        yield self.view
        yield self.search

    @property
    def focus_target(self) -> Widget:
        """The lines, not the search."""
        return self.view

    @property
    def item_text(self) -> str:
        """The line under the cursor, or the last one."""
        return self.view.line_text

    @property
    def whole_text(self) -> str:
        """Every line that is shown."""
        return self.view.all_text

    def show_function(self, function: str) -> None:
        """Show the log of this function, unless that of all functions is shown."""
        self._function = function
        self._fill()

    def toggle_all_functions(self) -> None:
        """Show the log of all functions, or of the chosen one again."""
        self._shows_all = not self._shows_all
        self._fill()

    def show_fresh_records(self) -> None:
        """Append the records that the store was given since the last call."""
        records = self._store.take()
        if not self._shows_all:
            records = [record for record in records if record.function in ("", self._function)]
        self.view.add(records)

    def clear_records(self) -> None:
        """Drop the records of the function whose log is shown, or all records."""
        self._store.clear(None if self._shows_all else self._function)
        self._fill()

    def open_search(self) -> None:
        """Put the cursor into the search line."""
        self.add_class("-searching")
        self.screen.set_focus(self.search)

    def close_search(self) -> bool:
        """Take the search line away, and return whether it was there."""
        was_open = self.has_class("-searching")
        self.remove_class("-searching")
        self.search.value = ""
        self.view.only_matches = False
        if self.search.has_focus:
            self.screen.set_focus(self.view)
        return was_open

    def _fill(self) -> None:
        records, is_cut = self._store.of(None if self._shows_all else self._function)
        # Fresh records are among these: they must not be appended a second time.
        self._store.fresh.clear()
        self.view.set_reactive(LogView.with_names, self._shows_all)
        self.view.replace(records, is_cut=is_cut)
        self._write_frame()

    @on(Input.Changed)
    def _find(self, event: Input.Changed) -> None:
        event.stop()
        self.view.query_text = event.value

    @on(Input.Submitted)
    def _go_to_newest_match(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.set_focus(self.view)
        self.view.go_to_match(-1)

    @on(LogView.Changed)
    def _write_frame(self) -> None:
        view = self.view
        scope = "all functions" if self._shows_all else self._function
        states = [] if view.follow else [f"+{view.missed} new ▼" if view.missed else "paused"]
        states += ["follow"] if view.follow else []
        states += ["wrap"] if view.wrap else []
        if view.query_text:
            found = counted(view.matches, "line")
            states.append(f"“{view.query_text}” in {found}" + " only" * view.only_matches)
        self.write_frame(subtitle=" · ".join([scope, *states]))
        self.set_class(bool(view.missed), "-missed")
