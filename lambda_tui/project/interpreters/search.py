"""Searches PATH and the folders of version managers."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

Version = tuple[int, ...]

# Where Homebrew installs, which is on the PATH of a shell and not of what the Dock starts.
_HOMEBREW = ("/opt/homebrew/bin", "/usr/local/bin")


def path_folders() -> Iterator[Path]:
    """Yield the absolute folders on PATH; on macOS those of Homebrew are always among them.

    A relative one depends on where lambda-tui was started, and is nobody's choice of an
    interpreter.
    """
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if sys.platform == "darwin":
        folders += _HOMEBREW
    for folder in dict.fromkeys(folders):
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
