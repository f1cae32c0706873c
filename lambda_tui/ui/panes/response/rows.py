"""The list that shows a response: lines of text, and JSON that folds."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.message import Message

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.bindings import PANE_BINDINGS
from lambda_tui.ui.model.responses import BEFORE, JsonNode, JsonRow
from lambda_tui.ui.panes.response.reading import Row
from lambda_tui.ui.widgets import RowList
from lambda_tui.wording import counted

_KEYS = 6
"""Keys that are named in the row of a folded object."""
_VALUE_CLASSES = {
    "string": "response--string",
    "number": "response--number",
    "literal": "response--literal",
}


class ResponseRows(RowList[Row]):
    """The rows of the view that is shown."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *_VALUE_CLASSES.values(),
        "response--key",
        "response--text",
        "response--dim",
        "response--error",
        "response--warning",
        "response--good",
        "response--match",
    }
    BINDINGS: ClassVar[list[BindingType]] = [*PANE_BINDINGS["the response's tree"]]

    @dataclass
    class Toggled(Message):
        """Posted when a value is to be opened or folded."""

        row: JsonRow

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.needle = ""
        """The text that is searched for, which is marked."""

    def key(self, item: Row) -> Hashable:
        """Return the path of a value, or the key of a line."""
        return ("json", item.path) if isinstance(item, JsonRow) else item.key

    def action_fold(self) -> None:
        """Fold the value, or go to the one that it is in; else leave the key to others."""
        row = self.highlighted
        if not isinstance(row, JsonRow):
            raise SkipAction
        if row.is_open:
            self.post_message(self.Toggled(row))
        elif row.path:
            self.highlight(("json", row.path[:-1]))
        else:
            raise SkipAction

    def action_unfold(self) -> None:
        """Open the value, or go into it when it is open; else leave the key to others."""
        row = self.highlighted
        if not isinstance(row, JsonRow) or row.node is None or not row.node.can_open:
            raise SkipAction
        if row.is_open:
            self.action_cursor(1)
        else:
            self.post_message(self.Toggled(row))

    def row(self, item: Row, width: int) -> Text:
        """Return a line, or a value with its key, cut to the width."""
        if isinstance(item, JsonRow):
            text = self._json(item, width)
        else:
            text = Text.assemble(
                *((piece, self.style_of(name)) for piece, name in item.pieces), no_wrap=True
            )
        if text.cell_len > width:
            text.truncate(width, overflow="ellipsis")
        if self.needle:
            self._mark(text)
        return text

    def _mark(self, text: Text) -> None:
        style, plain = self.style_of("response--match"), text.plain.casefold()
        start = plain.find(self.needle)
        while start >= 0 and len(plain) == len(text.plain):
            text.stylize(style, start, start + len(self.needle))
            start = plain.find(self.needle, start + len(self.needle))

    def _json(self, row: JsonRow, width: int) -> Text:
        dim = self.style_of("response--dim")
        indent = "  " * min(row.depth, max(width // 6, 1))
        if row.more:
            where = "before" if row.path[-1] == BEFORE else "more"
            return Text.assemble(indent, ("  … ", dim), (f"{row.more:,} {where}", dim))
        node = row.node
        if node is None:
            return Text.assemble(
                indent, "  ", (one_line(row.piece), self.style_of("response--string"))
            )
        sign = "▾ " if row.is_open else "▸ " if node.can_open else "  "
        text = Text.assemble(indent, (sign, dim))
        if isinstance(node.label, int):
            text.append(f"{node.label}: ", dim)
        elif node.label is not None:
            text.append(one_line(node.label), self.style_of("response--key"))
            text.append(": ", dim)
        text.append(*self._value(row, node))
        return text

    def _value(self, row: JsonRow, node: JsonNode) -> tuple[str, Style]:
        dim = self.style_of("response--dim")
        if node.kind == "array":
            return f"[{counted(len(node.members), 'item')}]" if node.members else "[]", dim
        if node.kind == "object":
            return _summary(node, is_open=row.is_open), dim
        if node.kind == "string" and row.is_open:
            what = "JSON in a string" if node.inner is not None else "string"
            return f"{what}, {len(node.text):,} characters", dim
        return one_line(node.sample), self.style_of(_VALUE_CLASSES[node.kind])


def _summary(node: JsonNode, *, is_open: bool) -> str:
    """Return ``{id, name, … 12 keys}`` for a folded object."""
    members = node.members
    if not members:
        return "{}"
    count = counted(len(members), "key")
    if is_open:
        return f"{{{count}}}"
    names = ", ".join(one_line(str(label), 40) for label, _ in members[:_KEYS])
    return f"{{{names}}}" if len(members) <= _KEYS else f"{{{names}, … {count}}}"
