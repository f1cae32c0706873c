"""Packages that requirements name by paths on this machine: their content, and copies of it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lambda_tui.project.code import Entry, walk

_LEFT_OUT = frozenset({"node_modules", "__pycache__", "venv", "cdk.out"})


class LocalPackages:
    """The content of folders and archives, read again only when something in them has changed.

    May be called from several threads; at worst one is then read twice.
    """

    def __init__(self) -> None:
        self._read: dict[Path, tuple[str, str]] = {}
        """The digests of the state and of the content, by path."""

    def digest(self, path: Path) -> str:
        """Return a digest of the content; another one where a file cannot be read."""
        files = list(_files(path))
        state = _digest(
            (file.name, entry.status.st_size, entry.status.st_mtime_ns) for file, entry in files
        )
        known = self._read.get(path)
        if known is None or known[0] != state:
            content = _digest((entry.path, _content(file)) for file, entry in files)
            known = self._read[path] = state, content
        return known[1]


def copy_packages(paths: Iterable[Path], base: Path, scratch: Path) -> Mapping[Path, Path]:
    """Copy packages into a folder, so that builds leave nothing beside the originals.

    Return the copies by the originals, and that of the folder ``base``, which is empty. As seen
    from each other they lie where they did.
    """
    originals = (base, *paths)
    root = Path(os.path.commonpath(originals))
    copies = {path: scratch / path.relative_to(root) for path in originals}
    for path, copy in copies.items():
        if path == base:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, copy, ignore=_ignored, dirs_exist_ok=True, symlinks=True)
        elif path.is_file():
            shutil.copy2(path, copy)
    copies[base].mkdir(parents=True, exist_ok=True)
    return copies


def _ignored(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if _is_left_out(name)]


def _is_left_out(name: str) -> bool:
    return name in _LEFT_OUT or name.startswith(".")


def _files(path: Path) -> Iterator[tuple[Path, Entry]]:
    with contextlib.suppress(OSError):
        if not path.is_dir():
            yield path, Entry(path.name, path.stat())
            return
        for entry in walk(path, _is_left_out):
            if entry.is_file:
                yield path / entry.path, entry


def _content(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _digest(facts: Iterable[object]) -> str:
    digest = hashlib.sha256()
    for fact in facts:
        digest.update(repr(fact).encode())
    return digest.hexdigest()
