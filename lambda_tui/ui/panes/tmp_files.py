"""Reads an environment's ``/tmp`` from outside, within bounds and without following its links.

A symbolic link that a function made would be resolved against *our* root directory, so every step
is taken with ``O_NOFOLLOW`` from the directory above. The functions block: call them in a thread.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ENTRIES = 1_000
"""Files and directories that are listed."""
DEPTH = 12
"""Levels of directories that are listed."""
CONTENT = 64_000
"""Bytes of a file that are read."""

_BLOCK = 512
"""Bytes of what the system counts as a block, whatever the file system's own are."""
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class TmpEntry:
    """A file or directory below ``/tmp``."""

    path: tuple[str, ...]
    """The names from ``/tmp`` down to it."""
    kind: str
    """``directory``, ``file``, ``link`` or ``other``."""
    size: int
    """Bytes."""
    allocated: int
    """Bytes of the storage that it takes, which count for the quota; fewer in a file with holes.

    Each entry counts its own, a file with several names only once.
    """

    @property
    def name(self) -> str:
        """The last of the names."""
        return self.path[-1]


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
        return b"\0" in head or head.decode("utf-8", "replace").count("�") * 10 > len(head)


def list_tmp(directory: Path) -> tuple[TmpEntry, ...]:
    """Return what is below the directory, each directory before its content.

    The result is empty when the directory is gone.
    """
    try:
        descriptor = os.open(directory, _DIRECTORY)
    except OSError:
        return ()
    entries: list[TmpEntry] = []
    for entry in _walk(descriptor, (), set()):
        entries.append(entry)
        if len(entries) == ENTRIES:
            break
    return tuple(entries)


def read_tmp(directory: Path, path: tuple[str, ...]) -> TmpContent | str:
    """Return the beginning of a file, or a sentence why it cannot be read."""
    try:
        descriptor = os.open(directory, _DIRECTORY)
        for name in path[:-1]:
            descriptor = _step(descriptor, name, _DIRECTORY)
        descriptor = _step(descriptor, path[-1], _FILE)
    except OSError as error:
        return f"/tmp/{'/'.join(path)} cannot be read: {error.strerror or error}."
    with open(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return f"/tmp/{'/'.join(path)} is no regular file."
        return TmpContent(file.read(CONTENT) or b"", status.st_size)


def hexadecimal(data: bytes, width: int = 16) -> Iterator[str]:
    """Yield lines of offset, bytes and characters."""
    for offset in range(0, len(data), width):
        row = data[offset : offset + width]
        text = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in row)
        yield f"{offset:06x}  {row.hex(' '):{width * 3 - 1}}  {text}"


def _step(descriptor: int, name: str, flags: int) -> int:
    """Open a name inside an open directory, and close the directory."""
    try:
        return os.open(name, flags, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def _walk(descriptor: int, above: tuple[str, ...], counted: set[int]) -> Iterator[TmpEntry]:
    """Yield the entries below an open directory, and close it.

    ``counted`` are the inodes of the files with several names that were seen before.
    """
    try:
        for name in sorted(os.listdir(descriptor))[:ENTRIES]:
            try:
                status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                kind = _kind(status.st_mode)
                is_again = status.st_nlink > 1 and status.st_ino in counted
                if status.st_nlink > 1 and kind != "directory":
                    counted.add(status.st_ino)
                allocated = 0 if is_again else status.st_blocks * _BLOCK
                yield TmpEntry((*above, name), kind, status.st_size, allocated)
                if kind == "directory" and len(above) < DEPTH:
                    below = os.open(name, _DIRECTORY, dir_fd=descriptor)
                    yield from _walk(below, (*above, name), counted)
            except OSError:
                continue
    except OSError:
        return
    finally:
        os.close(descriptor)


def _kind(mode: int) -> str:
    for is_kind, name in (
        (stat.S_ISDIR, "directory"),
        (stat.S_ISREG, "file"),
        (stat.S_ISLNK, "link"),
    ):
        if is_kind(mode):
            return name
    return "other"
