"""The list of what in the project needs a hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lambda_tui.project.function import Problem
from lambda_tui.ui.facts import safe, sentence


class Problems(ModalScreen[None]):
    """Each problem as ``file:line: sentence``; esc goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,p", "dismiss(None)", "Back")]

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__()
        self._problems = problems

    def compose(self) -> ComposeResult:
        """The sentences, with the function that each is about."""
        with VerticalScroll(classes="dialog -wide") as dialog:
            dialog.border_title = "Problems"
            dialog.border_subtitle = "esc goes back"
            yield Static(self._content())

    def _content(self) -> Content:
        if not self._problems:
            return Content("✓ Nothing needs a hand.")
        lines = []
        for problem in self._problems:
            sign, about = ("▲ ", "bold $text-warning"), (_about(problem), "bold")
            lines.append(Content.assemble(sign, about, sentence(problem)))
        return Content("\n\n").join(lines)


def _about(problem: Problem) -> str:
    """The function, unless the sentence begins with it."""
    start = f"{problem.function}: "
    return "" if problem.function is None or problem.message.startswith(start) else safe(start)
