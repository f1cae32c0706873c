"""The dialog that asks under which name, and for whom, to save an event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.textual_private import SteadyScreen

_PLACES = ("for you alone", "in events/ of the project")


@dataclass(frozen=True, slots=True)
class Place:
    """A name to save an event under, and for whom."""

    name: str
    is_shared: bool
    """Whether it becomes a file of the project's folder ``events``."""


class SaveEvent(ModalScreen[Place | None], SteadyScreen[Place | None]):
    """Asks for a name; asks again before another event is replaced."""

    DEFAULT_CSS = "SaveEvent OptionList { margin-top: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Back")]

    def __init__(self, suggestion: str, taken: Mapping[bool, tuple[str, ...]]) -> None:
        """``taken`` has the names that there are, shared ones and the user's own."""
        super().__init__()
        self._suggestion = suggestion
        self._taken = taken
        self._to_replace: Place | None = None

    def compose(self) -> ComposeResult:
        """Yield the name, and the choice of the place."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Save the event as"
            dialog.border_subtitle = "enter saves · tab moves · esc goes back"
            yield Input(one_line(self._suggestion), placeholder="name", compact=True)
            yield OptionList(*_PLACES, markup=False, compact=True)
            yield Static("", classes="dialog--hint -empty", markup=False)

    def on_mount(self) -> None:
        """Select the name, so that typing replaces it."""
        self.query_one(Input).select_on_focus = True
        self.query_one(OptionList).highlighted = 0

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _save(self) -> None:
        name = self.query_one(Input).value.strip()
        place = Place(name, is_shared=self.query_one(OptionList).highlighted == 1)
        if not place.name:
            self._hint("A name, please.")
        elif place.name in self._taken[place.is_shared] and place != self._to_replace:
            self._to_replace = place
            self._hint(f"{one_line(place.name)} is there: enter once more replaces it.")
        else:
            self.dismiss(place)

    def _hint(self, sentence: str) -> None:
        self.query_one(".dialog--hint", Static).remove_class("-empty").update(sentence)
