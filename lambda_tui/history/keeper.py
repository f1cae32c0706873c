"""Keeps a database usable: makes a new one for a damaged one, and goes on in memory without."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lambda_tui.history.database import Database, is_damage, set_aside

Answer = TypeVar("Answer")


class Keeper:
    """A project's database, through whatever happens to its file. It belongs to one thread."""

    def __init__(self, file: Path | None, say: Callable[[str], None]) -> None:
        """``say`` is called with a sentence when the file is replaced or given up."""
        self._file = file
        self._say = say
        self._database: Database | None = None
        self._has_set_aside = False

    def ask(self, work: Callable[[Database], Answer]) -> Answer:
        """Return what the work returns; do it again with another database if one has failed."""
        while True:
            try:
                return work(self._open())
            except (sqlite3.Error, OSError) as error:
                if self._file is None:
                    raise
                self._replace(self._file, error)

    def close(self) -> None:
        """Close the database."""
        if self._database is not None:
            self._database.close()
            self._database = None

    def _open(self) -> Database:
        if self._database is not None and self._database.is_gone:
            # Somebody has removed the file, and would see nothing of what is written to it.
            self.close()
        if self._database is None:
            self._database = Database(self._file)
        return self._database

    def _replace(self, file: Path, error: Exception) -> None:
        self.close()
        if is_damage(error) and not self._has_set_aside:
            self._has_set_aside = True
            try:
                damaged = set_aside(file, time.strftime("%Y%m%d-%H%M%S"))
            except OSError as problem:
                error = problem
            else:
                self._say(
                    f"The history in {file} is damaged; it is set aside as {damaged.name}, and a "
                    "new one begins."
                )
                return
        self._file = None
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        self._say(
            f"The history cannot be kept in {file}: {reason}. Until the next start it is in memory "
            "alone, without earlier sessions."
        )
