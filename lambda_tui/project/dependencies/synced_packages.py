"""Packages that functions' files name, installed into the user's cache on the user's word."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from lambda_tui.project.code import Cache
from lambda_tui.project.dependencies.manifest import (
    Manifest,
    ManifestError,
    manifest_file,
    read_manifest,
)
from lambda_tui.project.dependencies.requirements import normalised
from lambda_tui.project.dependencies.runtime_packages import (
    NODE_SDK,
    PYTHON_RUNTIME_PACKAGES,
)
from lambda_tui.project.function import Function
from lambda_tui.project.installers import (
    InstallationError,
    Installer,
    LocalPackages,
    install_node,
    install_python,
)
from lambda_tui.project.interpreters import Interpreter

GROUP = "packages"
"""The group of the cache."""
_Stamp = tuple[int, int, int]


class SyncedPackages:
    """What the functions of a project have beside their code from the user's cache.

    A folder of the cache is named by the content of the files that say what is in it, and by the
    interpreter. May be called from several threads.
    """

    def __init__(self, directory: Path) -> None:
        """``directory`` is the project's."""
        self._directory = directory
        self._cache = Cache.of_user()
        self._read: dict[Path, tuple[dict[Path, _Stamp], Manifest]] = {}
        """Manifests by their files, with the state of all files then."""
        self._local = LocalPackages()
        self._last: dict[tuple[Path, Path], Path] = {}
        """The folder that was found last in this session, by manifest file and interpreter."""
        self._sources: dict[Path, Manifest] = {}
        """The manifests by which those folders were found, by their files."""

    def manifest(self, function: Function) -> Manifest | None:
        """Return what the function's files say; None without any. Raise ``ManifestError``."""
        file = manifest_file(self._directory, function)
        if file is None:
            return None
        known = self._read.get(file)
        if known is not None and known[0] == _stamps(known[0]):
            return known[1]
        manifest = read_manifest(file)
        self._read[file] = _stamps(manifest.files), manifest
        return manifest

    def find(self, function: Function, interpreter: Interpreter) -> Path | None:
        """Return the folder with the function's packages; None where none was synced.

        It is an older one of this session while the files have changed since.
        """
        if not (self._cache.directory / GROUP).is_dir():
            return None
        file = manifest_file(self._directory, function)
        if file is None:
            return None
        key = file, interpreter.executable
        with suppress(ManifestError):
            manifest = self.manifest(function)
            assert manifest is not None
            found = self._cache.find(GROUP, self._name(manifest, interpreter))
            if found is not None:
                self._last[key], self._sources[file] = found, manifest
        return self._last.get(key)

    @property
    def local_packages(self) -> set[Path]:
        """The folders and archives that what was found in this session was made from."""
        return {path for manifest in self._sources.values() for path in manifest.local}

    def are_sources(self, paths: Iterable[Path]) -> bool:
        """Return whether any of these files decides what is installed, of what was found."""
        files = {file for manifest in self._sources.values() for file in manifest.files}
        local = self.local_packages
        return any(path in files or any(map(path.is_relative_to, local)) for path in paths)

    def changed_file(self, function: Function, interpreter: Interpreter) -> Path | None:
        """Return the file of the function's that says something else than what ``find`` returns.

        None where nothing was found, or it is what the files say.
        """
        if self.find(function, interpreter) is None:
            return None
        with suppress(ManifestError):
            if self.is_current(function, interpreter):
                return None
        return manifest_file(self._directory, function)

    def is_current(self, function: Function, interpreter: Interpreter) -> bool:
        """Return whether ``find`` returns what the files say now. Raise ``ManifestError``."""
        manifest = self.manifest(function)
        name = None if manifest is None else self._name(manifest, interpreter)
        return name is not None and self._cache.find(GROUP, name) is not None

    def missing(self, function: Function, interpreter: Interpreter) -> frozenset[str]:
        """Return the packages that the files name and that the function does not find.

        Packages of AWS's SDK do not count. Raise ``ManifestError``.
        """
        manifest = self.manifest(function)
        if manifest is None:
            return frozenset()
        if function.language == "node":
            folders = list(_node_folders(function))
            return frozenset(
                name
                for name in manifest.names
                if NODE_SDK.fullmatch(name) is None
                and not any((folder / name).exists() for folder in folders)
            )
        # The name of a package at a path is told by its build alone.
        missing = {str(path) for path in manifest.local} | manifest.names - PYTHON_RUNTIME_PACKAGES
        if missing:
            missing -= set(_distributions(_python_folders(function, interpreter)))
        return frozenset(missing)

    def install(self, function: Function, installer: Installer) -> Path:
        """Return the folder with the function's packages, once all are installed in it.

        Blocks. Raise ``InstallationError``.
        """
        try:
            manifest = self.manifest(function)
        except ManifestError as error:
            raise InstallationError(str(error)) from error
        assert manifest is not None

        def fill(folder: Path) -> None:
            what = f"what {manifest.file.name} lists"
            home = manifest.file.parent
            if function.language == "node":
                install_node(installer, home, manifest.local, folder, what=what)
                return
            install_python(
                installer,
                manifest.lines,
                manifest.local,
                folder,
                home,
                what=what,
                is_complete=manifest.is_complete,
            )

        try:
            name = self._name(manifest, installer.interpreter)
            return self._cache.folder(GROUP, name, fill)
        except OSError as error:
            raise InstallationError(
                f"the packages cannot be installed: {error.filename}: {error.strerror}."
            ) from error

    def _name(self, manifest: Manifest, interpreter: Interpreter) -> str:
        local = [(str(path), self._local.digest(path)) for path in manifest.local]
        # The folder of the files is not in it: functions may share what they need alike.
        facts = (os.path.realpath(interpreter.executable), manifest.digest, local)
        return hashlib.sha256(repr(facts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _stamps(files: Iterable[Path]) -> dict[Path, _Stamp]:
    return {file: _stamp(file) for file in files}


def _stamp(file: Path) -> _Stamp:
    try:
        status = file.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_size, status.st_mtime_ns


def _node_folders(function: Function) -> Iterator[Path]:
    yield function.code_directory / "node_modules"
    if function.layers_directory is not None:
        yield function.layers_directory / "nodejs" / "node_modules"
        yield from function.layers_directory.glob("nodejs/node*/node_modules")


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
