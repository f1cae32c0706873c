"""The dialog that asks how to invoke a function: type, version or alias, client context."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, Static

from lambda_tui import limits
from lambda_tui.project.function import Function
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.model import INVOCATION_TYPES, InvocationType, client_context_problem
from lambda_tui.ui.textual_private import SteadyScreen

_EXPLAINED: dict[InvocationType, str] = {
    "RequestResponse": "wait for the response",
    "Event": "queue it, with retries and destinations",
    "DryRun": "only check that it would be taken",
}


@dataclass(frozen=True, slots=True)
class InvocationOptions:
    """How a function is invoked."""

    invocation_type: InvocationType
    client_context: str
    """A JSON object; empty for none."""
    qualifier: str | None
    """None where the function has no versions."""


class AskInvocationOptions(
    ModalScreen[InvocationOptions | None], SteadyScreen[InvocationOptions | None]
):
    """Lists of types and qualifiers, whose cursors choose, and a field for the client context."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Back")]

    def __init__(self, function: Function, present: InvocationOptions) -> None:
        super().__init__()
        self._present = present
        aliases = {alias.name: f"{alias.name} → {alias.version}" for alias in function.aliases}
        versions = {version: version for version in function.versions}
        self._qualifiers = {**aliases, **versions} if function.published else {}

    def compose(self) -> ComposeResult:
        """Yield the lists and the field."""
        with Vertical(classes="dialog -wide") as dialog:
            dialog.border_title = "How to invoke"
            dialog.border_subtitle = "↑ ↓ choose · tab moves · enter takes all · esc goes back"
            yield Label("Invocation type")
            types = (f"{one:17}{_EXPLAINED[one]}" for one in INVOCATION_TYPES)
            yield OptionList(*types, id="types", markup=False, compact=True)
            if self._qualifiers:
                yield Label("\nAlias or version")
                names = map(one_line, self._qualifiers.values())
                yield OptionList(*names, id="qualifiers", markup=False, compact=True)
            yield Label("\nClient context: a JSON object, or nothing")
            yield Input(
                one_line(self._present.client_context, 10_000),
                placeholder='{"custom": {"key": "value"}}',
                compact=True,
            )
            yield Static("", classes="dialog--hint -empty", markup=False)

    def on_mount(self) -> None:
        """Put the cursors on what holds now."""
        types = self.query_one("#types", OptionList)
        types.highlighted = INVOCATION_TYPES.index(self._present.invocation_type)
        if self._present.qualifier in self._qualifiers:
            index = list(self._qualifiers).index(self._present.qualifier)
            self.query_one("#qualifiers", OptionList).highlighted = index

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _take(self) -> None:
        context = self.query_one(Input).value.strip()
        chosen = INVOCATION_TYPES[self.query_one("#types", OptionList).highlighted or 0]
        problem = client_context_problem(context, limits.CLIENT_CONTEXT_BYTES)
        if problem is None and context and chosen == "Event":
            problem = "Lambda passes no client context on with an asynchronous invocation."
        if problem is not None:
            self.query_one(".dialog--hint", Static).remove_class("-empty").update(problem)
            return
        qualifier = None
        if self._qualifiers:
            index = self.query_one("#qualifiers", OptionList).highlighted or 0
            qualifier = list(self._qualifiers)[index]
        self.dismiss(InvocationOptions(chosen, context, qualifier))
