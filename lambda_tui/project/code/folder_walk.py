"""Lists what is in a folder, always in the same order; links are never followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

_NOT_DEPLOYED = frozenset({"__pycache__", "cdk.out", "venv"})


class Entry(NamedTuple):
    """A file, folder or link below a folder."""

    path: str
    """Relative, with ``/`` between its parts."""
    status: os.stat_result
    """The status of the entry itself, not that of a link's target."""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, and not a link to one."""
        return stat.S_ISDIR(self.status.st_mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.status.st_mode)

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.status.st_mode)


def walk(folder: Path, is_excluded: Callable[[str], bool] | None = None) -> Iterator[Entry]:
    """Yield all below a folder that an archive could hold, each folder before its content.

    ``is_excluded`` gets the bare name of each folder. Raise ``OSError`` for what cannot be listed.
    """
    yield from _walk(os.fspath(folder), "", is_excluded)


def deployed_files(folder: Path) -> Iterator[Entry]:
    """Yield the files, folders and links of a function's code, without version control and tools.

    Raise ``OSError`` for what cannot be listed.
    """
    return walk(folder, is_of_a_tool)


def is_of_a_tool(name: str) -> bool:
    """Return whether a folder of this name is a tool's, or version control's: none is deployed."""
    return name.startswith(".") or name in _NOT_DEPLOYED


def _walk(folder: str, prefix: str, is_excluded: Callable[[str], bool] | None) -> Iterator[Entry]:
    with os.scandir(folder) as listed:
        found = sorted(listed, key=lambda one: one.name)
    for one in found:
        entry = Entry(prefix + one.name, one.stat(follow_symlinks=False))
        if entry.is_folder:
            if is_excluded is None or not is_excluded(one.name):
                yield entry
                yield from _walk(one.path, f"{entry.path}/", is_excluded)
        elif entry.is_file or entry.is_link:
            yield entry
