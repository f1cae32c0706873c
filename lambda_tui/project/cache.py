"""Folders that are made once, found again, and one day removed: in the user's cache directory."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_DAY = 24 * 60 * 60.0
_MONTH = 30 * _DAY


class Cache:
    """Folders by names that say what is in them; a folder is whole or it is not there."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @classmethod
    def of_user(cls) -> Cache:
        """The one in the user's cache directory: ``~/.cache/lambda-tui`` on Linux."""
        # Imported here: few projects have anything to be kept.
        from platformdirs import user_cache_path

        return cls(user_cache_path("lambda-tui"))

    def folder(
        self, group: str, name: str, fill: Callable[[Path], None], *, family: str = ""
    ) -> Path:
        """The folder ``name``, filled if it is not there yet; what ``fill`` raises goes through.

        Making one removes those of its group that nobody asks for any more: after 30 days, or after
        one if their names begin with ``family``, which the new one replaces.
        """
        parent = self._directory / group
        folder = parent / name
        try:
            os.utime(folder)
        except FileNotFoundError:
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _prune(parent, family)
            _make(folder, fill)
        return folder


def _make(folder: Path, fill: Callable[[Path], None]) -> None:
    unfinished = Path(tempfile.mkdtemp(prefix=".", dir=folder.parent))
    try:
        unfinished.chmod(0o755)
        fill(unfinished)
        unfinished.rename(folder)
    except OSError:
        # Another lambda-tui may have been quicker.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _prune(parent: Path, family: str) -> None:
    now = time.time()
    with os.scandir(parent) as entries:
        ages = {entry.path: now - entry.stat(follow_symlinks=False).st_mtime for entry in entries}
    for path, age in ages.items():
        is_replaced = bool(family) and os.path.basename(path).startswith(family)
        if age > (_DAY if is_replaced else _MONTH):
            shutil.rmtree(path, ignore_errors=True)
