"""Gives functions what a sync has installed: packages beside their code, layers that are built."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from lambda_tui.project.code import Cache
from lambda_tui.project.dependencies.manifest import (
    PACKAGE_JSON,
    Manifest,
    ManifestError,
    manifest_file,
)
from lambda_tui.project.dependencies.package_cache import GROUP, PackageCache
from lambda_tui.project.dependencies.requirements import normalised
from lambda_tui.project.dependencies.runtime_packages import (
    NODE_SDK,
    PYTHON_RUNTIME_PACKAGES,
)
from lambda_tui.project.function import Function, Layer
from lambda_tui.project.installers import NODE_MODULES, Installer
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.layers import LayerExtractor, merge

_LAYER_FOLDERS = {"python": "python", "node": "nodejs"}
"""The folders of layers into which ``sam build`` builds, by languages."""


class SyncedPackages:
    """Finds what the files of a project's functions name, as far as it is in the user's cache.

    May be called from several threads.
    """

    def __init__(self, directory: Path) -> None:
        """``directory`` is the project's."""
        self.is_on = True
        """Whether functions have anything from the cache."""
        self._directory = directory
        self._cache = Cache.of_user()
        self._packages = PackageCache(self._cache)

    @property
    def local_packages(self) -> set[Path]:
        """The folders and archives of the user's that what is in use was made from."""
        return self._packages.local_packages

    def are_sources(self, paths: Iterable[Path]) -> bool:
        """Return whether any of these files has decided what is in use."""
        return self._packages.are_sources(paths)

    def complete(self, function: Function, interpreter: Interpreter) -> Function:
        """Return a function with what is there by now: its packages, and layers that are built."""
        if not self.is_on:
            return function
        if self._has_any():
            file = manifest_file(self._directory, function)
            folder = None if file is None else self._packages.find(file, interpreter)
            function = replace(function, packages_directory=folder)
        if not any(map(_is_to_build, function.layers)):
            return function
        layers = tuple(self._built(layer, function, interpreter) for layer in function.layers)
        return LayerExtractor(self._cache).extract(replace(function, layers=layers))

    def lacking(self, function: Function, interpreter: Interpreter) -> list[Path]:
        """Return the files that name something that the function does not find.

        Packages of AWS's SDK do not count. Raise ``ManifestError``.
        """
        return [
            file
            for file in self.files(function)
            if not self._packages.is_current(file, interpreter)
            and (
                file != manifest_file(self._directory, function)
                or self._are_missing(self._packages.manifest(file), function, interpreter)
            )
        ]

    def files(self, function: Function) -> list[Path]:
        """Return the files that say what a function needs, those of layers to be built last."""
        own = manifest_file(self._directory, function)
        layers = [_layer_file(layer) for layer in function.layers if _fits(layer, function)]
        return [file for file in dict.fromkeys([own, *layers]) if file is not None]

    def changed_file(self, function: Function, interpreter: Interpreter) -> Path | None:
        """Return a file of the function's that says something else than what is in use.

        None where nothing is, or all is as the files say.
        """
        if not (self.is_on and self._has_any()):
            return None
        for file in self.files(function):
            if self._packages.find(file, interpreter) is not None:
                with suppress(ManifestError):
                    if self._packages.is_current(file, interpreter):
                        continue
                return file
        return None

    def install(self, file: Path, installer: Installer) -> Path:
        """Return the folder with what a file names, once all of it is installed.

        Blocks. Raise ``InstallationError``.
        """
        return self._packages.install(file, installer)

    def _has_any(self) -> bool:
        """Return whether anything was ever installed: one look, for all who have not."""
        return os.path.isdir(self._cache.directory / GROUP)

    def _built(self, layer: Layer, function: Function, interpreter: Interpreter) -> Layer:
        """Return a layer as ``sam build`` makes it, once the packages are there that it needs."""
        if not _fits(layer, function) or layer.source is None:
            return layer
        file = _layer_file(layer)
        packages = None if file is None else self._packages.find(file, interpreter)
        if file is not None and packages is None:
            return layer
        folders = [folder for folder in (packages, layer.source.folder) if folder is not None]
        try:
            path = merge(folders, self._cache, below=_LAYER_FOLDERS[layer.source.language])
        except OSError:
            return layer
        return replace(layer, path=path)

    def _are_missing(
        self, manifest: Manifest, function: Function, interpreter: Interpreter
    ) -> bool:
        if function.language == "node":
            folders = list(_node_folders(function))
            return any(
                NODE_SDK.fullmatch(name) is None
                and not any((folder / name).exists() for folder in folders)
                for name in manifest.names
            )
        # The name of a package at a path is told by its build alone.
        missing = {str(path) for path in manifest.local} | manifest.names - PYTHON_RUNTIME_PACKAGES
        if missing:
            missing -= set(_distributions(_python_folders(function, interpreter)))
        return bool(missing)


def _is_to_build(layer: Layer) -> bool:
    return layer.path is None and layer.source is not None


def _fits(layer: Layer, function: Function) -> bool:
    """Return whether a layer is to be built, for the language that the function is in."""
    source = layer.source
    return layer.path is None and source is not None and source.language == function.language


def _layer_file(layer: Layer) -> Path | None:
    """Return the file that says what is to be installed into a layer."""
    assert layer.source is not None
    name = PACKAGE_JSON if layer.source.language == "node" else "requirements.txt"
    file = layer.source.folder / name
    return file if file.is_file() else None


def _node_folders(function: Function) -> Iterator[Path]:
    yield function.code_directory / NODE_MODULES
    if function.layers_directory is not None:
        yield function.layers_directory / "nodejs" / NODE_MODULES
        yield from function.layers_directory.glob(f"nodejs/node*/{NODE_MODULES}")


def _python_folders(function: Function, interpreter: Interpreter) -> Iterator[Path]:
    yield function.code_directory
    if function.layers_directory is not None:
        yield function.layers_directory / "python"
        yield from function.layers_directory.glob("python/lib/python3.*/site-packages")
    if interpreter.finds_packages:
        # Not resolved: the link in a virtual environment is what makes it that environment.
        yield from interpreter.executable.parent.parent.glob("lib*/python3*/site-packages")


def _distributions(folders: Iterable[Path]) -> Iterator[str]:
    """Yield the normalised names of what installers have left records of in folders."""
    for folder in folders:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            stem, dot, kind = name.rpartition(".")
            if dot and kind in ("dist-info", "egg-info"):
                yield normalised(stem.split("-")[0])
