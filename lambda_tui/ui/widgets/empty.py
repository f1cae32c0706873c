"""The page that stands in the place of the panes while the project has no function."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from lambda_tui.project.function import Problem
from lambda_tui.terminal_text import one_line


class Empty(VerticalScroll):
    """The message that no function was found, why, and three ways to get one."""

    def compose(self) -> ComposeResult:
        """Yield one box in the middle."""
        box = Static(id="empty-box")
        box.border_title = "No function here yet"
        yield box

    def show_problems(self, directory: Path, problems: Sequence[Problem]) -> None:
        """Show where no function was found, and the problems that may be the reason."""
        self.query_one("#empty-box", Static).update(_content(directory, problems))


def _content(directory: Path, problems: Sequence[Problem]) -> Content:
    strong = "bold $text-primary"
    parts = [Content.assemble("λ  No Lambda function in ", (one_line(str(directory)), strong))]
    parts += [
        Content.assemble(("\n▲ ", "bold $text-warning"), one_line(str(problem)))
        for problem in problems
    ]
    parts.append(
        Content.assemble(
            "\n\nWhat to do next:\n\n",
            ("lambda-tui demo", strong),
            "\n  copies an example project here and opens it\n\n",
            ("lambda-tui path/to/project", strong),
            "\n  opens a folder with a SAM template.yaml, or with Python handlers\n\n",
            "or save this as ",
            ("lambda_function.py", strong),
            " and start lambda-tui again:\n\n",
            ("  def lambda_handler(event, context):\n", "$text-success"),
            ('      return {"hello": event["name"]}', "$text-success"),
        )
    )
    return Content("").join(parts)
