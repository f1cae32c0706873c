"""Reads and changes an environment's ``/tmp`` from outside, within bounds and through no link.

A symbolic link that a function made would be resolved against *our* root directory, so every step
is taken with ``O_NOFOLLOW`` from the directory above. The methods block: call them in a thread.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from lambda_tui import limits

TmpPath = tuple[str, ...]
"""The names from ``/tmp`` down to an entry; empty for ``/tmp`` itself."""

CONTENT = 64_000
"""Bytes of a file that are read to be shown."""
COMPARED = 20_000
"""Entries of a ``/tmp`` that are compared; of a larger one it is not known what has changed."""

_NAMES = 200_000
"""Names of one directory that are read."""
_DEPTH = 40
"""Levels of directories that are compared and counted; each holds a descriptor meanwhile."""
_COUNTED = 100_000
"""Entries whose storage is added up where the file system does not know its use."""
_COPIED = 1 << 20
"""Bytes that are copied at once."""
_BLOCK = 512
"""Bytes of what the system counts as a block, whatever the file system's own are."""
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class TmpEntry:
    """A file or directory below ``/tmp``."""

    path: TmpPath
    kind: str
    """``directory``, ``file``, ``link`` or ``other``."""
    size: int
    """Bytes."""
    modified: float
    """Seconds since the epoch, by the file system."""
    state: int
    """Equal for an entry that has not changed in between; see ``TmpFiles.states``."""
    target: str = ""
    """Where a link leads, from the function's point of view."""

    @property
    def name(self) -> str:
        """The last of the names."""
        return self.path[-1]


@dataclass(frozen=True, slots=True)
class TmpFolder:
    """The beginning of a directory, by name."""

    entries: tuple[TmpEntry, ...]
    total: int
    """Entries that it had when its names were read, whether they were asked for or not."""
    is_whole: bool = True
    """Whether ``total`` is all; a directory of millions is not read to its end."""


@dataclass(frozen=True, slots=True)
class TmpContent:
    """The beginning of a file."""

    data: bytes
    total: int
    """Bytes of the whole file."""

    @property
    def is_binary(self) -> bool:
        """Whether the content is no text: it has NUL bytes, or much that is not UTF-8."""
        head = self.data[:4096]
        return b"\0" in head or head.decode("utf-8", "replace").count("\ufffd") * 10 > len(head)


class TmpError(Exception):
    """Something in ``/tmp`` cannot be had; the message is a sentence for the user."""


class TmpFiles:
    """The ``/tmp`` of one environment: lists, reads, compares, copies and deletes what is in it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def folder(self, path: TmpPath, limit: int, also: Collection[str] = ()) -> TmpFolder:
        """Return the first ``limit`` entries of a directory, and ``also`` those with these names.

        Raise ``TmpError`` when it is gone or no directory.
        """
        with self._opened(path) as descriptor:
            with os.scandir(descriptor) as found:
                names = sorted(entry.name for entry in islice(found, _NAMES))
            chosen = names[:limit]
            if len(names) > limit:
                chosen += sorted(set(also) - set(chosen))
            shown = (_entry(descriptor, (*path, name)) for name in chosen)
            entries = tuple(entry for entry in shown if entry is not None)
            return TmpFolder(entries, len(names), len(names) < _NAMES)

    def read(self, path: TmpPath, limit: int = CONTENT) -> TmpContent:
        """Return the beginning of a file; raise ``TmpError`` where it cannot be read."""
        with self._file(path) as descriptor:
            return TmpContent(_read(descriptor, limit), os.fstat(descriptor).st_size)

    def used(self, *, is_file_system: bool) -> int:
        """Return the bytes of storage in use, as the quota counts them.

        Holes of files take none, and a file with several names counts once. ``is_file_system`` says
        that ``/tmp`` is a file system of its own, which knows its use.
        """
        with self._opened(()) as descriptor:
            if is_file_system:
                storage = os.fstatvfs(descriptor)
                return (storage.f_blocks - storage.f_bfree) * storage.f_frsize
            found = islice(_walk(descriptor, (), 0), _COUNTED)
            blocks = {
                status.st_ino: status.st_blocks
                for _, status in found
                if status is not None and not stat.S_ISDIR(status.st_mode)
            }
            return sum(blocks.values()) * _BLOCK

    def states(self) -> Mapping[str, int] | None:
        """Return the state of every entry by its path, to compare them with an earlier reading.

        An entry that was written, replaced, or given other rights has another state; a directory
        keeps its own whatever happens inside it. The result is None where there is too much.
        """
        with self._opened(()) as descriptor:
            states: dict[str, int] = {}
            for path, status in _walk(descriptor, (), 0):
                if status is None or len(states) == COMPARED:
                    return None
                states["/".join(path)] = _state(status)
            return states

    def copy_out(self, path: TmpPath, destination: Path, *, may_replace: bool) -> int:
        """Copy a file to a path of the user's and return its bytes.

        Raise ``FileExistsError`` when there is something and ``may_replace`` is false, ``TmpError``
        where the file cannot be read, and ``OSError`` where the copy cannot be written. A copy that
        fails half-way leaves nothing behind.
        """
        with self._file(path) as source:
            status = os.fstat(source)
            if status.st_size > limits.EPHEMERAL_STORAGE_MB[1] << 20:
                raise TmpError(f"{shown_path(path)} has more holes than content: not copied.")
            # A file that is created exclusively never takes the place of another.
            beside = _beside(destination) if may_replace else destination
            with open(beside, "xb") as copy:
                try:
                    while part := os.read(source, _COPIED):
                        copy.write(part)
                    copy.flush()
                    if may_replace:
                        os.replace(beside, destination)
                    return copy.tell()
                except BaseException:
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(beside)
                    raise

    def delete(self, path: TmpPath) -> None:
        """Delete a file, or a directory with everything below; raise ``TmpError`` if it cannot."""
        with self._opened(path[:-1]) as above:
            try:
                status = os.stat(path[-1], dir_fd=above, follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    shutil.rmtree(path[-1], dir_fd=above)
                else:
                    os.unlink(path[-1], dir_fd=above)
            except OSError as error:
                raise TmpError(f"{shown_path(path)} was not deleted: {_reason(error)}.") from error

    @contextlib.contextmanager
    def _opened(self, path: TmpPath) -> Iterator[int]:
        """Open a directory, step by step, and close it in the end."""
        try:
            descriptor = self._open_top()
            for name in path:
                descriptor = _step(descriptor, name, _DIRECTORY)
        except OSError as error:
            raise TmpError(f"{shown_path(path)} cannot be read: {_reason(error)}.") from error
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _file(self, path: TmpPath) -> Iterator[int]:
        """Open a regular file, and close it in the end."""
        with self._opened(path[:-1]) as above:
            try:
                descriptor = os.open(path[-1], _FILE, dir_fd=above)
            except OSError as error:
                raise TmpError(f"{shown_path(path)} cannot be read: {_reason(error)}.") from error
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise TmpError(f"{shown_path(path)} is no regular file.")
            yield descriptor
        finally:
            os.close(descriptor)

    def _open_top(self) -> int:
        """Open ``/tmp``, and make sure that it is not the machine's.

        The path leads through the number of a process, which may have ended and left its number to
        another.
        """
        descriptor = os.open(self._directory, _DIRECTORY)
        if os.path.samestat(os.fstat(descriptor), os.stat("/tmp")):
            os.close(descriptor)
            raise FileNotFoundError("the environment has ended")
        return descriptor


def shown_path(path: TmpPath) -> str:
    """Return the path as the function writes it; it may contain anything."""
    return "/".join(("/tmp", *path))


def _beside(destination: Path) -> Path:
    return destination.with_name(f".{destination.name[:100]}.{secrets.token_hex(4)}")


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _step(descriptor: int, name: str, flags: int) -> int:
    """Open a name inside an open directory, and close the directory."""
    try:
        return os.open(name, flags, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def _read(descriptor: int, limit: int) -> bytes:
    parts: list[bytes] = []
    while limit and (part := os.read(descriptor, limit)):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)


def _entry(descriptor: int, path: TmpPath) -> TmpEntry | None:
    """Return the entry of an open directory; None when it has vanished."""
    try:
        status = os.stat(path[-1], dir_fd=descriptor, follow_symlinks=False)
        kind = _kind(status.st_mode)
        target = os.readlink(path[-1], dir_fd=descriptor) if kind == "link" else ""
    except OSError:
        return None
    return TmpEntry(path, kind, status.st_size, status.st_mtime, _state(status), target)


def _state(status: os.stat_result) -> int:
    """Return a number that is another one after a change.

    The change time is compared, not the time of the modification, which a program can set back.
    """
    if stat.S_ISDIR(status.st_mode):
        return 0
    return hash((status.st_mode, status.st_size, status.st_ctime_ns, status.st_ino))


def _walk(
    descriptor: int, above: TmpPath, depth: int
) -> Iterator[tuple[TmpPath, os.stat_result | None]]:
    """Yield the entries below an open directory; no status stands for more than can be read."""
    with os.scandir(descriptor) as found:
        for number, entry in enumerate(found):
            if number == _NAMES:
                yield above, None
                return
            try:
                status = os.stat(entry.name, dir_fd=descriptor, follow_symlinks=False)
            except OSError:
                continue
            path = (*above, entry.name)
            yield path, status
            if not stat.S_ISDIR(status.st_mode):
                continue
            if depth == _DEPTH:
                yield path, None
                continue
            try:
                below = os.open(entry.name, _DIRECTORY, dir_fd=descriptor)
            except FileNotFoundError:
                continue
            except OSError:
                # Whether something below has changed is not known.
                yield path, None
                continue
            try:
                yield from _walk(below, path, depth + 1)
            finally:
                os.close(below)


def _kind(mode: int) -> str:
    for is_kind, name in (
        (stat.S_ISDIR, "directory"),
        (stat.S_ISREG, "file"),
        (stat.S_ISLNK, "link"),
    ):
        if is_kind(mode):
            return name
    return "other"
