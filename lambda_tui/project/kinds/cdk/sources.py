"""Finds the folders of the project that assets are copies of, as git finds renamed files.

A synthesis copies each folder of code into the assembly, and does not tell where it was. What runs
is the folder itself, so that a save of it counts: the one that holds the same, or, once it was
edited, the one that is most like the copy.
"""

from __future__ import annotations

import filecmp
import hashlib
import os
import stat
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.code import is_of_a_tool
from lambda_tui.project.kinds.cdk.assembly import MANIFEST, VERSION_FILE

_PACKAGES = "node_modules"
_MOST_FILES = 200_000
"""Files of the project whose names are looked at."""
_HIGHEST = 8
"""Levels above the project in which the root of its repository is looked for."""
_MOST_COMPARED = 100
"""Files of one asset that are compared."""
_MOST_FOLDERS = 100
"""Folders, of those that no other asset is a copy of, that an edited source is looked for among."""
_LARGEST_COMPARED = 64 * 1024
"""Bytes; of larger files the beginnings are compared, and the sizes."""
_LEAST_LIKENESS = 0.5
"""Enough for a rename in git, too."""
_CLEARLY = 0.1
"""By so much the folder that is taken is more like the asset than any other."""


class Ambiguous(NamedTuple):
    """Several folders that hold what an asset does."""

    folders: tuple[Path, ...]


Found = Path | Ambiguous | None


class ProjectFiles:
    """The files of a project without those of tools, packages and assemblies."""

    def __init__(self, directory: Path, assembly: Path) -> None:
        """List them, as far as there are not too many."""
        self._directory = directory
        self._assembly = assembly
        self.all = list(islice(_paths_in(directory, assembly), _MOST_FILES))
        """The paths relative to the project's folder."""
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        for path in self.all:
            self._by_name[os.path.basename(path)].append(path)
        self._sizes: dict[str, dict[str, int | None]] = {}
        """The sizes of files by their paths, by their names, as far as they were asked for."""
        self._digests: dict[str, bytes | None] = {}
        """The digests of files by their paths, as far as they were asked for."""

    def of_repository(self) -> ProjectFiles | None:
        """Return the files of the repository that the project is a part of; None without one."""
        around = self._directory.parents[:_HIGHEST] if not _is_root(self._directory) else ()
        root = next(filter(_is_root, around), None)
        return None if root is None else ProjectFiles(root, self._assembly)

    def sources_of(self, assets: Iterable[Path], taken: Iterable[Found] = ()) -> dict[Path, Found]:
        """Return what each asset, a folder or an archive, is a copy of.

        ``taken`` are sources of others.
        """
        found: dict[Path, Found] = {}
        edited: list[Path] = []
        for asset in dict.fromkeys(assets):
            same = self._same_folders(asset) if asset.is_dir() else self._same_files(asset)
            found[asset] = self._one_of(same)
            if not same and asset.is_dir():
                edited.append(asset)
        # A folder that is the source of another asset was not edited.
        used = {one for one in (*taken, *found.values()) if isinstance(one, Path)}
        for asset in edited:
            found[asset] = self._most_like(self._likeness(asset, used))
        return found

    def named(self, path: Path) -> str:
        """Return a path of the project's for a sentence, relative to its folder."""
        return os.path.relpath(path, self._directory)

    def _at(self, folder: str) -> Path:
        return self._directory / folder

    def _one_of(self, folders: list[str]) -> Found:
        if len(folders) > 1:
            return Ambiguous(tuple(map(self._at, sorted(folders))))
        return self._at(folders[0]) if folders else None

    def _most_like(self, likeness: dict[str, float]) -> Found:
        best = sorted(likeness, key=lambda folder: -likeness[folder])
        if not best or likeness[best[0]] < _LEAST_LIKENESS:
            return None
        near = [one for one in best if likeness[one] > likeness[best[0]] - _CLEARLY]
        return self._one_of(near)

    def _same_files(self, asset: Path) -> list[str]:
        """Return the files that an asset, which is a single file, may be a copy of."""
        try:
            size = asset.stat().st_size
            archives = [path for path in self.all if path.endswith(asset.suffix)]
            return [path for path in archives if self._is_same(path, asset, size)]
        except OSError:
            return []

    def _is_same(self, path: str, asset: Path, size: int) -> bool:
        file = self._at(path)
        is_like = file.is_file() and file.stat().st_size == size
        return is_like and filecmp.cmp(asset, file, shallow=False)

    def _same_folders(self, asset: Path) -> list[str]:
        """Return the folders that hold what an asset does; they may hold more."""
        digests: dict[str, bytes] = {}
        rarest: tuple[str, list[str]] | None = None
        for path in islice(_paths_in(asset), _MOST_COMPARED):
            digest = _digest(asset / path)
            alike = self._alike(path, _size(asset / path))
            if digest is None or not alike:
                return []
            digests[path] = digest
            if rarest is None or len(alike) < len(rarest[1]):
                rarest = path, alike
        folders = [] if rarest is None else _around(rarest[1], rarest[0])
        return [one for one in folders if self._holds(one, digests)]

    def _alike(self, path: str, size: int | None) -> list[str]:
        """Return the files with the name that a path ends with, and with a size."""
        name = os.path.basename(path)
        if name not in self._sizes:
            self._sizes[name] = {one: _size(self._at(one)) for one in self._by_name.get(name, ())}
        return [one for one, known in self._sizes[name].items() if known == size is not None]

    def _holds(self, folder: str, digests: Mapping[str, bytes]) -> bool:
        for path, digest in digests.items():
            own = os.path.join(folder, path)
            if own not in self._digests:
                self._digests[own] = _digest(self._at(own))
            if self._digests[own] != digest:
                return False
        return True

    def _likeness(self, asset: Path, used: Container[Path]) -> dict[str, float]:
        """Return how much folders that are not used are like an asset, 0 to 1, by their paths."""
        paths = list(islice(_paths_in(asset), _MOST_COMPARED))
        folders: Counter[str] = Counter()
        for path in paths:
            alike = self._by_name.get(os.path.basename(path), [])
            folders.update(one for one in _around(alike, path) if self._at(one) not in used)
        return {
            folder: sum(self._file_likeness(asset, folder, path) for path in paths) / len(paths)
            for folder, _ in folders.most_common(_MOST_FOLDERS)
        }

    def _file_likeness(self, asset: Path, folder: str, path: str) -> float:
        try:
            copied, own = _head(asset / path), _head(self._at(folder) / path)
        except OSError:
            return 0
        if copied == own:
            return 1
        is_large = max(copied.size, own.size) > _LARGEST_COMPARED
        return 0 if is_large else _line_likeness(copied.beginning, own.beginning)


def _is_root(folder: Path) -> bool:
    return (folder / ".git").exists()


def _around(paths: list[str], path: str) -> Iterator[str]:
    """Yield the folders in which a path leads to one of the others."""
    for one in paths:
        if one == path:
            yield ""
        elif one.endswith(f"/{path}"):
            yield one.removesuffix(f"/{path}")


class _Head(NamedTuple):
    """The size of a file, and its beginning, which is all of a small one."""

    size: int
    beginning: bytes


def _head(file: Path) -> _Head:
    """Return the head of a file, or the names in a folder of packages; raise ``OSError``."""
    size = _size(file)
    if size is None:
        # Opening a pipe would block.
        raise OSError("it is no regular file")
    if file.name == _PACKAGES:
        return _Head(0, b"\n".join(sorted(map(os.fsencode, os.listdir(file)))))
    with file.open("rb") as content:
        return _Head(size, content.read(_LARGEST_COMPARED))


def _digest(file: Path) -> bytes | None:
    """Return what stands for a file's size and beginning; None for what cannot be read."""
    try:
        size, beginning = _head(file)
    except OSError:
        return None
    return hashlib.blake2b(b"%d " % size + beginning).digest()


def _size(file: Path) -> int | None:
    """Return the size of a file, 0 for a folder of packages; None for what cannot be read."""
    try:
        status = file.stat()
    except OSError:
        return None
    if file.name == _PACKAGES:
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _line_likeness(first: bytes, second: bytes) -> float:
    """Return the part of the lines that two texts have in common, 0 to 1."""
    one, other = Counter(first.splitlines()), Counter(second.splitlines())
    return (one & other).total() / max(one.total(), other.total(), 1)


def _paths_in(folder: Path, assembly: Path | None = None) -> Iterator[str]:
    """Yield the relative paths of the files below a folder, and of folders of packages."""
    for directory, folders, files in os.walk(folder):
        is_assembly = VERSION_FILE in files and MANIFEST in files
        if is_assembly or "pyvenv.cfg" in files or Path(directory) == assembly:
            folders.clear()
            continue
        below = "" if Path(directory) == folder else f"{os.path.relpath(directory, folder)}/"
        if _PACKAGES in folders:
            # There are many files in it: it counts as one, by the names of the packages.
            folders.remove(_PACKAGES)
            yield f"{below}{_PACKAGES}"
        folders[:] = sorted(one for one in folders if not is_of_a_tool(one))
        yield from (f"{below}{name}" for name in sorted(files))
