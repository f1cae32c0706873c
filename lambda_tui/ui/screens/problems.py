"""The list of everything that is wrong with the project or with how it runs."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lambda_tui.engine.engine import Engine
from lambda_tui.engine.wire import Sandbox
from lambda_tui.project.function import Problem
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.textual_private import SteadyScreen


class Problems(ModalScreen[None], SteadyScreen[None]):
    """Each problem as ``file:line: sentence``; esc goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,p", "dismiss(None)", "Back")]

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._problems = _problems(engine)

    def compose(self) -> ComposeResult:
        """Yield the sentences, each with the function that it is about."""
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
            lines.append(Content.assemble(sign, about, one_line(str(problem))))
        return Content("\n\n").join(lines)


def _problems(engine: Engine) -> list[Problem]:
    """Return the problems of the project's files, of its interpreters, and of the machine."""
    problems = list(engine.project.problems)
    for pool in engine.pools.values():
        messages = (pool.problem, pool.version_mismatch)
        problems += [Problem(text, functions=(pool.function.name,)) for text in messages if text]
    sandboxes = {pool.sandbox for pool in engine.pools.values() if pool.sandbox is not None}
    problems += [Problem(text) for text in sorted(map(_shortcoming, sandboxes)) if text]
    return problems


def _about(problem: Problem) -> str:
    """Return the function in front of the sentence, unless the sentence begins with it."""
    start = f"{problem.function}: "
    return "" if problem.function is None or problem.message.startswith(start) else one_line(start)


def _shortcoming(sandbox: Sandbox) -> str:
    """Return what does not hold, with the remedy; empty when all does."""
    text = sandbox.shortcoming
    return f"{text} To get it: {sandbox.remedy}" if text and sandbox.remedy else text
