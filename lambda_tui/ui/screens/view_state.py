"""Takes the screen up where it was left, and remembers where it is."""

from __future__ import annotations

from collections.abc import Container
from contextlib import suppress

from lambda_tui.ui.model import Selection, Tab
from lambda_tui.ui.panes import PaneGrid
from lambda_tui.ui.remembered import QUALIFIERS, Remembered, RememberedFile


class ViewState:
    """The parts of the main screen that are remembered for a project."""

    def __init__(
        self, file: RememberedFile[Remembered], panes: PaneGrid, selection: Selection
    ) -> None:
        self._file = file
        self._panes = panes
        self._selection = selection
        self.burst = file.content.burst
        """Invocations that a burst suggests."""
        self.tenant_id = file.content.tenant_id
        """The tenant that functions with isolated tenants were last invoked for."""

    def choose_function(self, pools: Container[str]) -> None:
        """Choose the function that was chosen last, if the project still has it.

        A project that has none at the moment may have it again when its template is mended.
        """
        name = self._file.content.function
        if name and (name in pools or not pools):
            self._selection.choose_function(name)

    def restore(self) -> None:
        """Bring the tab forward that was, and set the rest; the panes have to be mounted."""
        known = self._file.content
        self._panes.functions.chosen_qualifiers.update(known.qualifiers)
        self._panes.log_pane.view.wrap = known.log_wrap
        with suppress(ValueError):
            if known.tab and Tab(known.tab) in self._panes.tabs:
                self._panes.bring_forward(Tab(known.tab))
        if known.zoomed in self._panes.by_id:
            self._panes.go_to(known.zoomed)
            self._panes.zoom(known.zoomed)

    def remember(self) -> None:
        """Note how the screen is; it is written soon if it has changed."""
        panes = self._panes
        qualifiers = list(panes.functions.chosen_qualifiers.items())[-QUALIFIERS:]
        self._file.remember(
            function=self._selection.function,
            tab=self._selection.tab.value,
            zoomed=panes.zoomed or "",
            log_wrap=panes.log_pane.view.wrap,
            burst=self.burst,
            tenant_id=self.tenant_id,
            qualifiers=dict(qualifiers),
        )
