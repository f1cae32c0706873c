"""Packages that files name, installed into folders of the user's cache by the files' content."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from lambda_tui.project.code import Cache
from lambda_tui.project.dependencies.manifest import (
    PACKAGE_JSON,
    Manifest,
    ManifestError,
    Need,
    read_manifest,
)
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


class PackageCache:
    """Folders with what manifests name, one for each content of them and each interpreter.

    May be called from several threads; at worst a file is then read twice.
    """

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._read: dict[Path, tuple[dict[Path, _Stamp], Manifest]] = {}
        """Manifests by their files, with the state of all their files then."""
        self._local = LocalPackages()
        self._last: dict[tuple[Need, Path], Path] = {}
        """The folder that was found last in this session, by the need and the interpreter."""
        self._used: dict[Path, Manifest] = {}
        """The manifests by which those folders were found, by their files."""

    @property
    def local_packages(self) -> set[Path]:
        """The folders and archives of the user's that what was found was made from."""
        return {path for manifest in list(self._used.values()) for path in manifest.local}

    def manifest(self, file: Path) -> Manifest:
        """Return what a file says, read again only when it has changed. Raise ``ManifestError``."""
        known = self._read.get(file)
        if known is not None and known[0] == _stamps(known[0]):
            return known[1]
        manifest = read_manifest(file)
        self._read[file] = _stamps(manifest.files), manifest
        return manifest

    def find(self, need: Need, interpreter: Interpreter) -> Path | None:
        """Return the folder with what is needed; None where that was not installed.

        It is the one of before, in this session, while the file has changed since.
        """
        key = need, interpreter.executable
        with suppress(ManifestError):
            manifest = self.manifest(need.file)
            found = self._cache.find(GROUP, self._name(need, manifest, interpreter))
            if found is not None:
                self._last[key], self._used[need.file] = found, manifest
        return self._last.get(key)

    def is_current(self, need: Need, interpreter: Interpreter) -> bool:
        """Return whether what the file says now is installed. Raise ``ManifestError``."""
        name = self._name(need, self.manifest(need.file), interpreter)
        return self._cache.find(GROUP, name) is not None

    def are_sources(self, paths: Iterable[Path]) -> bool:
        """Return whether any of these files has decided what is installed, of what was found."""
        files = {file for manifest in list(self._used.values()) for file in manifest.files}
        local = self.local_packages
        return any(path in files or any(map(path.is_relative_to, local)) for path in paths)

    def install(self, need: Need, installer: Installer) -> Path:
        """Return the folder with what is needed, once all of it is installed.

        Blocks. Raise ``InstallationError``.
        """
        file = need.file
        try:
            manifest = self.manifest(file)
        except ManifestError as error:
            raise InstallationError(str(error)) from error

        def fill(folder: Path) -> None:
            what = f"what {file.name} lists"
            if file.name == PACKAGE_JSON:
                builder = manifest.builder if need.has_typescript else ""
                install_node(
                    installer, file.parent, manifest.local, folder, what=what, builder=builder
                )
                return
            install_python(
                installer,
                manifest.lines,
                manifest.local,
                folder,
                file.parent,
                what=what,
                is_complete=manifest.is_complete,
                beside=[one for one in need.beside if one not in manifest.names],
            )

        try:
            return self._cache.folder(
                GROUP, self._name(need, manifest, installer.interpreter), fill
            )
        except OSError as error:
            raise InstallationError(
                f"the packages cannot be installed: {error.filename}: {error.strerror}."
            ) from error

    def _name(self, need: Need, manifest: Manifest, interpreter: Interpreter) -> str:
        local = [(str(path), self._local.digest(path)) for path in manifest.local]
        # The folder of the files is not in it: functions may share what they need alike.
        facts: tuple[object, ...] = (manifest.digest, local)
        facts += (os.path.realpath(interpreter.executable),)
        if need.has_typescript:
            facts += (manifest.builder,)
        if need.beside:
            facts += (need.beside,)
        return hashlib.sha256(repr(facts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


def _stamps(files: Iterable[Path]) -> dict[Path, _Stamp]:
    return {file: _stamp(file) for file in files}


def _stamp(file: Path) -> _Stamp:
    try:
        status = file.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_size, status.st_mtime_ns
