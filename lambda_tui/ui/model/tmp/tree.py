"""The rows that show a ``/tmp``: its open folders, and the marks of what an invocation changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from lambda_tui.ui.model.tmp.changes import TmpChange
from lambda_tui.ui.model.tmp.files import TmpEntry, TmpError, TmpFiles, TmpPath

STEP = 1_000
"""Entries of a folder that are shown at first, and as many more on request."""
OPENED_BY_ITSELF = 20
"""Folders that are opened to show what an invocation changed in them."""

_ROWS = 50_000
"""Rows that are shown at most, whatever is open."""


@dataclass(frozen=True, slots=True)
class TmpRow:
    """A row of the tree: an entry, or a sentence in the place of entries."""

    path: TmpPath
    """For a sentence the folder's path and one more name that no file can have."""
    entry: TmpEntry | None = None
    """None for a sentence, and for what is no longer there."""
    mark: str = ""
    """``+``, ``~`` or ``−``, as the invocation added, changed or removed it."""
    is_open: bool = False
    text: str = ""
    """The sentence, or the name of what is no longer there."""
    is_more: bool = False
    """Whether it stands for entries that are not shown yet."""

    @property
    def is_folder(self) -> bool:
        """Whether it can be opened."""
        return self.entry is not None and self.entry.kind == "directory"

    @property
    def depth(self) -> int:
        """The number of folders that it is in."""
        return len(self.path) - 1


class TmpMarks:
    """The marks of the entries: by a change that is known, or by what was there before.

    ``before`` serves while the invocation still runs. It tells of what is there now alone, and
    nothing of what was removed.
    """

    def __init__(
        self, change: TmpChange | None = None, before: Mapping[str, int] | None = None
    ) -> None:
        self._before = before
        self._signs: dict[TmpPath, str] = {}
        self._by_folder: dict[TmpPath, set[str]] = {}
        """The names of what was changed in each folder."""
        self._touched: frozenset[TmpPath] = frozenset()
        """The folders in which something was changed, however deep."""
        if change is None:
            return
        for sign, paths in (("+", change.added), ("~", change.changed), ("−", change.removed)):
            self._signs |= {tuple(path.split("/")): sign for path in paths}
        for path in self._signs:
            self._by_folder.setdefault(path[:-1], set()).add(path[-1])
        self._touched = frozenset(
            path[:depth] for path in self._by_folder for depth in range(1, len(path) + 1)
        )

    def of(self, entry: TmpEntry) -> str:
        """Return the mark of an entry; a folder in which something changed has a ``~``."""
        if self._before is not None:
            state = self._before.get("/".join(entry.path))
            return "+" if state is None else "" if state == entry.state else "~"
        return self._signs.get(entry.path) or ("~" if entry.path in self._touched else "")

    def names_in(self, folder: TmpPath) -> Collection[str]:
        """Return the names of what was changed in a folder, gone or not."""
        return self._by_folder.get(folder, ())

    def sign(self, path: TmpPath) -> str:
        """Return the mark of what may no longer be there."""
        return self._signs.get(path, "")

    @property
    def folders(self) -> frozenset[TmpPath]:
        """The folders in which something changed, and those that these are in."""
        return self._touched

    def rows(self) -> Iterator[TmpRow]:
        """Yield a row for each change, where there is no ``/tmp`` any more."""
        for path, sign in sorted(self._signs.items()):
            yield TmpRow(("/".join(path),), mark=sign, text="/".join(path))


@dataclass(slots=True)
class TmpTree:
    """Which folders are open, and how much of each is shown."""

    open: set[TmpPath] = field(default_factory=set)
    shown: dict[TmpPath, int] = field(default_factory=dict)
    """The number of entries that are shown of a folder, where it is not ``STEP``."""

    def rows(self, files: TmpFiles, marks: TmpMarks) -> list[TmpRow]:
        """Read the open folders and return the rows; call it in a thread.

        Raise ``TmpError`` when ``/tmp`` itself is gone.
        """
        rows: list[TmpRow] = []
        self._add_folder(rows, files, marks, ())
        return rows

    def toggle(self, path: TmpPath) -> None:
        """Open a folder, or fold it."""
        self.open ^= {path}

    def show_more(self, folder: TmpPath) -> None:
        """Show as many entries of a folder again."""
        self.shown[folder] = self.shown.get(folder, STEP) + STEP

    def open_changed(self, marks: TmpMarks) -> None:
        """Open the folders in which something changed, if they are few."""
        if len(marks.folders) <= OPENED_BY_ITSELF:
            self.open |= marks.folders

    def _add_folder(
        self, rows: list[TmpRow], files: TmpFiles, marks: TmpMarks, folder: TmpPath
    ) -> None:
        limit = self.shown.get(folder, STEP)
        names = marks.names_in(folder)
        found = files.folder(folder, limit, names)
        present = {entry.name for entry in found.entries}
        gone = [_gone(marks, (*folder, name)) for name in names if name not in present]
        entries = [TmpRow(entry.path, entry, marks.of(entry)) for entry in found.entries]
        for row in sorted(entries + gone, key=lambda row: row.path):
            if len(rows) >= _ROWS:
                return
            if not row.is_folder or row.path not in self.open:
                rows.append(row)
                continue
            rows.append(TmpRow(row.path, row.entry, row.mark, is_open=True))
            try:
                self._add_folder(rows, files, marks, row.path)
            except TmpError as error:
                rows.append(TmpRow((*row.path, "/"), text=str(error)))
        if (left := found.total - len(found.entries)) > 0 and found.total > limit:
            text = f"… {left:,} more" if found.is_whole else f"… more than {left:,} more"
            rows.append(TmpRow((*folder, "/"), text=text, is_more=True))


def _gone(marks: TmpMarks, path: TmpPath) -> TmpRow:
    return TmpRow(path, mark=marks.sign(path), text=path[-1])
