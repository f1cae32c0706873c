"""Finds the folders in which the functions of a plain folder may lie, and names these."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path

MAXIMUM_FOLDERS = 1000
"""Folders of one project that are looked into."""
DEEPEST = 5
"""Levels below the project's folder that are looked into."""

_IGNORED = frozenset(
    {
        *("venv", "env", "node_modules", "site-packages", "__pycache__", "vendor"),
        *("test", "tests", "__tests__", "__mocks__", "spec", "e2e", "fixtures"),
        *("build", "dist", "out", "target", "coverage", "cdk.out", "layer", "layers"),
    }
)
_GENERAL = frozenset(
    {
        *("src", "source", "lib", "code", "app", "main", "python", "nodejs", "cmd"),
        *("lambda", "lambdas", "function", "functions", "handler", "handlers"),
    }
)
"""Names that say nothing of the function in a folder."""
_TEMPLATES = ("template.yaml", "template.yml", "template.json", "sam.yaml", "sam.yml")
"""Files that make a folder below a project of its own, and that are told of elsewhere."""
_PROJECT_FILES = (
    *("serverless.yml", "serverless.yaml", "serverless.json", ".chalice", "cdk.json"),
    "lambda-tui.toml",
)
"""Files that make a folder below a project of its own, whose functions are not this one's."""


class CodeFolders:
    """The folders of a project, those above before those below, each once.

    Whoever iterates over them may say of the last one that nothing below is to be looked into.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._waiting = deque([(directory, 0)])
        self._seen = {directory.resolve()}
        self._last = (directory, 0)
        self._goes_below = True
        self.projects: list[Path] = []
        """The folders that are projects of their own, and are left out with all below."""

    def __iter__(self) -> Iterator[Path]:
        """Yield the folders, in the order of their names on each level."""
        for _ in range(MAXIMUM_FOLDERS):
            if not self._waiting:
                return
            self._last = self._waiting.popleft()
            self._goes_below = True
            folder, level = self._last
            yield folder
            if self._goes_below and level < DEEPEST:
                below = ((one, level + 1) for one in self._below(folder, follows=level == 0))
                self._waiting.extend(below)

    def end_here(self) -> None:
        """Leave out what is below the last folder: it belongs to the functions in that."""
        self._goes_below = False

    def _below(self, folder: Path, *, follows: bool) -> list[Path]:
        """Return the folders in a folder, without links to it and to what it is in."""
        try:
            found = [
                one
                for one in folder.iterdir()
                if one.is_dir() and (follows or not one.is_symlink()) and self._may_hold_code(one)
            ]
        except OSError:
            return []
        new: list[Path] = []
        # Links last: a folder counts before a link to it.
        for one in sorted(found, key=lambda one: (one.is_symlink(), one)):
            place = one.resolve()
            if place not in self._seen and not self._directory.resolve().is_relative_to(place):
                self._seen.add(place)
                new.append(one)
        return sorted(new)

    def _may_hold_code(self, folder: Path) -> bool:
        if folder.name.startswith(".") or folder.name in _IGNORED:
            return False
        if any((folder / name).exists() for name in _PROJECT_FILES):
            self.projects.append(folder)
            return False
        return not any((folder / name).exists() for name in ("pyvenv.cfg", *_TEMPLATES))


def folder_name(folder: Path, directory: Path) -> str:
    """Return what a function in a folder is named after.

    Far below, ``src`` and its like say nothing: the name is that of the folder that they are in.
    """
    names = folder.relative_to(directory).parts if folder != directory else (folder.name,)
    if len(names) == 1:
        return names[0]
    return next((name for name in reversed(names) if name not in _GENERAL), names[-1])


def is_general(name: str) -> bool:
    """Return whether a folder's name says nothing of what is in it, as ``src`` does."""
    return name in _GENERAL
