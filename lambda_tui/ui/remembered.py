"""Keeps what the screen remembers between two sessions, in files of the user's state folder.

Nothing in them is needed: a file that is missing, damaged or of another version is begun anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Meta, Struct
from platformdirs import user_state_path

SAVE_DELAY = 0.5
"""Seconds after a change in which further ones are gathered for one write."""
LARGEST_FILE = 64 * 1024
QUALIFIERS = 200
"""Functions whose chosen alias or version is remembered, the last ones chosen."""

_Text = Annotated[str, Meta(max_length=300)]


class _Versioned(Struct, kw_only=True):
    """The content of a file; one of another version is not read."""

    VERSION: ClassVar[int] = 1
    MOST_FILES: ClassVar[int | None] = None
    """Files of the kind that are kept, the last ones written; None for any number."""

    version: int = VERSION


class Remembered(_Versioned, kw_only=True):
    """The state of one project's screen when it was left."""

    MOST_FILES: ClassVar[int | None] = 200

    theme: _Text = ""
    """The theme that was chosen on the screen; empty for the one of the settings."""
    theme_setting: _Text = ""
    """The theme of the settings at that time; a change of it ends the choice."""
    function: _Text = ""
    tab: _Text = ""
    """The id of the tab of the chosen invocation that was open."""
    zoomed: _Text = ""
    """The id of the pane that filled the screen; empty when none did."""
    log_wrap: bool = False
    burst: Annotated[int, Meta(ge=1, le=1_000)] = 10
    """Invocations of the last burst."""
    tenant_id: _Text = ""
    """The tenant that functions with isolated tenants were last invoked for."""
    qualifiers: dict[_Text, _Text] = {}
    """The chosen alias or version by the functions' names."""


class KnownHints(_Versioned, kw_only=True):
    """The hints that a user has followed, in whatever project."""

    ids: Annotated[list[_Text], Meta(max_length=100)] = []


Content = TypeVar("Content", bound=_Versioned)


class RememberedFile(Generic[Content]):
    """A file of remembered things: read once, and written in a thread soon after each change."""

    def __init__(self, path: Path, kind: type[Content], tell: Callable[[str], object]) -> None:
        """Read the file. ``tell`` gets a sentence when it cannot be read or written, once each."""
        self._path = path
        self._kind = kind
        self._tell = tell
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None
        self._was_told = False
        self.damage = ""
        """Why the file was begun anew; empty when nothing was wrong with it."""
        self.content = self._read()

    def remember(self, **changes: object) -> None:
        """Change fields of the content, and write them soon."""
        changed = {
            name: value for name, value in changes.items() if getattr(self.content, name) != value
        }
        for name, value in changed.items():
            setattr(self.content, name, value)
        if changed:
            self._save_soon()

    async def close(self) -> None:
        """Write what is not written yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._save()
        if self._writing is not None:
            await self._writing

    def _read(self) -> Content:
        try:
            with self._path.open("rb") as file:
                data = file.read(LARGEST_FILE + 1)
        except FileNotFoundError:
            return self._kind()
        except OSError as error:
            self.damage = f"cannot be read: {error.strerror}"
            return self._kind()
        try:
            if len(data) > LARGEST_FILE:
                raise msgspec.ValidationError("it is too large")
            content: Content = msgspec.json.decode(data, type=self._kind)
            if content.version != self._kind.VERSION:
                raise msgspec.ValidationError(f"it is of version {content.version}")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self.damage = f"cannot be used: {error}"
            # Otherwise it would be told again with every start.
            self._save_soon()
            return self._kind()
        return content

    def _save_soon(self) -> None:
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(SAVE_DELAY, self._save)

    def _save(self) -> None:
        self._timer = None
        data = msgspec.json.encode(self.content)
        self._writing = asyncio.create_task(self._write_in_turn(data, self._writing))

    async def _write_in_turn(self, data: bytes, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await before
        try:
            await asyncio.to_thread(_write, self._path, data, self._kind.MOST_FILES)
        except OSError as error:
            if not self._was_told:
                self._was_told = True
                self._tell(f"This screen cannot be remembered: {self._path}: {error.strerror}.")


def project_file(directory: Path) -> Path:
    """Return the file for the project in a folder, whatever path leads there."""
    real = os.path.realpath(directory)
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", os.path.basename(real))[:40].strip("-") or "project"
    digest = hashlib.sha256(os.fsencode(real)).hexdigest()[:12]
    return user_state_path("lambda-tui") / "projects" / f"{name}-{digest}.json"


def hints_file() -> Path:
    """Return the file of the hints that the user knows."""
    return user_state_path("lambda-tui") / "hints.json"


def _write(path: Path, data: bytes, most_files: int | None) -> None:
    """Replace a file at once, readable by the user alone, and drop the oldest if there are more."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A file of ``mkstemp`` has the mode 0600.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    if most_files is not None:
        for old in sorted(path.parent.glob("*.json"), key=_written_at)[:-most_files]:
            with suppress(OSError):
                old.unlink()


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
