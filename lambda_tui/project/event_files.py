"""Finds the events that a project keeps as JSON files, and checks that a text is an event."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import msgspec

from lambda_tui import limits
from lambda_tui.project.files import read_text
from lambda_tui.project.function import Function, Project
from lambda_tui.project.wording import shown

DEFAULT_EVENT = """{
  "name": "world"
}
"""
"""The event for a function without event files."""

_UNBUILT = msgspec.json.Decoder(msgspec.Raw)
"""Checks JSON without building it, in a fiftieth of the time."""
_ENDLESS_NUMBER = re.compile(r"[0-9]{4301}")
"""Python reads no such number."""
_MAXIMUM_FILES = 500
_MAXIMUM_NAMES = 5_000
"""Names in a folder that are looked at."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[A-Z]")
"""A word of a name, such as those of ``APIHandler`` and ``api_handler``."""
# Words for a user, by the messages of the json module.
_REASONS = {
    "Expecting value": "expected a value",
    "Expecting ',' delimiter": "expected ','",
    "Expecting ':' delimiter": "expected ':'",
    "Expecting property name enclosed in double quotes": "expected a name in double quotes",
    "Illegal trailing comma before end of object": "a comma before the closing }",
    "Illegal trailing comma before end of array": "a comma before the closing ]",
    "Unterminated string starting at": "the text that starts here is not closed",
    "Invalid control character at": "a line break or control character inside a text",
    "Extra data": "something follows the end of the event",
    "Invalid \\escape": "an unknown escape after \\",
    "Invalid \\uXXXX escape": "\\u needs four hexadecimal digits",
    "Unexpected UTF-8 BOM (decode using utf-8-sig)": "a byte order mark",
}


@dataclass(frozen=True, slots=True)
class EventFile:
    """An event that the project keeps as a file."""

    name: str
    """The file's name without ``.json``."""
    path: Path
    owner: str = field(default="", compare=False)
    """The name of the function that the file is named after; empty where it is none."""


@dataclass(frozen=True, slots=True)
class SampleEvent:
    """An event, and where it is from."""

    text: str
    origin: str
    """The name of a file, ``sqs (built)``, ``saved: NAME``, ``#12``, or ``default``."""


def find_events(project: Project, function: Function) -> tuple[EventFile, ...]:
    """Return the files ``events/*.json`` of the project and of the function's code folder.

    Those named after the function come first (``HelloWorld`` has ``hello_world.json`` and
    ``hello-world-empty.json``), then the others by name, those of other functions last. It reads
    folders, of which no more than some thousand names are looked at.
    """
    base = project.template.parent if project.template else project.directory
    folders = dict.fromkeys((base / "events", function.code_directory / "events"))
    names = {known: one.name for one in project.functions for known in _names_of(one)}
    # Two functions may have a common name, such as one in a template and one without its suffix.
    names |= dict.fromkeys(_names_of(function), function.name)
    files = [
        EventFile(file.stem, file, _owner(file.stem, names))
        for folder in folders
        for file in _json_files(folder)
    ]
    own = _names_of(function)

    def rank(file: EventFile) -> tuple[int, str]:
        if file.owner == function.name:
            return (0 if _normalised(file.name) in own else 1), file.path.name
        return (3 if file.owner else 2), file.path.name

    return tuple(sorted(files, key=rank)[:_MAXIMUM_FILES])


def read_event(file: Path) -> str:
    """Return an event file's text.

    Raise ``UnreadableFileError`` for more than Lambda takes, or for other text than UTF-8.
    """
    return read_text(file, limits.EVENT_BYTES)


@dataclass(frozen=True, slots=True)
class EventProblem:
    """Why a text is no event, and the place."""

    reason: str
    """A clause that begins with a small letter, without a full stop."""
    line: int | None = None
    """Counted from 1; None where no place is to blame."""
    column: int | None = None


def check_event(text: str) -> str | None:
    """Return one sentence on why, and where, a text is no event; None when it is one."""
    problem = event_problem(text)
    if problem is None:
        return None
    if problem.line is None:
        return problem.reason
    place = f"line {problem.line}, column {problem.column}"
    return f"the event is not JSON: {place}: {problem.reason}"


def event_problem(text: str) -> EventProblem | None:
    """Return why, and where, a text is no event; None when it is one.

    An event of 6 MB takes some milliseconds, unless it is wrong.
    """
    encoded = text.encode("utf-8", "replace")
    if len(encoded) > limits.EVENT_BYTES:
        takes = f"{limits.EVENT_BYTES / 1024**2:g} MB"
        return EventProblem(
            f"the event has {len(encoded) / 1024**2:.1f} MB, but Lambda takes {takes}"
        )
    if not text.strip():
        return EventProblem("the event is empty: write JSON, such as {}")
    if not _ENDLESS_NUMBER.search(text):
        with suppress(msgspec.DecodeError, RecursionError):
            _UNBUILT.decode(encoded)
            return None
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        reason = _REASONS.get(error.msg, error.msg.lower())
        return EventProblem(reason, error.lineno, error.colno)
    except RecursionError:
        return EventProblem("the event is nested too deeply")
    except ValueError as error:
        return EventProblem(f"the event is not JSON: {shown(str(error))}")
    return None


def _refuse_constant(constant: str) -> object:
    raise ValueError(f"{constant} is not a JSON value")


def _normalised(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _names_of(function: Function) -> tuple[str, ...]:
    """Return the names, normalised, that a file may begin with to be a function's own."""
    given = dict.fromkeys(map(_normalised, (function.name, function.logical_id or "")))
    shortened = (name.removesuffix("function").removesuffix("lambda") for name in given)
    return tuple(name for name in dict.fromkeys((*given, *shortened)) if name)


def _owner(stem: str, names: Mapping[str, str]) -> str:
    """Return the name of the function that a file is named after: the longest that fits.

    ``names`` has functions by their normalised names, which end where a word of the file does.
    """
    owner, beginning = names.get(_normalised(stem), ""), ""
    if owner:
        return owner
    for word in _WORD.findall(stem):
        beginning += word.casefold()
        owner = names.get(beginning, owner)
    return owner


def _json_files(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            some = islice(entries, _MAXIMUM_NAMES)
            return [folder / one.name for one in some if _is_json_file(one)]
    except OSError:
        return []


def _is_json_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.name.endswith(".json") and entry.is_file()
    except OSError:
        return False
