"""Pane 5: the chosen environment's ``/tmp``, and the content of a file in it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Hashable, Sequence
from pathlib import Path

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widget import Widget
from textual.widgets import Static

from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.terminal_text import one_line
from lambda_tui.ui.figures import size
from lambda_tui.ui.panes.tmp_files import (
    CONTENT,
    ENTRIES,
    TmpContent,
    TmpEntry,
    hexadecimal,
    list_tmp,
    read_tmp,
)
from lambda_tui.ui.terminal_text import fitted, terminal_text
from lambda_tui.ui.widgets import Pane, RowList

_NAME_LIMIT = 200
"""Characters of a name that are shown."""
_PAUSE = 0.5
"""Seconds between two readings while an environment changes its state."""


class TmpTree(RowList[TmpEntry]):
    """The entries below ``/tmp``, indented."""

    def key(self, item: TmpEntry) -> Hashable:
        """Return the entry's path."""
        return item.path

    def row(self, item: TmpEntry, width: int) -> Text:
        """Return the name, indented by its depth, and the size at the right edge."""
        figure = size(item.size) if item.kind == "file" else item.kind
        mark = {"directory": "▸ ", "link": "→ "}.get(item.kind, "  ")
        room = width - len(figure) - 2
        indent = " " + "  " * (len(item.path) - 1)
        name = fitted(f"{indent}{mark}{one_line(item.name, _NAME_LIMIT)}", room)
        return Text.assemble(name, " ", (figure, self.style_of("row--dim")))


class TmpPane(Horizontal, Pane):
    """The tree at the left, the chosen file at the right; both are bounded and read in a thread."""

    DEFAULT_CSS = """
    TmpPane { TmpTree { width: 2fr; } VerticalScroll { width: 3fr; } }
    """

    def __init__(self, *, id: str, classes: str = "") -> None:
        super().__init__(id=id, classes=classes)
        self.tree_view = TmpTree(id="tmp-tree")
        self.file_view = VerticalScroll(Static(id="tmp-content", markup=False), id="tmp-file")
        self.title = "7 /tmp"
        self._directory: Path | None = None
        self._seen: tuple[str, float] | None = None
        """The environment's id, and the time since which it had its state when it was read."""
        self._loaded_at = 0.0
        self._read: tuple[str, ...] | None = None
        """The path of the file that was read last."""
        self._content = ""

    def compose(self) -> ComposeResult:
        """Yield the tree and the content."""
        yield self.tree_view
        yield self.file_view

    def on_mount(self) -> None:
        """Follow the cursor of the tree."""
        self.watch(self.tree_view, "highlighted_key", self._read_highlighted, init=False)

    @property
    def focus_target(self) -> Widget:
        """The tree."""
        return self.tree_view

    @property
    def item_text(self) -> str | None:
        """The path of the entry under the cursor, as the function sees it."""
        entry = self.tree_view.highlighted
        return None if entry is None else "/tmp/" + "/".join(entry.path)

    @property
    def whole_text(self) -> str:
        """The content that is shown."""
        return self._content

    def show_environment(self, environment: ExecutionEnvironment | None, storage: int) -> None:
        """Show the ``/tmp`` of an environment; read it again when the environment's state changes.

        ``storage`` is the size in MB that the function has configured.
        """
        if not self.display:
            return
        seen = None if environment is None else (environment.id, environment.state_since)
        if seen == self._seen and self._loaded_at:
            return
        is_same = seen is not None and self._seen is not None and seen[0] == self._seen[0]
        # While a sandbox is being built there is no directory yet: it is shown once it exists.
        is_built = self._directory is not None
        if is_same and is_built and time.monotonic() - self._loaded_at < _PAUSE:
            return
        self._seen, self._loaded_at = seen, time.monotonic()
        self._directory = None if environment is None else environment.tmp_directory
        self._load(storage)

    @work(exclusive=True, group="tmp")
    async def _load(self, storage: int) -> None:
        """List the directory, and read the chosen file again."""
        directory = self._directory
        entries = () if directory is None else await asyncio.to_thread(list_tmp, directory)
        was_empty = not self.tree_view.items
        self.tree_view.show_items(entries)
        first_file = next((entry for entry in entries if entry.kind == "file"), None)
        if was_empty and first_file is not None:
            self.tree_view.highlight(first_file.path)
        self.write_frame(subtitle=_summary(entries, storage))
        chosen = self.tree_view.highlighted
        if chosen is None:
            why = "Nothing yet: what the function writes to /tmp shows here."
            self._show(Text(why if directory else "No environment, no /tmp."))
        else:
            self._read_file(chosen)

    def _read_highlighted(self) -> None:
        if (entry := self.tree_view.highlighted) is not None:
            self._read_file(entry)

    @work(exclusive=True, group="tmp-file")
    async def _read_file(self, entry: TmpEntry) -> None:
        if entry.kind != "file" or self._directory is None:
            self._show(Text(f"{entry.kind}: {one_line('/'.join(entry.path))}"))
            return
        found = await asyncio.to_thread(read_tmp, self._directory, entry.path)
        again, self._read = self._read == entry.path, entry.path
        self._show(_content_text(found))
        if not again:
            self.file_view.scroll_home(animate=False)

    def _show(self, text: Text) -> None:
        self._content = text.plain
        self.query_one("#tmp-content", Static).update(text)


def _summary(entries: Sequence[TmpEntry], storage: int) -> str:
    """Return the number of entries and what they take of ``storage`` MB, if all are listed."""
    if len(entries) == ENTRIES:
        return f"the first {ENTRIES:,} entries"
    used = sum(entry.allocated for entry in entries)
    count = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    return f"{count} · {size(used)} of {storage} MB" if entries else ""


def _content_text(found: TmpContent | str) -> Text:
    if isinstance(found, str):
        return Text(one_line(found))
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
