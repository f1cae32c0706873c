"""The size of ``/tmp`` at level ``processes``, where no file system of its own limits it.

Python's own functions that write give what they give with a full file system: as much as fits is
written, and then comes ``ENOSPC``. What C code and programs write counts, but is not held back.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import io
import os
import posix
import sys
import time
import warnings
import weakref
from collections.abc import Iterable, Iterator
from types import CodeType
from typing import Any, Callable

from ..macos import path_of_descriptor
from .paths import Paths

# From here, these are Python's own, even where the others translate paths by now.
_fstat, _readlink, _scandir = posix.fstat, posix.readlink, posix.scandir
# A file takes whole blocks of its file system, whose sizes are told in smaller units.
_BLOCK, _UNIT = 4096, 512
# Others may have written a lot after so many seconds.
_KNOWN_SECONDS = 0.5


class Storage:
    """The room that is left in the directory in the place of ``/tmp``."""

    def __init__(self, paths: Paths, megabytes: int) -> None:
        self._paths = paths
        self._size = megabytes << 20
        self._room = 0
        """Bytes that were left when they were measured, without those that were written since."""
        self._measured_at = 0.0
        self._open_files: weakref.WeakSet[FileIO] = weakref.WeakSet()
        """Files that are open for writing, which may have no name any more."""

    def limit(self) -> None:
        """Have the functions of this process heed it; to be called before they translate paths."""
        opening: Any = _Opening(self, builtins.open)
        modules: Any = (builtins, io, sys.modules["_io"])
        for module in modules:
            module.open = opening
        calls: Any = posix
        write, send_file = _Writing(self, calls.write, 1), _Writing(self, calls.sendfile, 3)
        systems: Any = (os, posix)
        for module in systems:
            module.write, module.sendfile = write, send_file

    def take(self, size: int) -> int:
        """Return how many of so many bytes there is room for; raise ``OSError`` if for none."""
        now = time.monotonic()
        if size > self._room or now - self._measured_at > _KNOWN_SECONDS:
            # Others may have taken some, and what was removed has given some back.
            self._room, self._measured_at = self._size - sum(self._used()), now
        if size and self._room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken = min(size, self._room)
        self._room -= taken
        return taken

    def give_back(self, size: int) -> None:
        """Note that so many bytes, for which there was room, have not been written."""
        self._room += size

    def note_file(self, file: FileIO) -> None:
        """Note a file that has been opened, the first bytes of which may take a whole block."""
        self._open_files.add(file)
        self._room -= _BLOCK

    def holds(self, file: Any) -> bool:  # noqa: ANN401 - whatever a function passes
        """Return whether a file lies in it, by its real path or an open descriptor."""
        try:
            path = _path_of(file) if isinstance(file, int) else os.fsdecode(file)
        except (OSError, TypeError):
            return False
        # With an opener it may be the folder itself.
        return f"{path}/".startswith(f"{self._paths.storage}/")

    def _used(self) -> Iterator[int]:
        """Yield the bytes that each file takes. Files come and go meanwhile."""
        folders, seen = [self._paths.storage], set()
        while folders:
            with contextlib.suppress(OSError), _scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                        continue
                    status = entry.stat(follow_symlinks=False)
                    if status.st_ino not in seen:
                        # A file with two names is one.
                        seen.add(status.st_ino)
                        yield _size_of(status)
        for file in self._open_files:
            with contextlib.suppress(OSError, ValueError):
                status = _fstat(file.fileno())
                if status.st_nlink == 0:
                    yield _size_of(status)


def _size_of(status: os.stat_result) -> int:
    """Return the bytes of a file's blocks, without those that are kept for what may be added."""
    return min(status.st_blocks * _UNIT, -(-status.st_size // _BLOCK) * _BLOCK)


def _path_of(descriptor: int) -> str:
    if sys.platform.startswith("linux"):
        return str(_readlink(f"/proc/self/fd/{descriptor}"))
    return path_of_descriptor(descriptor)


class _LikeItself:
    """A function that is shown as the one of Python's own that it calls."""

    def __init__(self, storage: Storage, call: Callable[..., Any]) -> None:
        self._storage, self._call = storage, call
        self.__name__ = self.__qualname__ = call.__name__
        self.__doc__, self.__module__ = call.__doc__, call.__module__

    def __repr__(self) -> str:
        return repr(self._call)


class _Writing(_LikeItself):
    """A function of ``os`` that writes to the descriptor which is its first argument."""

    def __init__(self, storage: Storage, call: Callable[..., Any], position: int) -> None:
        """``position`` is that of the bytes, or of their number."""
        super().__init__(storage, call)
        self._position = position

    def __call__(self, *given: Any, **named: Any) -> Any:  # noqa: ANN401
        position = self._position
        if named or len(given) <= position or not self._storage.holds(given[0]):
            return self._call(*given, **named)
        written = given[position]
        is_count = isinstance(written, int)
        size = written if is_count else memoryview(written).nbytes
        room = self._storage.take(size)
        part = room if is_count else memoryview(written).cast("B")[:room]
        count = self._call(*given[:position], part, *given[position + 1 :])
        self._storage.give_back(room - count)
        return count


class _Opening(_LikeItself):
    """Python's ``open``."""

    def __call__(
        self,
        file: Any,  # noqa: ANN401
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401
        # Python itself refuses arguments that are wrong or do not go together.
        is_text = not isinstance(mode, str) or "b" not in mode
        is_odd = not isinstance(mode, str) or (
            buffering == 0 if is_text else "t" in mode or encoding or errors or newline
        )
        if is_odd or set(mode).isdisjoint("wax+") or not self._storage.holds(file):
            return self._call(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw_mode = mode.replace("b", "").replace("t", "")
        raw: Any = FileIO(self._storage, file, raw_mode, closefd, opener)
        if buffering == 0:
            return raw
        if buffering == 1 and not is_text:
            warnings.warn(
                "line buffering (buffering=1) isn't supported in binary mode, the default buffer "
                "size will be used",
                RuntimeWarning,
                stacklevel=3,
            )
        is_by_line = buffering == 1
        size = buffering if buffering > 1 else getattr(raw, "_blksize", io.DEFAULT_BUFFER_SIZE)
        buffered = io.BufferedRandom if "+" in mode else io.BufferedWriter
        try:
            buffer = buffered(raw, size)
            if not is_text:
                return buffer
            text: Any = io.TextIOWrapper(buffer, encoding, errors, newline, is_by_line)
        except BaseException:
            raw.close()
            raise
        text.mode = mode
        return text


class FileIO(io.FileIO):
    """A file in the storage that is open for writing."""

    def __init__(
        self,
        storage: Storage,
        file: Any,  # noqa: ANN401
        mode: str,
        closefd: bool,
        opener: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(file, mode, closefd, opener)
        self._storage = storage
        storage.note_file(self)

    def write(self, data: Any) -> int:  # noqa: ANN401
        """Write as much as there is room for; return how much that is."""
        view = memoryview(data).cast("B")
        try:
            room = self._storage.take(view.nbytes)
        except OSError:
            # It has the room of what it overwrites.
            room = min(view.nbytes, _fstat(self.fileno()).st_size - self.tell())
            if room <= 0:
                raise
        return super().write(view[:room])


def own_code() -> Iterable[CodeType]:
    """Return the code here that a function calls unknowingly, and that AWS does not have."""
    functions = (FileIO.write, _Opening.__call__, _Writing.__call__, Storage.take)
    return (function.__code__ for function in functions)
