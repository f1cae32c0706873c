"""What is in a folder, in an order that is always the same; links are never followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple


class Entry(NamedTuple):
    """A file, folder or link below a folder."""

    path: str
    """Relative, with ``/`` between its parts."""
    status: os.stat_result
    """Its own, not that of what a link stands for."""

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


def walk(folder: Path, leaves_out: Callable[[str], bool] | None = None) -> Iterator[Entry]:
    """Everything below a folder that an archive could hold, each folder before what is in it.

    ``leaves_out`` is asked by the bare name of each folder. Raises ``OSError``.
    """
    yield from _walk(os.fspath(folder), "", leaves_out)


def _walk(folder: str, prefix: str, leaves_out: Callable[[str], bool] | None) -> Iterator[Entry]:
    with os.scandir(folder) as listed:
        found = sorted(listed, key=lambda one: one.name)
    for one in found:
        entry = Entry(prefix + one.name, one.stat(follow_symlinks=False))
        if entry.is_folder:
            if leaves_out is None or not leaves_out(one.name):
                yield entry
                yield from _walk(one.path, f"{entry.path}/", leaves_out)
        elif entry.is_file or entry.is_link:
            yield entry
