"""The size and the digest of deployment packages: Lambda's ``CodeSize`` and ``CodeSha256``."""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from lambda_tui.project.code.folder_walk import deployed_files


@dataclass(frozen=True, slots=True)
class CodePackage:
    """A deployment package: an archive, or a folder that would be deployed as one."""

    size: int = 0
    """Bytes of the archive; of the files themselves for a folder."""
    sha256: str = base64.b64encode(hashlib.sha256().digest()).decode()
    """A digest in base64: of the archive; of the files, their names and modes for a folder."""


_Files = dict[str, os.stat_result]


class CodePackages:
    """Packages by their paths, read again only when something has changed.

    May be called from several threads; at worst a package is then read twice.
    """

    def __init__(self) -> None:
        self._read: dict[Path, tuple[bytes, CodePackage]] = {}

    def read(self, path: Path) -> CodePackage:
        """Return the package of a folder or an archive; an empty one where it cannot be read."""
        try:
            files = _files(path)
            state = _state(files)
            before = self._read.get(path)
            if before is not None and before[0] == state:
                return before[1]
            package = _folder_package(path, files) if path.is_dir() else _archive_package(path)
        except OSError:
            return CodePackage()
        self._read[path] = state, package
        return package


def _files(path: Path) -> _Files:
    if not path.is_dir():
        return {path.name: path.stat()}
    return {one.path: one.status for one in deployed_files(path) if not one.is_folder}


def _state(files: _Files) -> bytes:
    """Return a digest that changes when a file does, without reading the files."""
    digest = hashlib.sha256()
    for name, status in files.items():
        facts = (name, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino)
        digest.update(repr(facts).encode())
    return digest.digest()


def _archive_package(archive: Path) -> CodePackage:
    with archive.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").digest()
        return CodePackage(os.fstat(content.fileno()).st_size, base64.b64encode(digest).decode())


def _folder_package(folder: Path, files: _Files) -> CodePackage:
    digest = hashlib.sha256()
    for name, status in files.items():
        file = folder / name
        digest.update(repr((name, bool(status.st_mode & 0o111), status.st_size)).encode())
        if file.is_symlink():
            digest.update(os.fsencode(file.readlink()))
        else:
            with file.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
    size = sum(status.st_size for status in files.values())
    return CodePackage(size, base64.b64encode(digest.digest()).decode())
