"""Searches PATH and the folders of version managers."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

Version = tuple[int, ...]


def path_folders() -> Iterator[Path]:
    """Yield the absolute folders on PATH.

    A relative one depends on where lambda-tui was started, and is nobody's choice of an
    interpreter.
    """
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if os.path.isabs(folder):
            yield Path(folder)


def is_shim(executable: Path) -> bool:
    """Return whether a program is a version manager's script that starts the real one."""
    return executable.parent.name == "shims"


def glob(folder: Path, pattern: str) -> list[Path]:
    """Return what matches in a folder; nothing where the folder cannot be listed."""
    try:
        return list(folder.glob(pattern))
    except OSError:
        return []


def nearest(wanted: Version, versions: Collection[Version]) -> Version | None:
    """Return the nearest version above, which has all that the wanted one has, else below."""
    above = [version for version in versions if version >= wanted]
    return min(above) if above else max(versions, default=None)
