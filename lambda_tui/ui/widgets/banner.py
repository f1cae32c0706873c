"""One line below the header, there only while something in the project needs a hand."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.widgets import Static

from lambda_tui.project.function import Problem
from lambda_tui.ui.facts import sentence
from lambda_tui.wording import counted


class Banner(Static):
    """Names the first problem and counts the rest; a click shows all."""

    DEFAULT_CSS = "Banner { height: 1; display: none; text-overflow: ellipsis; text-wrap: nowrap; }"

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Shows these problems, or nothing."""
        self.display = bool(problems)
        if problems:
            count = counted(len(problems), "problem")
            self.update(Content(f" ▲ {count} (p shows all)  {sentence(problems[0])}"))

    async def on_click(self, event: events.Click) -> None:
        """Shows all problems."""
        await self.screen.run_action("problems")
