"""Finds files by names whose case may be wrong: Lambda tells it apart, and macOS does not."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path


def true_path(folder: Path, path: str) -> Path | None:
    """Return a path below a folder with each name as the file system lists it.

    The names given may differ from these in case. None where no file has the path, or several.
    """
    current = folder
    for name in Path(path).parts:
        if name not in (os.pardir, os.sep):
            found = _listed(current, name)
            if found is None:
                return None
            name = found
        current /= name
    return current


def _listed(folder: Path, name: str) -> str | None:
    try:
        names = os.listdir(folder)
    except (OSError, ValueError):
        return None
    if name in names:
        return name
    alike = [one for one in names if _folded(one) == _folded(name)]
    return alike[0] if len(alike) == 1 else None


def _folded(name: str) -> str:
    # macOS may list a name in another normal form than it was written in.
    return unicodedata.normalize("NFC", name).casefold()
