"""Pane 5: the chosen environment's ``/tmp``, and the content of a file in it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from lambda_tui.ui.figures import size
from lambda_tui.ui.terminal_text import terminal_text
from lambda_tui.ui.tmp_files import (
    CONTENT,
    ENTRIES,
    TmpContent,
    TmpEntry,
    hexadecimal,
    list_tmp,
    read_tmp,
)
from lambda_tui.ui.widgets.row_list import RowList

if TYPE_CHECKING:
    from lambda_tui.engine.environment import ExecutionEnvironment

_NAME_LIMIT = 200
_PAUSE = 0.5
"""Seconds between two readings while an environment is busy."""


class TmpTree(RowList[TmpEntry]):
    """The entries below ``/tmp``, indented."""

    def key(self, item: TmpEntry) -> Hashable:
        """Entries are known by their paths."""
        return item.path

    def row(self, item: TmpEntry, width: int) -> Text:
        """Name and size, the size at the right edge."""
        figure = size(item.size) if item.kind == "file" else item.kind
        mark = {"directory": "▸ ", "link": "→ "}.get(item.kind, "  ")
        room = width - len(figure) - 2
        name = Text(" " + "  " * (len(item.path) - 1) + mark, end="")
        name.append_text(terminal_text(item.name, _NAME_LIMIT))
        name.truncate(room, overflow="ellipsis", pad=True)
        return Text.assemble(name, " ", (figure, self.style_of("row--dim")))


class Tmp(Horizontal):
    """The tree at the left, the chosen file at the right; read in a thread, bounded, made safe."""

    BORDER_TITLE = "5 /tmp"
    DEFAULT_CSS = """
    Tmp { TmpTree { width: 2fr; } VerticalScroll { width: 3fr; } }
    """

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self.tree_view = TmpTree(id="tmp-tree")
        self.file_view = VerticalScroll(Static(id="tmp-content", markup=False), id="tmp-file")
        self.title = "5 /tmp"
        self._directory: Path | None = None
        self._seen: tuple[str, float] | None = None
        self._loaded_at = 0.0
        self._read: tuple[str, ...] | None = None
        self.content = ""
        """The shown content, to copy."""

    def compose(self) -> ComposeResult:
        """Tree and content."""
        yield self.tree_view
        yield self.file_view

    def show_environment(self, environment: ExecutionEnvironment | None, storage: int) -> None:
        """Shows this environment's ``/tmp``; reads it again only when something went on in it."""
        if not self.display:
            return
        seen = None if environment is None else (environment.id, environment.state_since)
        is_same = seen is not None and self._seen is not None and seen[0] == self._seen[0]
        if seen == self._seen and self._loaded_at:
            return
        is_built = self._directory is not None
        if is_same and is_built and time.monotonic() - self._loaded_at < _PAUSE:
            return
        self._seen, self._loaded_at = seen, time.monotonic()
        self._directory = None if environment is None else environment.tmp_directory
        number = "" if environment is None else f" of #{environment.number}"
        self.title = f"5 /tmp{number}"
        self.load(storage)

    @work(exclusive=True, group="tmp")
    async def load(self, storage: int) -> None:
        """Lists the directory, and reads the chosen file again."""
        directory = self._directory
        entries = () if directory is None else await asyncio.to_thread(list_tmp, directory)
        was_empty = not self.tree_view.items
        self.tree_view.show_items(entries)
        first_file = next((entry for entry in entries if entry.kind == "file"), None)
        if was_empty and first_file is not None:
            self.tree_view.highlight(first_file.path)
        self.border_subtitle = _summary(entries, storage)
        chosen = self.tree_view.highlighted
        if chosen is None:
            why = "Nothing yet: what the function writes to /tmp shows here."
            self._show(Text(why if directory else "No environment, no /tmp."))
        else:
            self._read_file(chosen)

    @on(RowList.Highlighted)
    def _file_highlighted(self, event: RowList.Highlighted) -> None:
        event.stop()
        self._read_file(event.item)

    @work(exclusive=True, group="tmp-file")
    async def _read_file(self, entry: TmpEntry) -> None:
        if entry.kind != "file" or self._directory is None:
            self._show(Text(f"{entry.kind}: {terminal_text('/'.join(entry.path)).plain}"))
            return
        found = await asyncio.to_thread(read_tmp, self._directory, entry.path)
        again, self._read = self._read == entry.path, entry.path
        self._show(_content_text(found))
        if not again:
            self.file_view.scroll_home(animate=False)

    def _show(self, text: Text) -> None:
        self.content = text.plain
        self.query_one("#tmp-content", Static).update(text)


def _summary(entries: Sequence[TmpEntry], storage: int) -> str:
    """How many there are and what they take of so many MB, where all of them are known."""
    if len(entries) == ENTRIES:
        return f"the first {ENTRIES:,} entries"
    used = sum(entry.size for entry in entries if entry.kind == "file")
    count = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    return f"{count} · {size(used)} of {storage} MB" if entries else ""


def _content_text(found: TmpContent | str) -> Text:
    if isinstance(found, str):
        return terminal_text(found)
    if found.is_binary:
        text = Text("\n".join(hexadecimal(found.data[: CONTENT // 16])), no_wrap=True)
        shown = CONTENT // 16
    else:
        text = terminal_text(found.data.decode("utf-8", "replace"), CONTENT)
        shown = CONTENT
    if not found.total:
        return Text("empty", "dim italic")
    if found.total > shown:
        text.append(f"\n… {size(found.total)} in all", "dim italic")
    return text
