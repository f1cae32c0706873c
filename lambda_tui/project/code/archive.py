"""Unpacks zip files of code and of layers into the cache; their content is not trusted."""

from __future__ import annotations

import calendar
import hashlib
import os
import shutil
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from lambda_tui import limits
from lambda_tui.project.code.cache import Cache
from lambda_tui.project.wording import shown

MAXIMUM_ENTRIES = 100_000
"""Files, folders and links in one archive."""

_SUFFIXES = (".zip", ".jar")
_MAXIMUM_RATIO = 1100
"""Unpacked bytes per byte of the archive; deflated data reaches 1,032 at most."""
_RATIO_COUNTS_FROM = 1 << 20
"""Unpacked bytes below which the ratio is not checked."""
_LONGEST_LINK = 4096
"""Bytes of a link's target."""
_IS_ENCRYPTED = 0x1
"""Bit of an entry's flags."""
_UNIX = (3, 19)
"""Systems, by their numbers in zip files, that record modes: Unix and macOS."""
_LINK = stat.S_IFLNK
_ACCEPTED_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# Archives made on other systems than Unix record no file types, which is 0.
_ACCEPTED_TYPES = (0, stat.S_IFREG, stat.S_IFDIR, _LINK)


class ArchiveError(Exception):
    """An archive cannot be used; ``str()`` is a sentence that follows the file's name."""


def is_archive(file: Path) -> bool:
    """Return whether a file is to be unpacked: it is a zip file, or is named like one."""
    return file.suffix.lower() in _SUFFIXES or zipfile.is_zipfile(file)


def folder_of_file(file: Path, cache: Cache) -> Path:
    """Return a folder with a link to a file and nothing else: the package of a single file.

    Raise ``ArchiveError`` when the folder cannot be made.
    """
    target = os.path.realpath(file)
    name = hashlib.sha256(os.fsencode(f"{file.name}\0{target}")).hexdigest()
    try:
        return cache.folder("single", name, lambda folder: (folder / file.name).symlink_to(target))
    except OSError as error:
        raise ArchiveError(f"cannot be packed: {error.strerror or error}.") from error


def unpack(archive: Path, cache: Cache) -> Path:
    """Return the folder with an archive's content, unpacked once for each content.

    Raise ``ArchiveError`` when the archive cannot be used.
    """
    try:
        with archive.open("rb") as file:
            if os.fstat(file.fileno()).st_size > limits.UNPACKED_BYTES:
                raise ArchiveError(f"is larger than {_megabytes(limits.UNPACKED_BYTES)}.")
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            # The number rises when the same archive is to be unpacked differently.
            return cache.folder("unpacked", f"{digest}-2", lambda folder: _unpack(file, folder))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        if error.filename == str(archive):
            raise ArchiveError(f"cannot be unpacked: {reason}.") from error
        raise ArchiveError(
            f"cannot be unpacked, as the cache {shown(str(cache.directory))} cannot be written: "
            f"{reason}; see `lambda-tui doctor`."
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeError, ValueError) as error:
        raise ArchiveError("is no zip file, or a damaged one; pack it anew.") from error
    except (NotImplementedError, RuntimeError) as error:
        raise ArchiveError(f"is packed in an unknown way: {shown(str(error))}.") from error


def _unpack(file: IO[bytes], folder: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        _check_size(entries, os.fstat(file.fileno()).st_size)
        _check_paths(entries)
        # Links last, so that no file is written through one to a place outside of the folder.
        for entry in entries:
            if _file_type(entry) != _LINK:
                _write(archive, entry, folder)
        for entry in entries:
            if _file_type(entry) == _LINK:
                _link(archive, entry, folder)
    _check_links(entries, folder)


def _check_size(entries: list[zipfile.ZipInfo], packed: int) -> None:
    if len(entries) > MAXIMUM_ENTRIES:
        raise ArchiveError(f"holds {len(entries):,} entries; {MAXIMUM_ENTRIES:,} are the most.")
    # zipfile stops at the size that an entry declares, so the declared sizes can be relied on.
    size = sum(entry.file_size for entry in entries)
    if size > limits.UNPACKED_BYTES:
        raise ArchiveError(
            f"holds {_megabytes(size)} unpacked, but Lambda takes "
            f"{_megabytes(limits.UNPACKED_BYTES)} of code and layers."
        )
    if size > max(_RATIO_COUNTS_FROM, packed * _MAXIMUM_RATIO):
        raise ArchiveError(f"claims to hold {_megabytes(size)} in {packed:,} bytes.")


def _check_paths(entries: list[zipfile.ZipInfo]) -> None:
    """Raise ``ArchiveError`` for an entry outside the folder, below a file, or of another type."""
    not_folders: set[str] = set()
    folders: set[str] = set()
    for entry in entries:
        name = shown(entry.filename)
        path = PurePosixPath(entry.filename)
        if not entry.filename or path.is_absolute() or ".." in path.parts:
            raise ArchiveError(f"holds {name}, which lies outside of it; pack it anew.")
        if entry.flag_bits & _IS_ENCRYPTED:
            raise ArchiveError(f"holds {name}, which is encrypted; pack it anew without.")
        if entry.compress_type not in _ACCEPTED_METHODS:
            raise ArchiveError(f"holds {name}, which is not deflated; pack it anew.")
        if stat.S_IFMT(_mode(entry)) not in _ACCEPTED_TYPES:
            raise ArchiveError(f"holds {name}, which is a device or a pipe; pack it anew without.")
        own = folders if _file_type(entry) == stat.S_IFDIR else not_folders
        own.add(str(path))
        folders.update(str(parent) for parent in path.parents if parent.parts)
    both = sorted(folders & not_folders)
    if both:
        raise ArchiveError(f"holds {shown(both[0])} twice, as a folder and as something else.")


def _check_links(entries: list[zipfile.ZipInfo], folder: Path) -> None:
    for entry in entries:
        path = folder / entry.filename
        if _file_type(entry) == _LINK and not _is_inside(path, folder):
            raise ArchiveError(
                f"holds {shown(entry.filename)}, a link to {shown(os.readlink(path))}, which lies "
                "outside of it; make the link relative, or pack what it stands for."
            )


def _is_inside(path: Path, folder: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _mode(entry: zipfile.ZipInfo) -> int:
    return entry.external_attr >> 16 if entry.create_system in _UNIX else 0


def _file_type(entry: zipfile.ZipInfo) -> int:
    if entry.is_dir():
        return stat.S_IFDIR
    return stat.S_IFMT(_mode(entry)) or stat.S_IFREG


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    path = folder / entry.filename
    if _file_type(entry) == stat.S_IFDIR:
        _make_folder(path)
        path.chmod(_folder_mode(entry))
        return
    _make_folder(path.parent)
    with archive.open(entry) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    path.chmod(_permissions(entry))
    saved = calendar.timegm(entry.date_time)
    os.utime(path, (saved, saved))


def _make_folder(path: Path) -> None:
    """Make a folder and those above it, for everybody whatever the user's own ``umask`` is."""
    if not path.is_dir():
        _make_folder(path.parent)
        path.mkdir()
        path.chmod(0o755)


def _permissions(entry: zipfile.ZipInfo) -> int:
    """Return the mode of a file, which allows its owner, as whom functions run here, AWS's user's.

    Its owner may read it in any case, to measure and to copy it.
    """
    mode = stat.S_IMODE(_mode(entry)) or 0o644
    read = 0o444 if mode & stat.S_IROTH else 0o400
    return read | 0o200 | (0o111 if mode & stat.S_IXOTH else 0)


def _folder_mode(entry: zipfile.ZipInfo) -> int:
    mode = stat.S_IMODE(_mode(entry)) or 0o755
    return 0o700 | (mode & (stat.S_IROTH | stat.S_IXOTH))


def _link(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> None:
    path = folder / entry.filename
    if entry.file_size > _LONGEST_LINK:
        raise ArchiveError(f"holds {shown(entry.filename)}, a link that is too long.")
    if not _is_inside(path.parent, folder):
        # On a file system without regard to case, another link may be a parent of this one.
        raise ArchiveError(f"holds {shown(entry.filename)} below a link; pack it anew.")
    _make_folder(path.parent)
    path.unlink(missing_ok=True)
    path.symlink_to(os.fsdecode(archive.read(entry)))


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:,.0f} MB"
