"""The first line: what is open, how real the sandbox is, and whose interpreter and credentials."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.strip import Strip

from lambda_tui.ui.component_style import StyledLines
from lambda_tui.ui.facts import Part
from lambda_tui.ui.widgets.row_list import text_strip

_PART = " │ "
_FULL_NAME_FROM = 100
"""Width from which on the application's name has room."""


class HeaderLine(StyledLines):
    """Facts in a row, the most important first; the last ones in short when they do not fit."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "header--name", "header--dim", "header--warning", "header--good"
    }  # fmt: skip
    DEFAULT_CSS = "HeaderLine { height: 1; dock: top; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._parts: tuple[Part, ...] = ()

    def show_parts(self, parts: tuple[Part, ...]) -> None:
        """Shows these facts."""
        if parts != self._parts:
            self._parts = parts
            self.tooltip = "\n".join(part.text for part in parts)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """`` λ lambda-tui │ orders │ ◆ namespaces │ Python 3.13.1 …``."""
        title = " λ lambda-tui" if self.size.width >= _FULL_NAME_FROM else " λ"
        texts = [part.text for part in self._parts]
        for index, part in reversed(list(enumerate(self._parts))):
            width = cell_len(title) + sum(cell_len(text) + len(_PART) for text in texts)
            if width > self.size.width and part.short is not None:
                texts[index] = part.short
        line = Text().append(title, self.style_of("header--name"))
        for part, text in zip(self._parts, texts, strict=True):
            if text:
                line.append(_PART, self.style_of("header--dim"))
                line.append(text, self.style_of(f"header--{part.look}") if part.look else "")
        return text_strip(line, self.size.width, self.base)
