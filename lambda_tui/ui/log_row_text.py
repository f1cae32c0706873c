"""The text of one row of the log, with the looks of its parts."""

from __future__ import annotations

import re
from collections.abc import Callable

from rich.style import Style
from rich.text import Text

from lambda_tui.ui.log_gutter import Gutter
from lambda_tui.ui.log_rows import Row


def row_text(row: Row, gutter: Gutter, query: str, look: Callable[[str], Style]) -> Text:
    """The row behind its gutter, what is searched marked; ``look`` knows the component classes."""
    line, start, end = row
    kind = look(f"log--{line.record.kind}")
    body = line.text[start:end]
    body.stylize_before(kind)
    if query:
        for found in re.finditer(re.escape(query), body.plain, re.IGNORECASE):
            body.stylize(look("log--match"), *found.span())
    front = gutter.text(line.record) if line.is_first and start == 0 else " " * gutter.width
    text = Text(front, look("log--gutter"), end="")
    if start == 0 and line.glyph:
        text.right_crop(2)
        text.append(f"{line.glyph} ", kind)
    return Text.assemble(text, body)
