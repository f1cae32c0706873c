"""Folders in the user's cache directory: made once, found again, and pruned when unused."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_UNFINISHED = "."
"""The begin of the name of a folder that is being filled."""
_DAY = 24 * 60 * 60.0
_MONTH = 30 * _DAY


class Cache:
    """A cache of folders, by names that identify their content; a folder is complete or absent."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @classmethod
    def of_user(cls) -> Cache:
        """Return the cache in the user's cache directory: ``~/.cache/lambda-tui`` on Linux."""
        return cls(user_cache_path("lambda-tui"))

    def find(self, group: str, name: str) -> Path | None:
        """Return the folder ``name`` of ``group``, which counts as used; None without it."""
        folder = self.directory / group / name
        try:
            # The time of a folder's modification is that of its latest use.
            os.utime(folder)
        except OSError:
            return None
        return folder

    def folder(
        self, group: str, name: str, fill: Callable[[Path], None], *, family: str = ""
    ) -> Path:
        """Return the folder ``name`` of ``group``; make it with ``fill`` if it is not there yet.

        Making one prunes its group: folders unused for 30 days are removed, and those whose names
        begin with ``family``, which the new one replaces, after one day. Raise what ``fill``
        raises.
        """
        parent = self.directory / group
        folder = parent / name
        if self.find(group, name) is None:
            parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _prune(parent, family)
            _make(folder, fill)
        return folder

    def remove_abandoned(self) -> None:
        """Remove the folders that processes were filling which have ended before they were done."""
        for unfinished in self.directory.glob(f"*/{_UNFINISHED}*"):
            with contextlib.suppress(OSError):
                _remove_unlocked(unfinished)

    def newest(self, group: str, family: str) -> Path | None:
        """Return the folder of ``group`` that was made or used last of a family; None without one.

        It counts as used.
        """
        try:
            with os.scandir(self.directory / group) as entries:
                found = {
                    entry.stat().st_mtime_ns: entry.path
                    for entry in entries
                    if entry.name.startswith(family)
                }
            if not found:
                return None
            folder = found[max(found)]
            os.utime(folder)
        except OSError:
            return None
        return Path(folder)


def _make(folder: Path, fill: Callable[[Path], None]) -> None:
    # Filled beside its place and then renamed: nobody ever sees an incomplete folder.
    unfinished, lock = _begin(folder.parent)
    try:
        unfinished.chmod(0o755)
        fill(unfinished)
        unfinished.rename(folder)
    except OSError:
        # Another process may have made it meanwhile.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        os.close(lock)


def _begin(parent: Path) -> tuple[Path, int]:
    """Return a new folder, and a descriptor whose lock ends with this process, however it ends."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=parent))
        try:
            lock = os.open(folder, _FOLDER)
        except FileNotFoundError:
            continue
        with contextlib.suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        # It may have been taken for abandoned before it was locked.
        if folder.is_dir():
            return folder, lock
        os.close(lock)


def _remove_unlocked(unfinished: Path) -> None:
    """Remove a folder that nobody has locked; leave it where there are no locks."""
    descriptor = os.open(unfinished, _FOLDER)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(unfinished, ignore_errors=True)
    finally:
        os.close(descriptor)


def _prune(parent: Path, family: str) -> None:
    now = time.time()
    for path in [os.path.join(parent, name) for name in os.listdir(parent)]:
        try:
            age = now - os.lstat(path).st_mtime
        except FileNotFoundError:
            # Another process has pruned as well, or has finished it.
            continue
        is_replaced = bool(family) and os.path.basename(path).startswith(family)
        if age > (_DAY if is_replaced else _MONTH):
            shutil.rmtree(path, ignore_errors=True)
