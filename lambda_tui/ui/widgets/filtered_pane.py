"""The base of panes that are a list with a line in which its filter is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from lambda_tui.ui.widgets.pane import Pane
from lambda_tui.ui.widgets.row_list import RowList


class FilteredPane(Vertical, Pane):
    """A list and its filter, which is shown while it is used; the pane composes the two."""

    DEFAULT_CSS = """
    FilteredPane {
        RowList { height: 1fr; }
        Input { display: none; height: 1; border: none; padding: 0 1; }
    }
    FilteredPane.-filtering Input { display: block; }
    """
    list: RowList[Any]

    @dataclass
    class Filtered(Message):
        """Posted when the text of the filter has changed."""

        pane: FilteredPane

        @property
        def control(self) -> FilteredPane:
            """The pane, which ``@on`` selects by."""
            return self.pane

    @dataclass
    class Found(Message):
        """Posted when the filter is left with an item under the cursor."""

        pane: FilteredPane
        item: Any

        @property
        def control(self) -> FilteredPane:
            """The pane, which ``@on`` selects by."""
            return self.pane

    def __init__(self, placeholder: str, *, id: str, filter_id: str) -> None:
        super().__init__(id=id)
        self.filter = Input(placeholder=placeholder, id=filter_id, compact=True)

    @property
    def focus_target(self) -> Widget:
        """The list."""
        return self.list

    @property
    def wanted(self) -> str:
        """The text of the filter, as items are compared with it; empty when all are shown."""
        return self.filter.value.strip().casefold()

    def open_filter(self) -> None:
        """Put the cursor into the line of the filter."""
        self.add_class("-filtering")
        self.screen.set_focus(self.filter)

    def close_filter(self) -> bool:
        """Take the filter away, and return whether it was there."""
        was_open = self.has_class("-filtering")
        self.remove_class("-filtering")
        self.filter.value = ""
        if self.filter.has_focus:
            self.screen.set_focus(self.list)
        return was_open

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Filtered(self))

    @on(Input.Submitted)
    def _leave_filter(self, event: Input.Submitted) -> None:
        event.stop()
        self.screen.set_focus(self.list)
        if (item := self.list.highlighted) is not None:
            self.post_message(self.Found(self, item))
