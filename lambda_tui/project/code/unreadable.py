"""Finds what a deployed function cannot read: a zip file keeps modes, and AWS's user is another."""

from __future__ import annotations

import stat
from itertools import islice
from pathlib import Path

from lambda_tui.project.code.folder_walk import Entry, deployed_files

_MAXIMUM_ENTRIES = 10_000
"""Files and folders that are looked at: a project is read again at every save."""
_MAY_BE_ENTERED = stat.S_IROTH | stat.S_IXOTH


def unreadable_paths(folder: Path) -> tuple[str, ...]:
    """Return the paths below a folder, relative to it, that are for their owner or group alone.

    Nothing is returned of what is in a folder that is itself returned. The folder's own mode is not
    in a zip file.
    """
    found: list[str] = []
    try:
        for entry in islice(deployed_files(folder), _MAXIMUM_ENTRIES):
            is_below = bool(found) and entry.path.startswith(f"{found[-1]}/")
            if not is_below and not entry.is_link and not _is_for_others(entry):
                found.append(entry.path)
    except OSError:
        # Not even for its owner: this machine refuses it by itself.
        return ()
    return tuple(found)


def _is_for_others(entry: Entry) -> bool:
    needed = _MAY_BE_ENTERED if entry.is_folder else stat.S_IROTH
    return entry.status.st_mode & needed == needed
