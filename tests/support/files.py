"""The repository's folders, files that tests write, and the kernel's watches on folders."""

from __future__ import annotations

import contextlib
import os
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""
PROJECTS = ROOT / "tests" / "projects"
"""The projects that tests read."""


def save(file: Path, text: str, modified: float | None = None) -> None:
    """Replace a file atomically, so that a watcher sees one change and never half of the text.

    ``modified`` is the time of modification that it gets, in seconds since the epoch.
    """
    # Changes below .git are not watched.
    draft = file.parent / ".git" / "draft"
    draft.parent.mkdir(exist_ok=True)
    draft.write_text(text)
    if modified is not None:
        os.utime(draft, (modified, modified))
    draft.replace(file)


def write_program(path: Path, text: str) -> Path:
    """Write an executable file, with the folders on its path, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def zip_entry(name: str) -> zipfile.ZipInfo:
    """Return an entry of a zip file that everybody may read, which ``zipfile`` does not make."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = 0o100644 << 16
    return entry


def is_watched(directory: Path) -> bool:
    """Return whether this process has an inotify watch on a folder."""
    needle = f" ino:{directory.stat().st_ino:x} "
    for information in Path("/proc/self/fdinfo").iterdir():
        with contextlib.suppress(OSError):
            if needle in information.read_text():
                return True
    return False
