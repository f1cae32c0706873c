"""The size and the digest of deployment packages: Lambda's ``CodeSize`` and ``CodeSha256``."""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lambda_tui.project.code.folder_walk import deployed_files
from lambda_tui.project.code.links import followed_links


@dataclass(frozen=True, slots=True)
class CodePackage:
    """A deployment package: an archive, or a folder that would be deployed as one."""

    size: int = 0
    """Bytes of the archive; of the files themselves for a folder."""
    sha256: str = base64.b64encode(hashlib.sha256().digest()).decode()
    """A digest in base64: of the archive; of the files, their names and modes for a folder."""


class PackagedFile(NamedTuple):
    """A file or a link in a package, and where on this machine its content lies."""

    place: Path
    status: os.stat_result


_Files = dict[str, PackagedFile]


def packaged_files(folder: Path) -> dict[str, PackagedFile]:
    """Return what a package of a folder holds, by the paths inside.

    Links that lead out of the folder are followed, as by whoever packs it. Raise ``OSError`` for
    what cannot be listed.
    """
    files = _files_below(folder, "")
    for link in followed_links(folder):
        files.pop(link.path, None)
        if link.target.is_dir():
            files |= _files_below(link.target, f"{link.path}/")
        else:
            files[link.path] = PackagedFile(link.target, link.target.stat())
    return dict(sorted(files.items()))


def _files_below(folder: Path, prefix: str) -> _Files:
    return {
        prefix + one.path: PackagedFile(folder / one.path, one.status)
        for one in deployed_files(folder)
        if not one.is_folder
    }


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
            package = _folder_package(files) if path.is_dir() else _archive_package(path)
        except OSError:
            return CodePackage()
        self._read[path] = state, package
        return package


def _files(path: Path) -> _Files:
    return packaged_files(path) if path.is_dir() else {path.name: PackagedFile(path, path.stat())}


def _state(files: _Files) -> bytes:
    """Return a digest that changes when a file does, without reading the files."""
    digest = hashlib.sha256()
    for name, (_, status) in files.items():
        facts = (name, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ino)
        digest.update(repr(facts).encode())
    return digest.digest()


def _archive_package(archive: Path) -> CodePackage:
    with archive.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").digest()
        return CodePackage(os.fstat(content.fileno()).st_size, base64.b64encode(digest).decode())


def _folder_package(files: _Files) -> CodePackage:
    digest = hashlib.sha256()
    for name, (place, status) in files.items():
        digest.update(repr((name, bool(status.st_mode & 0o111), status.st_size)).encode())
        if stat.S_ISLNK(status.st_mode):
            digest.update(os.fsencode(place.readlink()))
        else:
            with place.open("rb") as content:
                digest.update(hashlib.file_digest(content, "sha256").digest())
    size = sum(status.st_size for _, status in files.values())
    return CodePackage(size, base64.b64encode(digest.digest()).decode())
