"""Several folders put together as one: what stands at ``/opt`` for several layers."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.cache import Cache
from lambda_tui.project.folder_walk import Entry, walk


class _Source(NamedTuple):
    folder: Path
    entry: Entry


def merge(folders: Sequence[Path], cache: Cache) -> Path:
    """A folder with the content of all, later ones before earlier ones; made anew on a change.

    Raises ``OSError``.
    """
    chosen = _choose(folders)
    digest = hashlib.sha256()
    for path, (folder, entry) in chosen.items():
        status = entry.status
        facts: tuple[object, ...] = (path, str(folder), status.st_mode)
        if not entry.is_folder:
            facts += (status.st_size, status.st_mtime_ns, status.st_ino)
        digest.update(repr(facts).encode())
    names = "\0".join(map(str, folders))
    family = hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return cache.folder(
        "merged",
        f"{family}-{digest.hexdigest()}",
        lambda folder: _fill(folder, chosen),
        family=f"{family}-",
    )


def _choose(folders: Sequence[Path]) -> dict[str, _Source]:
    """What stands at each path, each folder before what is in it.

    What is no folder in both hides what was there before, with all that was in it.
    """
    chosen: dict[str, _Source] = {}
    for folder in folders:
        for entry in walk(folder):
            before = chosen.get(entry.path)
            if before is not None and before.entry.is_folder != entry.is_folder:
                _forget(chosen, entry.path)
            chosen[entry.path] = _Source(folder, entry)
    return dict(sorted(chosen.items()))


def _forget(chosen: dict[str, _Source], path: str) -> None:
    del chosen[path]
    for other in [one for one in chosen if one.startswith(f"{path}/")]:
        del chosen[other]


def _fill(target: Path, chosen: dict[str, _Source]) -> None:
    for path, (folder, entry) in chosen.items():
        source, place = folder / path, target / path
        if entry.is_folder:
            place.mkdir(mode=0o755)
        elif entry.is_link:
            place.symlink_to(os.readlink(source))
        else:
            _place_file(source, place)


def _place_file(source: Path, place: Path) -> None:
    try:
        os.link(source, place)
    except OSError:
        # On another file system, somebody else's, or linked too often.
        shutil.copy2(source, place)
