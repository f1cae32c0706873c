"""The list that shows the rows of a ``/tmp``."""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.message import Message

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.bindings import PANE_BINDINGS
from lambda_tui.ui.figures import size
from lambda_tui.ui.model.tmp import TmpRow
from lambda_tui.ui.terminal_text import fitted
from lambda_tui.ui.widgets import RowList

_NAME_LIMIT = 200
"""Characters of a name that are shown."""
_WITH_TIME = 38
"""Cells from which on a row has the time of the last change."""
_MARK_CLASSES = {"+": "row--added", "~": "row--changed", "−": "row--removed"}


class TmpRows(RowList[TmpRow]):
    """Files and folders below ``/tmp``, indented; folders fold."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row--added", "row--changed", "row--removed"}
    BINDINGS: ClassVar[list[BindingType]] = [*PANE_BINDINGS["the tree of /tmp"]]

    @dataclass
    class Toggled(Message):
        """Posted when a folder is to be opened or folded."""

        row: TmpRow

    def key(self, item: TmpRow) -> Hashable:
        """Return the entry's path."""
        return item.path

    def action_fold(self) -> None:
        """Fold the folder, or go to the one that the entry is in; else leave the key to others."""
        row = self.highlighted
        if row is not None and row.is_open:
            self.post_message(self.Toggled(row))
        elif row is not None and row.depth:
            self.highlight(row.path[:-1])
        else:
            raise SkipAction

    def action_unfold(self) -> None:
        """Open the folder, or go into it when it is open; else leave the key to others."""
        row = self.highlighted
        if row is None or not row.is_folder:
            raise SkipAction
        if row.is_open:
            self.action_cursor(1)
        else:
            self.post_message(self.Toggled(row))

    def row(self, item: TmpRow, width: int) -> Text:
        """Return mark, name, size and time; the name is cut, never a figure."""
        figures = _figures(item, with_time=width >= _WITH_TIME)
        sign = "▾ " if item.is_open else "▸ " if item.is_folder else "  "
        name = item.text or (item.entry.name if item.entry is not None else "")
        if item.entry is not None and item.entry.kind == "link":
            name = f"{name} → {item.entry.target}"
        room = max(width - len(figures) - 3, 1)
        indent = "  " * min(item.depth, room // 4)
        label = fitted(f"{indent}{sign}{one_line(name, _NAME_LIMIT)}", room)
        style = self.style_of(_MARK_CLASSES[item.mark]) if item.mark else ""
        is_dim = item.entry is None
        return Text.assemble(
            (f"{item.mark:1} ", style),
            (label, self.style_of("row--dim") if is_dim else style),
            " ",
            (figures, self.style_of("row--dim")),
        )


def _figures(row: TmpRow, *, with_time: bool) -> str:
    """Return what stands at the right edge: a file's size, what else it is, and when it changed."""
    entry = row.entry
    if entry is None:
        if not row.mark:
            return ""
        return "removed" if row.mark == "−" else "gone since"
    figure = {"file": size(entry.size), "directory": ""}.get(entry.kind, entry.kind)
    return f"{figure:>8}  {moment(entry.modified):>8}" if with_time else figure


def moment(modified: float) -> str:
    """Return the time of day, or the day where that is another one."""
    try:
        then, now = time.localtime(modified), time.localtime()
    except (OverflowError, ValueError, OSError):
        return "?"
    if then[:3] == now[:3]:
        return time.strftime("%H:%M:%S", then)
    return time.strftime("%d %b" if then.tm_year == now.tm_year else "%b %Y", then)
