"""Merges the folders of several layers into one, as they stand together at ``/opt``."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.code import Cache, Entry, leads_out, walk


class _Source(NamedTuple):
    folder: Path
    entry: Entry


_NOT_BUILT = frozenset({"node_modules", "__pycache__", "venv"})


def merge(folders: Sequence[Path], cache: Cache, *, below: str = "") -> Path:
    """Return a folder with the content of all; files in later ones replace those in earlier ones.

    With ``below`` it is made as a build makes a layer: all is in a folder of that name in it, and
    of the last folder, the source, what tools keep there is left out. It is made again when
    something in one of them has changed. Raise ``OSError`` for what cannot be read.
    """
    chosen = _choose(folders, folders[-1] if below else None)
    digest = hashlib.sha256()
    for path, (folder, entry) in chosen.items():
        status = entry.status
        facts: tuple[object, ...] = (path, str(folder), status.st_mode)
        if not entry.is_folder:
            facts += (status.st_size, status.st_mtime_ns, status.st_ino)
        if entry.is_link:
            facts += (_link_text(folder, path),)
        digest.update(repr(facts).encode())
    names = "\0".join([below, *map(str, folders)] if below else map(str, folders))
    family = hashlib.sha256(names.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return cache.folder(
        "merged",
        f"{family}-{digest.hexdigest()}",
        lambda folder: _fill(folder / below, chosen),
        family=f"{family}-",
    )


def _choose(folders: Sequence[Path], source: Path | None) -> dict[str, _Source]:
    """Return the entry to take for each path, each folder before its content.

    Where a folder meets something else, the later one replaces the earlier one with all below it.
    """
    chosen: dict[str, _Source] = {}
    for folder in folders:
        for entry in walk(folder, _is_not_built if folder == source else None):
            before = chosen.get(entry.path)
            if before is not None and before.entry.is_folder != entry.is_folder:
                _remove(chosen, entry.path)
            chosen[entry.path] = _Source(folder, entry)
    return dict(sorted(chosen.items()))


def _is_not_built(name: str) -> bool:
    return name.startswith(".") or name in _NOT_BUILT


def _remove(chosen: dict[str, _Source], path: str) -> None:
    del chosen[path]
    for other in [one for one in chosen if one.startswith(f"{path}/")]:
        del chosen[other]


def _fill(directory: Path, chosen: dict[str, _Source]) -> None:
    directory.mkdir(exist_ok=True)
    for path, (folder, entry) in chosen.items():
        source, target = folder / path, directory / path
        if entry.is_folder:
            target.mkdir()
            target.chmod(0o755)
        elif entry.is_link:
            target.symlink_to(_link_text(folder, path))
        else:
            _link_or_copy(source, target)


def _link_text(folder: Path, path: str) -> str:
    """Return what a link leads to; a place outside of its folder by a path that holds anywhere."""
    text = os.readlink(folder / path)
    return os.path.realpath(folder / path) if leads_out(path, text) else text


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        # On another file system, of another owner, or linked too often.
        shutil.copy2(source, target)
