"""Extracts the layers of functions into the folders that are mounted at ``/opt``."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

from lambda_tui import limits
from lambda_tui.project.code import ArchiveError, Cache, packaged_files, unpack, walk
from lambda_tui.project.function import Function, Problem
from lambda_tui.project.layers.merged_folders import merge


class LayerExtractor:
    """Extracts the layers of one project's functions: unpacks and merges each combination once."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._found: dict[Path | tuple[Path, ...] | str, tuple[Problem, list[str]]] = {}
        """Each problem with the functions concerned, by the layer, the layers or the function."""
        self._folders: dict[Path, Path | None] = {}
        """The folders of layers, by their paths; None for one that cannot be unpacked."""
        self._merged: dict[tuple[Path, ...], Path | None] = {}
        """The merged folders, by those that they were merged from."""
        self._sizes: dict[Path, int] = {}

    @property
    def problems(self) -> list[Problem]:
        """The problems found in the content of layers so far, each once for all functions."""
        return [replace(one, functions=tuple(names)) for one, names in self._found.values()]

    def extract(self, function: Function) -> Function:
        """Return the function with its ``layers_directory``.

        Note a problem when its code and layers exceed AWS's quota, which nothing enforces here.
        """
        paths = [layer.path for layer in function.layers if layer.path is not None]
        folders = tuple(folder for path in paths if (folder := self._folder(path)) is not None)
        if folders not in self._merged:
            self._merged[folders] = self._merge(folders, paths)
        function = replace(function, layers_directory=self._merged[folders])
        self._check_size(function)
        for what in (*dict.fromkeys(paths), folders, function.name):
            if what in self._found:
                self._found[what][1].append(function.name)
        return function

    def _folder(self, path: Path) -> Path | None:
        if path not in self._folders:
            try:
                self._folders[path] = path if path.is_dir() else unpack(path, self._cache)
            except ArchiveError as error:
                self._folders[path] = None
                message = f"the archive {error} Its layer is missing from /opt."
                self._found[path] = (Problem(message, path), [])
        return self._folders[path]

    def _merge(self, folders: tuple[Path, ...], paths: list[Path]) -> Path | None:
        if len(folders) < 2:
            return folders[0] if folders else None
        try:
            return merge(folders, self._cache)
        except OSError as error:
            names = ", ".join(path.name for path in paths)
            message = (
                f"the layers {names} cannot be put together, so nothing is in /opt: "
                f"{error.filename}: {error.strerror}."
            )
            self._found[folders] = (Problem(message), [])
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
            problem = Problem(message, function.file, function.line)
            self._found[function.name] = (problem, [])

    def _size(self, folder: Path, *, is_code: bool) -> int:
        if folder not in self._sizes:
            try:
                statuses = (
                    [file.status for file in packaged_files(folder).values()]
                    if is_code
                    else [entry.status for entry in walk(folder) if not entry.is_folder]
                )
                self._sizes[folder] = sum(
                    status.st_size for status in statuses if stat.S_ISREG(status.st_mode)
                )
            except OSError:
                self._sizes[folder] = 0
        return self._sizes[folder]
