"""Keeps events that the user saves by a name, for each project, as files of the user alone."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path

from platformdirs import user_state_path

from lambda_tui import limits
from lambda_tui.project.event_files import check_event
from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.wording import shown

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 ._-]{0,79}")
_MOST = 500
_SUFFIX = ".json"


class SavedEventError(Exception):
    """An event cannot be saved, read or deleted; ``str()`` is a sentence."""


class SavedEvents:
    """The saved events in one folder; every method reads or writes files."""

    def __init__(self, folder: Path, *, is_private: bool = True) -> None:
        """Take a folder, which is made when it is needed.

        A private one, and its files, only the user can read; another is the project's own.
        """
        self.folder = folder
        self._is_private = is_private

    @classmethod
    def of_project(cls, directory: Path) -> SavedEvents:
        """Return those of a project in the user's state folder."""
        resolved = directory.resolve()
        digest = hashlib.sha256(os.fsencode(resolved)).hexdigest()[:12]
        return cls(user_state_path("lambda-tui") / "saved-events" / f"{_safe(resolved)}-{digest}")

    @classmethod
    def beside(cls, directory: Path) -> SavedEvents:
        """Return those in the folder ``events`` of a project, which others can see."""
        return cls(directory / "events", is_private=False)

    def names(self) -> tuple[str, ...]:
        """Return the names of what is saved, by the alphabet."""
        try:
            with os.scandir(self.folder) as entries:
                stems = [one.name.removesuffix(_SUFFIX) for one in entries if _is_event(one)]
        except OSError:
            return ()
        return tuple(sorted(filter(_NAME.fullmatch, stems), key=str.casefold)[:_MOST])

    def read(self, name: str) -> str:
        """Return an event; raise ``SavedEventError`` when it cannot be read."""
        try:
            return read_text(self._file(name), limits.EVENT_BYTES)
        except UnreadableFileError as error:
            raise SavedEventError(f"{shown(name)}: {error}") from error

    def save(self, name: str, text: str) -> Path:
        """Save an event, in the place of one with the same name, and return its file.

        A reader sees the old event or the new one, never a part. Raise ``SavedEventError`` for
        a name or a text of no use, and when it cannot be written.
        """
        file = self._file(name)
        problem = check_event(text)
        if problem is not None:
            raise SavedEventError(f"Nothing was saved: {problem}.")
        try:
            self._make_folder()
            self._write(file, text)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise SavedEventError(f"{shown(name)} cannot be saved: {reason}.") from error
        return file

    def delete(self, name: str) -> None:
        """Delete an event; raise ``SavedEventError`` when there is none, or it cannot be."""
        try:
            self._file(name).unlink()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise SavedEventError(f"{shown(name)} cannot be deleted: {reason}.") from error

    def _file(self, name: str) -> Path:
        if not _NAME.fullmatch(name) or name.endswith((".", " ")):
            raise SavedEventError(
                f"{shown(name)} is no name for an event: take letters, digits, spaces, - _ and ., "
                "80 at most, and begin with a letter, a digit or _."
            )
        return self.folder / f"{name}{_SUFFIX}"

    def _make_folder(self) -> None:
        if not self._is_private:
            self.folder.mkdir(exist_ok=True)
            return
        self.folder.parent.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self.folder.parent, self.folder):
            folder.mkdir(mode=0o700, exist_ok=True)
            # An older one may be open to others.
            folder.chmod(0o700)

    def _write(self, file: Path, text: str) -> None:
        number, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=self.folder)
        try:
            with os.fdopen(number, "wb") as stream:
                stream.write(text.encode("utf-8", "replace"))
            if not self._is_private:
                os.chmod(temporary, 0o644)
            os.replace(temporary, file)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise


def _is_event(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.name.endswith(_SUFFIX) and entry.is_file()
    except OSError:
        return False


def _safe(directory: Path) -> str:
    """Return a folder's name for a file's name; the digest tells those apart that are alike."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", directory.name)[:40] or "project"
