"""Finds the folders of the project that assets are copies of, as git finds renamed files.

A synthesis copies each folder of code into the assembly, and does not tell where it was. What runs
is the folder itself, so that a save of it counts: the one that holds the same, or, once it was
edited, the one that is most like the copy.
"""

from __future__ import annotations

import filecmp
import os
import stat
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.cdk.assembly import MANIFEST, VERSION_FILE
from lambda_tui.project.code import is_of_a_tool

_PACKAGES = "node_modules"
_MOST_FILES = 20_000
"""Files of the project that are looked at."""
_HIGHEST = 8
"""Levels above the project in which the root of its repository is looked for."""
_MOST_COMPARED = 100
"""Files of one asset that are compared."""
_MOST_ALIKE = 50
"""Files of one name, beyond which the name says nothing of where a folder is."""
_MOST_FOLDERS = 20
"""Folders that an asset is compared with."""
_LARGEST_COMPARED = 256 * 1024
"""Bytes; of larger files the beginnings are compared, and the sizes."""
_LEAST_LIKENESS = 0.5
"""Enough for a rename in git, too."""
_CLEARLY = 0.1
"""By so much the folder that is taken is more like the asset than any other."""


class ProjectFile(NamedTuple):
    """A file of the project's own."""

    path: str
    """Relative to the project's folder."""
    size: int
    modified: float
    """In seconds since the epoch."""


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
        self.all = list(islice(_files_in(directory, assembly), _MOST_FILES))
        self._sizes = {file.path: file.size for file in self.all}
        self._by_name: defaultdict[str, list[str]] = defaultdict(list)
        for file in self.all:
            self._by_name[os.path.basename(file.path)].append(file.path)

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
        edited: dict[Path, dict[str, float]] = {}
        for asset in dict.fromkeys(assets):
            if not asset.is_dir():
                found[asset] = self._one_of(self._same_files(asset))
                continue
            likeness = self._likeness(asset)
            same = [folder for folder, alike in likeness.items() if alike == 1]
            found[asset] = self._one_of(same)
            if not same:
                edited[asset] = likeness
        used = {one for one in (*taken, *found.values()) if isinstance(one, Path)}
        for asset, likeness in edited.items():
            # A folder that is the source of another asset was not edited.
            free = {one: alike for one, alike in likeness.items() if self._at(one) not in used}
            found[asset] = self._most_like(free)
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
            return [
                file.path
                for file in self.all
                if file.size == size
                and file.path.endswith(asset.suffix)
                and filecmp.cmp(asset, self._at(file.path), shallow=False)
            ]
        except OSError:
            return []

    def _likeness(self, asset: Path) -> dict[str, float]:
        """Return how much folders are like an asset, 0 to 1, by their paths."""
        files = list(islice(_files_in(asset), _MOST_COMPARED))
        folders: Counter[str] = Counter()
        for file in files:
            alike = self._by_name.get(os.path.basename(file.path), [])
            if len(alike) <= _MOST_ALIKE:
                folders.update(_around(alike, file.path))
        return {
            folder: sum(self._file_likeness(asset, folder, file) for file in files) / len(files)
            for folder, _ in folders.most_common(_MOST_FOLDERS)
        }

    def _file_likeness(self, asset: Path, folder: str, file: ProjectFile) -> float:
        path = os.path.join(folder, file.path)
        size = self._sizes.get(path)
        if size is None:
            return 0
        is_large = max(size, file.size) > _LARGEST_COMPARED
        if is_large and size != file.size:
            return 0
        try:
            copied, own = (_beginning(one) for one in (asset / file.path, self._at(path)))
        except OSError:
            return 0
        return 1 if copied == own else 0 if is_large else _line_likeness(copied, own)


def _is_root(folder: Path) -> bool:
    return (folder / ".git").exists()


def _around(paths: list[str], path: str) -> Iterator[str]:
    """Yield the folders in which a path leads to one of the others."""
    for one in paths:
        if one == path:
            yield ""
        elif one.endswith(f"/{path}"):
            yield one.removesuffix(f"/{path}")


def _beginning(file: Path) -> bytes:
    if file.name == _PACKAGES:
        return b"\n".join(sorted(map(os.fsencode, os.listdir(file))))
    with file.open("rb") as content:
        return content.read(_LARGEST_COMPARED)


def _line_likeness(first: bytes, second: bytes) -> float:
    """Return the part of the lines that two texts have in common, 0 to 1."""
    one, other = Counter(first.splitlines()), Counter(second.splitlines())
    return (one & other).total() / max(one.total(), other.total(), 1)


def _files_in(folder: Path, assembly: Path | None = None) -> Iterator[ProjectFile]:
    """Yield the regular files below a folder, those that links lead to, and folders of packages."""
    for directory, folders, files in os.walk(folder):
        is_assembly = VERSION_FILE in files and MANIFEST in files
        if is_assembly or "pyvenv.cfg" in files or Path(directory) == assembly:
            folders.clear()
            continue
        below = "" if Path(directory) == folder else f"{os.path.relpath(directory, folder)}/"
        if _PACKAGES in folders:
            # There are many files in it: it counts as one, by the names of the packages.
            folders.remove(_PACKAGES)
            yield ProjectFile(f"{below}{_PACKAGES}", 0, 0)
        folders[:] = sorted(one for one in folders if not is_of_a_tool(one))
        for name in sorted(files):
            try:
                status = os.stat(os.path.join(directory, name))
            except OSError:
                continue
            # Opening a pipe would block.
            if stat.S_ISREG(status.st_mode):
                yield ProjectFile(f"{below}{name}", status.st_size, status.st_mtime)
