"""Puts the layers of functions where they can stand at ``/opt``: unpacked, and merged in order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lambda_tui.project.archive import LARGEST_UNPACKED, ArchiveError, unpack
from lambda_tui.project.cache import Cache
from lambda_tui.project.deployed_files import deployed_files
from lambda_tui.project.folder_walk import walk
from lambda_tui.project.function import Function, Problem
from lambda_tui.project.merged_folders import merge


class LayerPlaces:
    """The places of one project's layers; each is unpacked, merged and complained of once."""

    def __init__(self, cache: Cache) -> None:
        self.problems: list[Problem] = []
        """What is wrong with what lies there, so far."""
        self._cache = cache
        self._folders: dict[Path, Path | None] = {}
        self._merged: dict[tuple[Path, ...], Path | None] = {}
        self._sizes: dict[Path, int] = {}

    def place(self, function: Function) -> Function:
        """The function with its ``layers_directory``."""
        paths = [layer.path for layer in function.layers if layer.path is not None]
        folders = tuple(folder for path in paths if (folder := self._folder(path)) is not None)
        if folders not in self._merged:
            self._merged[folders] = self._put_together(folders)
        placed = replace(function, layers_directory=self._merged[folders])
        self._check_size(placed)
        return placed

    def _folder(self, path: Path) -> Path | None:
        if path not in self._folders:
            try:
                self._folders[path] = path if path.is_dir() else unpack(path, self._cache)
            except ArchiveError as error:
                self._folders[path] = None
                message = f"the archive {error} Its layer is missing from /opt."
                self.problems.append(Problem(message, path))
        return self._folders[path]

    def _put_together(self, folders: tuple[Path, ...]) -> Path | None:
        if len(folders) < 2:
            return folders[0] if folders else None
        try:
            return merge(folders, self._cache)
        except OSError as error:
            names = ", ".join(folder.name for folder in folders)
            message = (
                f"the layers {names} cannot be put together, so nothing is in /opt: "
                f"{error.filename}: {error.strerror}."
            )
            self.problems.append(Problem(message))
            return None

    def _check_size(self, function: Function) -> None:
        """AWS refuses code and layers that are too large together; here it is just said."""
        if function.layers_directory is None:
            return
        size = self._size(function.layers_directory, is_code=False)
        size += self._size(function.code_directory, is_code=True)
        if size > LARGEST_UNPACKED:
            message = (
                f"{function.name}: code and layers have {size:,} bytes together, but Lambda takes "
                f"{LARGEST_UNPACKED:,}."
            )
            self.problems.append(Problem(message, function.file, function.line, function.name))

    def _size(self, folder: Path, *, is_code: bool) -> int:
        if folder not in self._sizes:
            try:
                entries = deployed_files(folder) if is_code else walk(folder)
                self._sizes[folder] = sum(
                    entry.status.st_size for entry in entries if entry.is_file
                )
            except OSError:
                self._sizes[folder] = 0
        return self._sizes[folder]
