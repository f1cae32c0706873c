"""Gives functions what a sync has installed: packages beside their code, layers that are built."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from lambda_tui.project.code import Cache
from lambda_tui.project.dependencies.manifest import (
    BUILDERS,
    PACKAGE_JSON,
    ManifestError,
    Need,
    manifest_file,
)
from lambda_tui.project.dependencies.package_cache import GROUP, PackageCache
from lambda_tui.project.dependencies.requirements import normalised
from lambda_tui.project.dependencies.runtime_packages import (
    NODE_SDK,
    PYTHON_RUNTIME_PACKAGES,
)
from lambda_tui.project.function import Function, Layer
from lambda_tui.project.handlers import find_node_source, split_node_handler
from lambda_tui.project.installers import NODE_MODULES, Installer
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.layers import LayerExtractor, merge

_LAYER_FOLDERS = {"python": "python", "node": "nodejs"}
"""The folders of layers into which ``sam build`` builds, by languages."""


_TYPESCRIPT = (".ts", ".mts", ".cts")


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
            need = self._need(function)
            folder = None if need is None else self._packages.find(need, interpreter)
            function = replace(function, packages_directory=folder)
        if not any(map(_is_to_build, function.layers)):
            return function
        layers = tuple(self._built(layer, function, interpreter) for layer in function.layers)
        return LayerExtractor(self._cache).extract(replace(function, layers=layers))

    def lacking(self, function: Function, interpreter: Interpreter) -> list[Need]:
        """Return the needs of the function that are not all met.

        Packages of AWS's SDK do not count. Raise ``ManifestError``.
        """
        own = self._need(function)
        return [
            need
            for need in self.needs(function)
            if not self._packages.is_current(need, interpreter)
            and (need != own or self._is_unmet(need, function, interpreter))
        ]

    def needs(self, function: Function) -> list[Need]:
        """Return the files that say what a function needs, those of layers to be built last."""
        layers = [_layer_need(layer) for layer in function.layers if _fits(layer, function)]
        found = dict.fromkeys([self._need(function), *layers])
        return [need for need in found if need is not None]

    def changed_file(self, function: Function, interpreter: Interpreter) -> Path | None:
        """Return a file of the function's that says something else than what is in use.

        None where nothing is, or all is as the files say.
        """
        if not (self.is_on and self._has_any()):
            return None
        for need in self.needs(function):
            if self._packages.find(need, interpreter) is not None:
                with suppress(ManifestError):
                    if self._packages.is_current(need, interpreter):
                        continue
                return need.file
        return None

    def install(self, need: Need, installer: Installer) -> Path:
        """Return the folder with what is needed, once all of it is installed.

        Blocks. Raise ``InstallationError``.
        """
        return self._packages.install(need, installer)

    def _has_any(self) -> bool:
        """Return whether anything was ever installed: one look, for all who have not."""
        return os.path.isdir(self._cache.directory / GROUP)

    def _built(self, layer: Layer, function: Function, interpreter: Interpreter) -> Layer:
        """Return a layer as ``sam build`` makes it, once the packages are there that it needs."""
        if not _fits(layer, function) or layer.source is None:
            return layer
        need = _layer_need(layer)
        packages = None if need is None else self._packages.find(need, interpreter)
        if need is not None and packages is None:
            return layer
        folders = [folder for folder in (packages, layer.source.folder) if folder is not None]
        try:
            path = merge(folders, self._cache, below=_LAYER_FOLDERS[layer.source.language])
        except OSError:
            return layer
        return replace(layer, path=path)

    def _need(self, function: Function) -> Need | None:
        file, has_typescript = manifest_file(self._directory, function), _has_typescript(function)
        if file is None and has_typescript:
            # A build takes from there what it puts into the code.
            file = self._package_above(function.source_directory)
        return None if file is None else Need(file, has_typescript, _added_packages(function))

    def _package_above(self, code: Path) -> Path | None:
        """Return the nearest package.json above a function's code, in the project."""
        folders = [one for one in code.parents if one.is_relative_to(self._directory)]
        files = (folder / PACKAGE_JSON for folder in folders)
        return next((file for file in files if file.is_file()), None)

    def _is_unmet(self, need: Need, function: Function, interpreter: Interpreter) -> bool:
        manifest = self._packages.manifest(need.file)
        if function.language == "node":
            folders = list(_node_folders(function))
            if need.has_typescript and not _has_builder(folders):
                return True
            return any(
                NODE_SDK.fullmatch(name) is None
                and not any((folder / name).exists() for folder in folders)
                for name in manifest.names
            )
        # The name of a package at a path is told by its build alone.
        missing = {str(path) for path in manifest.local} | manifest.names - PYTHON_RUNTIME_PACKAGES
        missing |= set(need.beside)
        if missing:
            missing -= set(_distributions(_python_folders(function, interpreter)))
        return bool(missing)


def _added_packages(function: Function) -> tuple[str, ...]:
    """Return the packages that a framework deploys with a function; an image's RUN is not run."""
    return function.added_packages if function.image is None else ()


def _is_to_build(layer: Layer) -> bool:
    return layer.path is None and layer.source is not None


def _fits(layer: Layer, function: Function) -> bool:
    """Return whether a layer is to be built, for the language that the function is in."""
    source = layer.source
    return layer.path is None and source is not None and source.language == function.language


def _has_typescript(function: Function) -> bool:
    """Return whether the handler's file is there as TypeScript alone."""
    handler = split_node_handler(function.handler) if function.language == "node" else None
    source = handler and find_node_source(function.code_directory, handler[0])
    return source is not None and source.suffix in _TYPESCRIPT


def _has_builder(folders: Iterable[Path]) -> bool:
    return any((folder / name).exists() for folder in folders for name in BUILDERS)


def _layer_need(layer: Layer) -> Need | None:
    """Return the file that says what is to be installed into a layer."""
    assert layer.source is not None
    name = PACKAGE_JSON if layer.source.language == "node" else "requirements.txt"
    file = layer.source.folder / name
    return Need(file) if file.is_file() else None


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
