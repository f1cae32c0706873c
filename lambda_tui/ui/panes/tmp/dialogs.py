"""The dialogs of ``/tmp``: where to copy a file to, and whether to delete something."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.textual_private import SteadyScreen


class Destination(NamedTuple):
    """Where a file is copied to."""

    path: Path
    may_replace: bool
    """Whether the user has agreed to lose what is there."""


class AskDestination(ModalScreen[Destination | None], SteadyScreen[Destination | None]):
    """Asks for a path of the user's; asks once more where there is something already."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "Back")]

    def __init__(self, name: str) -> None:
        super().__init__()
        self._file_name = one_line(name).replace("/", "_")
        self._agreed = ""
        """The path that the user was told is taken."""

    def compose(self) -> ComposeResult:
        """Yield a field with the file's name, which is a path from the present folder."""
        with Vertical(classes="dialog -wide") as dialog:
            dialog.border_title = "Copy out of /tmp"
            dialog.border_subtitle = "enter copies · esc goes back"
            yield Input(self._file_name, compact=True)
            yield Static("", classes="dialog--hint -empty", markup=False)

    @on(Input.Changed)
    def _forget_agreement(self) -> None:
        self._agreed = ""

    @on(Input.Submitted)
    async def _copy(self, event: Input.Submitted) -> None:
        path, hint = await asyncio.to_thread(_checked, event.value.strip(), self._file_name)
        if hint is None:
            self.dismiss(Destination(path, may_replace=False))
        elif hint == "" and self._agreed == str(path):
            self.dismiss(Destination(path, may_replace=True))
        else:
            if hint == "":
                self._agreed = str(path)
                hint = f"{one_line(str(path))} exists. Enter again replaces it."
            self.query_one(".dialog--hint", Static).remove_class("-empty").update(hint)


def _checked(typed: str, name: str) -> tuple[Path, str | None]:
    """Return the file that is meant, and a hint if it cannot be one; empty if it exists."""
    try:
        path = Path(typed or name).expanduser()
    except RuntimeError:
        return Path(typed), f"{one_line(typed)} names a user that this machine does not have."
    if path.is_dir():
        path /= name
    if not path.parent.is_dir():
        return path, f"There is no folder {one_line(str(path.parent))}."
    if path.is_dir():
        return path, f"{one_line(str(path))} is a folder."
    return path, "" if os.path.lexists(path) else None


class AskDelete(ModalScreen[bool], SteadyScreen[bool]):
    """Asks whether to delete something from an environment's ``/tmp``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,d,enter", "dismiss(True)", "Delete"),
        Binding("n,escape", "dismiss(False)", "Keep"),
    ]

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = what

    def compose(self) -> ComposeResult:
        """Yield a sentence; the frame names the two answers."""
        with Vertical(classes="dialog -wide") as dialog:
            dialog.border_title = "Delete?"
            dialog.border_subtitle = "y deletes · n or esc keeps"
            yield Static(self._what, markup=False)
