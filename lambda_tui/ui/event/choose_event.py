"""The dialog that asks which event to take."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, get_args

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.model import EventChoice, Group
from lambda_tui.ui.textual_private import SteadyScreen

_WIDEST_GROUP = max(map(len, get_args(Group)))
_LONGEST_NAME = 40


class ChooseEvent(ModalScreen[EventChoice | None], SteadyScreen[EventChoice | None]):
    """A list of events that typing filters."""

    DEFAULT_CSS = """
    ChooseEvent OptionList { text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back"),
        Binding("up", "move('cursor_up')", show=False, priority=True),
        Binding("down", "move('cursor_down')", show=False, priority=True),
        Binding("pageup", "move('page_up')", show=False, priority=True),
        Binding("pagedown", "move('page_down')", show=False, priority=True),
        Binding("f8", "delete", "Delete", show=False, priority=True),
    ]

    def __init__(
        self, choices: Sequence[EventChoice], delete: Callable[[EventChoice], Awaitable[str | None]]
    ) -> None:
        """``delete`` deletes a saved event, and returns a sentence if that fails."""
        super().__init__()
        self._choices = list(choices)
        self._shown: list[EventChoice] = []
        self._delete = delete
        self._to_delete: EventChoice | None = None
        """The event that the next press of the key deletes."""

    def compose(self) -> ComposeResult:
        """Yield the filter and the list."""
        with Vertical(classes="dialog -wide") as dialog:
            dialog.border_title = "Event"
            dialog.border_subtitle = "type to filter · enter takes · f8 deletes a saved one · esc"
            yield Input(placeholder="filter", compact=True)
            yield OptionList(markup=False, compact=True)
            yield Static("", classes="dialog--hint -empty", markup=False)

    def on_mount(self) -> None:
        """Show everything."""
        self._filter()

    @on(Input.Changed)
    def _filter(self) -> None:
        words = self.query_one(Input).value.casefold().split()
        self._shown = [one for one in self._choices if _matches(one, words)]
        options = self.query_one(OptionList)
        options.clear_options()
        width = max((len(one.name) for one in self._shown), default=0)
        options.add_options(_option(one, min(width, _LONGEST_NAME)) for one in self._shown)
        options.highlighted = 0 if self._shown else None
        self._hint("" if self._shown else "No event has these words.")
        self._to_delete = None

    @on(Input.Submitted)
    def _take_highlighted(self) -> None:
        index = self.query_one(OptionList).highlighted
        if index is not None:
            self.dismiss(self._shown[index])

    @on(OptionList.OptionSelected)
    def _take(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._shown[event.option_index])

    async def action_move(self, how: str) -> None:
        """Move the cursor of the list while the filter has the focus."""
        await self.query_one(OptionList).run_action(how)

    async def action_delete(self) -> None:
        """Delete the saved event under the cursor, when the key is pressed twice."""
        index = self.query_one(OptionList).highlighted
        choice = None if index is None else self._shown[index]
        if choice is None or choice.group != "saved":
            self._hint("Only events that you have saved can be deleted here.")
        elif choice is not self._to_delete:
            self._to_delete = choice
            self._hint(f"f8 once more deletes {one_line(choice.name)} for good.")
        else:
            problem = await self._delete(choice)
            if problem is None:
                self._choices.remove(choice)
                self._filter()
            else:
                self._hint(problem)

    def _hint(self, sentence: str) -> None:
        self.query_one(".dialog--hint", Static).set_class(not sentence, "-empty").update(
            one_line(sentence)
        )


def _matches(choice: EventChoice, words: Sequence[str]) -> bool:
    text = f"{choice.group} {choice.name} {choice.detail}".casefold()
    return all(word in text for word in words)


def _option(choice: EventChoice, width: int) -> Option:
    name = one_line(choice.name)
    name = f"{name[: width - 1]}…" if len(name) > width else name.ljust(width)
    group = (choice.group.ljust(_WIDEST_GROUP), "$text-dim")
    return Option(Content.assemble(group, f"  {name}  ", one_line(choice.detail)))
