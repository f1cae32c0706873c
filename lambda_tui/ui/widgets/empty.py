"""The page that stands in the place of the panes while the project has no function."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from lambda_tui.project.function import Listing, Problem, Project
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.terminal_text import fitted
from lambda_tui.ui.widgets.row_list import RowList
from lambda_tui.wording import counted

_MOST_ROWS = 10
"""Templates that are in view at once."""


class TemplateList(RowList[Listing]):
    """The templates that lie below a folder without one, to open one of them."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row--dim"}

    def __init__(self) -> None:
        super().__init__(id="template-list")
        self.border_title = "Open a template"
        self.border_subtitle = "enter opens"
        self.directory = Path()

    def key(self, item: Listing) -> Hashable:
        """Return the template's path."""
        return item.file

    def row(self, item: Listing, width: int) -> Text:
        """Return ``services/orders/template.yaml   3 functions``."""
        number = counted(item.unread, "function")
        room = max(0, width - len(number) - 3)
        name = fitted(one_line(item.name(self.directory)), room)
        return Text.assemble(" ", name, " ", (number, self.style_of("row--dim")), " ")


class Empty(VerticalScroll):
    """The message that no function was found, why, and ways to get one."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, can_focus=False)
        self.templates = TemplateList()

    def compose(self) -> ComposeResult:
        """Yield the templates that can be opened, and a box in the middle."""
        yield self.templates
        box = Static(id="empty-box")
        box.border_title = "No function here yet"
        yield box

    def show_project(self, project: Project) -> None:
        """Show where no function was found, what can be opened, and what may be the reason."""
        templates = [one for one in project.listings if one.unread]
        self.templates.directory = project.directory
        self.templates.display = bool(templates)
        self.templates.styles.height = min(len(templates), _MOST_ROWS) + 2
        self.templates.show_items(templates)
        content = _content(project.directory, project.problems)
        self.query_one("#empty-box", Static).update(content)


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
