"""The dialogs that ask for a number, a tenant, an event or a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from lambda_tui import limits
from lambda_tui.engine.invocation import TENANT_ID
from lambda_tui.project.function import Function
from lambda_tui.project.settings import PLACEHOLDER, PROFILE, SHELL
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.textual_private import SteadyScreen
from lambda_tui.wording import counted

LARGEST_BURST = 1_000
"""Invocations at once that may be asked for."""

_ESCAPE = Binding("escape", "dismiss(None)", "Back")
_MOVES = (
    Binding("j", "app.simulate_key('down')", show=False),
    Binding("k", "app.simulate_key('up')", show=False),
)


class AskBurst(ModalScreen[int | None], SteadyScreen[int | None]):
    """Asks how many invocations to make at once."""

    BINDINGS: ClassVar[list[BindingType]] = [_ESCAPE]

    def __init__(self, suggestion: int) -> None:
        super().__init__()
        self._suggestion = suggestion

    def compose(self) -> ComposeResult:
        """Yield a field with the suggested number."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Invocations at once"
            dialog.border_subtitle = "enter starts · esc goes back"
            yield Input(str(self._suggestion), type="integer", max_length=4, compact=True)
            yield Static("", classes="dialog--hint -empty")

    def on_mount(self) -> None:
        """Select the number, so that typing replaces it."""
        self.query_one(Input).select_on_focus = True

    @on(Input.Submitted)
    def _start(self, event: Input.Submitted) -> None:
        count = int(event.value) if event.value.isdecimal() else 0
        if 1 <= count <= LARGEST_BURST:
            self.dismiss(count)
        else:
            hint = f"A whole number from 1 to {LARGEST_BURST:,}, please."
            self.query_one(".dialog--hint", Static).remove_class("-empty").update(hint)


class AskTenant(ModalScreen[str | None], SteadyScreen[str | None]):
    """Asks which tenant an invocation is for."""

    BINDINGS: ClassVar[list[BindingType]] = [_ESCAPE]

    def __init__(self, suggestion: str) -> None:
        super().__init__()
        self._suggestion = suggestion

    def compose(self) -> ComposeResult:
        """Yield a field with the last tenant."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Tenant ID"
            dialog.border_subtitle = "enter invokes · esc goes back"
            yield Input(self._suggestion, max_length=limits.TENANT_ID_CHARACTERS, compact=True)
            yield Static("", classes="dialog--hint -empty")

    def on_mount(self) -> None:
        """Select the text, so that typing replaces it."""
        self.query_one(Input).select_on_focus = True

    @on(Input.Submitted)
    def _invoke(self, event: Input.Submitted) -> None:
        if TENANT_ID.fullmatch(event.value):
            self.dismiss(event.value)
        else:
            hint = "Letters, digits, spaces and any of . _ : / = + - @, please."
            self.query_one(".dialog--hint", Static).remove_class("-empty").update(hint)


class _AskOne(ModalScreen[str | None], SteadyScreen[str | None]):
    """Asks for one of several values, each with a text, beginning at the present one."""

    BINDINGS: ClassVar[list[BindingType]] = [_ESCAPE, *_MOVES]

    def __init__(self, title: str, choices: Mapping[str, str], present: str | None) -> None:
        super().__init__()
        self._heading = title
        self._choices = choices
        self._present = present

    def compose(self) -> ComposeResult:
        """Yield the list of texts."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._heading
            dialog.border_subtitle = "enter takes one · esc goes back"
            options = (one_line(text) for text in self._choices.values())
            yield OptionList(*options, markup=False, compact=True)

    def on_mount(self) -> None:
        """Put the cursor on the present value."""
        if self._present is not None and self._present in self._choices:
            self.query_one(OptionList).highlighted = list(self._choices).index(self._present)

    @on(OptionList.OptionSelected)
    def _take(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(list(self._choices)[event.option_index])


class AskQualifier(_AskOne):
    """Asks which alias or version of a function to invoke."""

    def __init__(self, function: Function, present: str | None) -> None:
        aliases = {alias.name: f"{alias.name} → {alias.version}" for alias in function.aliases}
        versions = {version: version for version in function.versions}
        super().__init__("Alias or version", aliases | versions, present)


class AskCredentials(_AskOne):
    """Asks whose AWS credentials functions get, as a value of the setting for them."""

    def __init__(self, profiles: Sequence[str], present: str) -> None:
        choices = {
            PLACEHOLDER: "placeholder: AWS refuses them",
            SHELL: "shell: those of the variables that lambda-tui was started with",
        } | {f"{PROFILE}{name}": f"profile {name}" for name in profiles}
        super().__init__("AWS credentials, until you leave", choices, present)


class AskQuit(ModalScreen[bool], SteadyScreen[bool]):
    """Asks whether to leave while something would be lost."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,q,enter", "dismiss(True)", "Quit"),
        Binding("n,escape", "dismiss(False)", "Stay"),
    ]

    def __init__(self, unanswered: int, waiting: int) -> None:
        """Take the invocations without a response, and the asynchronous events not delivered."""
        super().__init__()
        running = counted(unanswered, "invocation") + (" runs" if unanswered == 1 else " run")
        events = counted(waiting, "asynchronous event")
        pending = f"{events} {'is' if waiting == 1 else 'are'} not delivered yet"
        self._lost = " and ".join(
            text for text, count in ((running, unanswered), (pending, waiting)) if count
        )

    def compose(self) -> ComposeResult:
        """Yield a sentence; the frame names the two answers."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Quit?"
            dialog.border_subtitle = "y quits · n or esc stays"
            yield Static(f"{self._lost}: what is left of it will be lost.")
