"""Times the modules that are imported while a function is initialised, unseen by the function."""

from __future__ import annotations

import _frozen_importlib
import _thread
import json
import sys
import time
from types import CodeType, FrameType
from typing import Any, Callable, List, NamedTuple

SHORTEST_SECONDS = 0.0001
"""Imports that take less are left out; their time is that of the module which imports them."""
MOST_MODULES = 500
"""The longest imports are kept."""
_LONGEST_NAME, _LONGEST_PATH = 256, 512
_IMPORTLIB = "<frozen importlib"
_CLIENT = "/var/runtime/"


class _Import(NamedTuple):
    depth: int
    """The number of imports that were under way around it."""
    name: str
    began: float
    ended: float
    error_type: str
    """The name of the error that it has raised; empty where it has succeeded."""
    file: str
    """The file of the module around it; empty for that of the handler's module."""
    line: int
    """The line in that file whose execution led to the import."""

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class ImportTimes:
    """Notices each import where Python takes and releases the lock of its module.

    Neither is on the stack while a module's code runs, so that code finds the frames below it that
    it finds on AWS, in its tracebacks too. Nothing is added to ``sys``. Where Python has no such
    locks, nothing is timed. Imports in other threads are not timed.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._open: List[float] = []
        """When the imports began that are under way, outermost first."""
        self._imports: List[_Import] = []
        self._manager: Any = getattr(_frozen_importlib, "_ModuleLockManager", None)
        self._methods: tuple[Any, Any] | None = None
        """Python's own, while they are replaced."""

    def start(self) -> None:
        """Begin to time the imports of this thread."""
        take = getattr(self._manager, "__enter__", None)
        release = getattr(self._manager, "__exit__", None)
        if take is None or release is None:
            return
        self._methods = take, release
        self._began = time.monotonic()
        thread, get_ident, clock = _thread.get_ident(), _thread.get_ident, time.monotonic
        began, close = self._open, self._close

        def __enter__(lock: Any) -> Any:  # noqa: ANN401
            taken = take(lock)
            if get_ident() == thread:
                began.append(clock())
            return taken

        def __exit__(lock: Any, kind: Any = None, *rest: Any) -> Any:  # noqa: ANN401
            if began and get_ident() == thread:
                ended = clock()
                if ended - began[-1] < SHORTEST_SECONDS:
                    began.pop()
                else:
                    close(lock, ended, "" if kind is None else kind.__name__)
            return release(lock, kind, *rest)

        # A profiler of the function's, and Python as it shortens a traceback, go by the file.
        for function in (__enter__, __exit__):
            _set_file(function, take.__code__)
        self._manager.__enter__, self._manager.__exit__ = __enter__, __exit__

    def stop(self) -> bytes:
        """Give Python its own methods back; return the imports as JSON, in the order of their time.

        Each is a list: depth, name, its beginning and its duration in milliseconds, the type of
        its error or nothing, and the file and the line that have led to it.
        """
        if self._methods is not None:
            self._manager.__enter__, self._manager.__exit__ = self._methods
            self._methods = None
        self._keep_longest()
        rows = [
            (
                one.depth,
                one.name,
                round((one.began - self._began) * 1000, 3),
                round(one.seconds * 1000, 3),
                one.error_type,
                one.file,
                one.line,
            )
            for one in sorted(self._imports, key=lambda one: (one.began, one.depth))
        ]
        return json.dumps(rows, ensure_ascii=False).encode("utf-8", "replace")

    def _close(self, lock: Any, ended: float, error_type: str) -> None:  # noqa: ANN401
        began = self._open.pop()
        name = getattr(lock, "_name", None)
        if not isinstance(name, str):
            return
        file, line = _place(sys._getframe(2))
        self._imports.append(
            _Import(
                len(self._open),
                name[:_LONGEST_NAME],
                began,
                ended,
                error_type[:_LONGEST_NAME],
                file,
                line,
            )
        )
        if len(self._imports) > 8 * MOST_MODULES:
            self._keep_longest()

    def _keep_longest(self) -> None:
        # The importers of one that is kept are kept too: they took longer, or have not ended yet.
        if len(self._imports) > MOST_MODULES:
            self._imports.sort(key=lambda one: (-one.seconds, one.depth))
            del self._imports[MOST_MODULES:]


def _set_file(function: Callable[..., Any], like: CodeType) -> None:
    function.__code__ = function.__code__.replace(co_filename=like.co_filename)


def _place(frame: FrameType | None) -> tuple[str, int]:
    """Return the file and the line, outside of functions, whose execution led to an import.

    That is in the module around it. Both are empty for the import that the runtime asks for.
    """
    while frame is not None and _is_importing(frame):
        frame = frame.f_back
    while frame is not None and frame.f_back is not None and not _is_importing(frame.f_back):
        frame = frame.f_back
    if frame is None or frame.f_code.co_filename.startswith(_CLIENT):
        return "", 0
    return frame.f_code.co_filename[-_LONGEST_PATH:], frame.f_lineno


def _is_importing(frame: FrameType) -> bool:
    is_frozen = frame.f_code.co_filename.startswith(_IMPORTLIB)
    return is_frozen or frame.f_globals.get("__name__") == "importlib"
