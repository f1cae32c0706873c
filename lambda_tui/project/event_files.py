"""Finds the events that a project keeps as JSON files, and checks that a text is an event."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from lambda_tui import limits
from lambda_tui.project.files import read_text
from lambda_tui.project.function import Function, Project
from lambda_tui.project.wording import shown

DEFAULT_EVENT = """{
  "name": "world"
}
"""
"""The event for a function without event files."""

_MAXIMUM_FILES = 500
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


def find_events(project: Project, function: Function) -> tuple[EventFile, ...]:
    """Return the files ``events/*.json`` of the project and of the function's code folder.

    Those named after the function come first (``HelloWorld`` has ``hello_world.json`` and
    ``hello-world-empty.json``), then the others by name.
    """
    base = project.template.parent if project.template else project.directory
    folders = dict.fromkeys((base / "events", function.code_directory / "events"))
    files = [file for folder in folders for file in _json_files(folder)]
    own = _normalised(function.name)

    def rank(file: Path) -> tuple[int, str]:
        name = _normalised(file.stem)
        return (0 if name == own else 1 if name.startswith(own) else 2), file.name

    return tuple(EventFile(file.stem, file) for file in sorted(files, key=rank)[:_MAXIMUM_FILES])


def read_event(file: Path) -> str:
    """Return an event file's text.

    Raise ``UnreadableFileError`` for more than Lambda takes, or for other text than UTF-8.
    """
    return read_text(file, limits.EVENT_BYTES)


def check_event(text: str) -> str | None:
    """Return one sentence on why, and where, a text is no event; None when it is one."""
    size = len(text.encode("utf-8", "replace"))
    if size > limits.EVENT_BYTES:
        takes = f"{limits.EVENT_BYTES / 1024**2:g} MB"
        return f"the event has {size / 1024**2:.1f} MB, but Lambda takes {takes}"
    if not text.strip():
        return "the event is empty: write JSON, such as {}"
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        reason = _REASONS.get(error.msg, error.msg.lower())
        return f"the event is not JSON: line {error.lineno}, column {error.colno}: {reason}"
    except RecursionError:
        return "the event is nested too deeply"
    except ValueError as error:
        return f"the event is not JSON: {shown(str(error))}"
    return None


def _refuse_constant(constant: str) -> object:
    raise ValueError(f"{constant} is not a JSON value")


def _normalised(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _json_files(folder: Path) -> list[Path]:
    try:
        return [file for file in folder.glob("*.json") if file.is_file()]
    except OSError:
        return []
