"""Code that is put together of files and folders of a project: a folder of links in the cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.code.cache import Cache
from lambda_tui.project.code.folder_walk import is_of_a_tool

_NAME = "task"
"""The name of the folder in the cache, which sentences name."""


class AssembledCode(NamedTuple):
    """A folder that stands for ``/var/task``."""

    directory: Path
    linked_folders: dict[Path, str] | None = None
    """The folders of which each file has a link of its own, by the paths of these in it.

    A file that is new in one of them makes another folder. None where there are no links.
    """


def assemble(placed: Iterable[tuple[str, Path]], cache: Cache) -> AssembledCode:
    """Return a folder with files and folders at their paths in it, a later one over an earlier.

    The empty path places what is in a folder. It is that folder itself if nothing else is placed,
    or is there in it anyway. Raise ``OSError`` where the cache cannot be written.
    """
    placed = list(placed)
    for path, source in placed:
        if not path and source.is_dir() and _holds_all(source, placed):
            return AssembledCode(source.resolve())
    tree = _Links()
    for path, source in placed:
        tree.add(path, source)
    digest = hashlib.sha256(repr(sorted(tree.links.items())).encode("utf-8", "replace"))
    folder = cache.folder("assembled", digest.hexdigest(), tree.make)
    return AssembledCode(folder / _NAME, tree.folders)


def _holds_all(folder: Path, placed: list[tuple[str, Path]]) -> bool:
    """Return whether a folder has what is placed at the same paths."""
    return all(
        os.path.realpath(folder / path) == os.path.realpath(source) for path, source in placed
    )


class _Links:
    """The links that stand for files and folders; a later one hides an earlier one at its path."""

    def __init__(self) -> None:
        self.links: dict[str, str] = {}
        """The files and folders that they lead to, by their paths."""
        self.folders: dict[Path, str] = {}

    def add(self, path: str, source: Path) -> None:
        """Add a file, or all that is in a folder to what is there already."""
        self._open_above(path)
        is_taken = any(one == path or one.startswith(f"{path}/") for one in self.links)
        if not source.is_dir() or (path and not is_taken):
            self.links[path] = os.path.realpath(source)
        else:
            before = self.links.pop(path, None)
            if before is not None and os.path.isdir(before):
                self._open(path, Path(before))
            self._open(path, source)

    def make(self, folder: Path) -> None:
        """Make the links in a new folder. Raise ``OSError``."""
        root = folder / _NAME
        root.mkdir()
        for path, target in self.links.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).symlink_to(target)

    def _open(self, path: str, folder: Path) -> None:
        """Add what is in a folder, without what a tool keeps there for itself."""
        folder = folder.resolve()
        self.folders[folder] = path
        for one in sorted(folder.iterdir()):
            if not (is_of_a_tool(one.name) and one.is_dir()):
                self.add(os.path.join(path, one.name), one)

    def _open_above(self, path: str) -> None:
        """Replace a link to a folder that a path leads through by links to what it holds."""
        parts = path.split("/")
        for count in range(1, len(parts)):
            above = "/".join(parts[:count])
            target = self.links.pop(above, None)
            if target is not None and os.path.isdir(target):
                self._open(above, Path(target))
