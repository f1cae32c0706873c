"""Tells saves from files that a function's own work writes, which would reload it without end."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

STORM_WRITES = 20
STORM_SECONDS = 20.0
"""No editor saves a file so often within so many seconds, each time while its function runs."""


def last_write(paths: Iterable[Path]) -> float | None:
    """Return when the last of the files was written, in monotonic time; None if all are gone.

    The watcher reports it some time later, when the run that has written it may be over.
    """
    age: float | None = None
    for path in paths:
        with contextlib.suppress(OSError):
            since = time.time() - path.stat().st_mtime
            age = since if age is None else min(age, since)
    return None if age is None else time.monotonic() - age


class ReloadStorms:
    """Notices files that change whenever a function runs, and no longer takes that for saves.

    A function cannot write to its own files where they are read-only, but a program that it calls
    can. Each such write initialises the function again, which may write again.
    """

    def __init__(self, on_storm: Callable[[str], None]) -> None:
        """``on_storm`` is called once for each file, with a sentence."""
        self._on_storm = on_storm
        self._writes: dict[tuple[str, str], deque[float]] = {}
        """When files were written while their function ran, by its name and the file's."""
        self._told: set[tuple[str, str]] = set()

    def saved(self, function: str, files: Iterable[str], *, is_running: bool) -> tuple[str, ...]:
        """Return those of the changed files that somebody has saved, as far as can be told.

        ``is_running`` says whether the function ran as they were written. A file that is saved at
        another time counts in any case.
        """
        return tuple(file for file in files if not (is_running and self._is_own(function, file)))

    def _is_own(self, function: str, file: str) -> bool:
        """Return whether a file is written by each run; note that this one has."""
        key = function, file
        if key in self._told:
            return True
        now = time.monotonic()
        writes = self._writes.setdefault(key, deque(maxlen=STORM_WRITES))
        writes.append(now)
        if len(writes) < STORM_WRITES or now - writes[0] > STORM_SECONDS:
            return False
        self._told.add(key)
        self._on_storm(
            f"{function}: {file} is written again and again while the function runs, which no "
            "longer counts as a save; let what writes it use /tmp, or save it while the function "
            "is idle."
        )
        return True
