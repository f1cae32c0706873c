"""The dialog that asks for the parameters of an event that is built."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from lambda_tui.sample_events import Builder, ParameterError
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.textual_private import SteadyScreen

Values = dict[str, str]


class BuildEvent(ModalScreen[Values | None], SteadyScreen[Values | None]):
    """A field for each parameter; returns values of which an event can be built."""

    DEFAULT_CSS = """
    BuildEvent {
        #parameters { height: auto; max-height: 16; }
        .parameter { height: 1; }
        .parameter Label { width: 18; }
        .parameter Input { width: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back"),
        Binding("up", "app.focus_previous", show=False, priority=True),
        Binding("down", "app.focus_next", show=False, priority=True),
    ]

    def __init__(self, builder: Builder, given: Mapping[str, str]) -> None:
        """``given`` has values in the place of defaults."""
        super().__init__()
        self._builder = builder
        self._given = given

    def compose(self) -> ComposeResult:
        """Yield the fields, and a line on the one that has the focus."""
        with Vertical(classes="dialog -wide") as dialog:
            dialog.border_title = self._builder.title
            dialog.border_subtitle = "enter builds the event · ↑ ↓ move · esc goes back"
            with VerticalScroll(id="parameters", can_focus=False):
                for parameter in self._builder.parameters:
                    value = self._given.get(parameter.name, parameter.default)
                    with Horizontal(classes="parameter"):
                        yield Label(parameter.name, markup=False)
                        yield Input(one_line(value, 10_000), name=parameter.name, compact=True)
            yield Static("", classes="dialog--help", markup=False)
            yield Static("", classes="dialog--hint -empty", markup=False)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what the parameter is."""
        for parameter in self._builder.parameters:
            if parameter.name == event.widget.name:
                self.query_one(".dialog--help", Static).update(parameter.help)

    @on(Input.Submitted)
    def _build(self) -> None:
        values = {str(field.name): field.value for field in self.query(Input)}
        try:
            self._builder.build(values)
        except ParameterError as error:
            hint = self.query_one(".dialog--hint", Static)
            hint.remove_class("-empty").update(one_line(str(error)))
        else:
            self.dismiss(values)
