"""Extracts the layers of functions into the folders that are mounted at ``/opt``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lambda_tui import limits
from lambda_tui.project.code import ArchiveError, Cache, deployed_files, unpack, walk
from lambda_tui.project.function import Function, Problem
from lambda_tui.project.layers.merged_folders import merge


class LayerExtractor:
    """Extracts the layers of one project's functions: unpacks and merges each combination once."""

    def __init__(self, cache: Cache) -> None:
        self.problems: list[Problem] = []
        """The problems found in the content of layers so far, each once."""
        self._cache = cache
        self._folders: dict[Path, Path | None] = {}
        """The folders of layers, by their paths; None for one that cannot be unpacked."""
        self._merged: dict[tuple[Path, ...], Path | None] = {}
        """The merged folders, by those that they were merged from."""
        self._sizes: dict[Path, int] = {}

    def extract(self, function: Function) -> Function:
        """Return the function with its ``layers_directory``.

        Note a problem when its code and layers exceed AWS's quota, which nothing enforces here.
        """
        paths = [layer.path for layer in function.layers if layer.path is not None]
        folders = tuple(folder for path in paths if (folder := self._folder(path)) is not None)
        if folders not in self._merged:
            self._merged[folders] = self._merge(folders)
        function = replace(function, layers_directory=self._merged[folders])
        self._check_size(function)
        return function

    def _folder(self, path: Path) -> Path | None:
        if path not in self._folders:
            try:
                self._folders[path] = path if path.is_dir() else unpack(path, self._cache)
            except ArchiveError as error:
                self._folders[path] = None
                message = f"the archive {error} Its layer is missing from /opt."
                self.problems.append(Problem(message, path))
        return self._folders[path]

    def _merge(self, folders: tuple[Path, ...]) -> Path | None:
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
        if function.layers_directory is None:
            return
        size = self._size(function.layers_directory, is_code=False)
        size += self._size(function.code_directory, is_code=True)
        if size > limits.UNPACKED_BYTES:
            message = (
                f"{function.name}: code and layers have {size:,} bytes together, but Lambda takes "
                f"{limits.UNPACKED_BYTES:,}."
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
