"""Tells which files of a function's folder a deployment takes.

A template says what is deployed: all of ``CodeUri``, but what tools keep there for themselves. A
plain folder says nothing, and beside the code there is what belongs to the project alone: tests,
texts about it, and whatever a command has just written.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from lambda_tui.project.code.folder_walk import is_of_a_tool
from lambda_tui.project.function import NODE_SUFFIXES

_CODE_SUFFIXES = (".py", ".so", ".dylib", ".node", ".wasm", ".tsx", *NODE_SUFFIXES)
_CODE_NAMES = ("bootstrap", "package.json", "tsconfig.json")
_TESTS = re.compile(r"test_.*\.py|.*_test\.py|conftest\.py|.*\.(test|spec)\.\w+")
_TEST_FOLDERS = ("test", "tests", "__tests__")
_EVENTS = "events"
_VARIABLES = ".env"
_LARGEST_SOURCE = 1 << 20
_MOST_SOURCES = 100


def is_deployed(path: Path, folder: Path) -> bool:
    """Return whether a deployment of all of a folder takes a path that is relative to it.

    Sample events are none of it. The path may be gone.
    """
    if any(map(is_of_a_tool, path.parts[:-1])):
        return False
    if path.parts[:1] == (_EVENTS,) and path.suffix in (".json", ""):
        return False
    place = folder / path
    if is_of_a_tool(path.name) and not (path.name.startswith(".") and place.is_file()):
        return path.name == _VARIABLES
    # A folder alone is nothing that is packed; one that is gone was perhaps more than that.
    return not place.is_dir() or _holds_deployed(path, folder)


def is_deployed_in_plain_folder(path: Path, folder: Path, *, is_project: bool) -> bool:
    """Return whether a deployment of a plain function's folder takes a path that is relative to it.

    Beside a function in the project's own folder (``is_project``) this is code, and data that the
    code beside it names: the rest of what lies there is about the project.
    """
    if not is_deployed(path, folder) or path.name.upper().startswith("README"):
        return False
    if not path.parts:
        return True
    if path.parts[0] in _TEST_FOLDERS or _TESTS.fullmatch(path.name):
        return False
    if not is_project or len(path.parts) > 1 or (folder / path).is_dir():
        return True
    return _is_code(path.name) or path.name == _VARIABLES or _is_named_beside(path.name, folder)


def _holds_deployed(path: Path, folder: Path) -> bool:
    if not path.parts:
        return True
    try:
        names = os.listdir(folder / path)
    except OSError:
        return True
    return any(is_deployed(path / name, folder) for name in names)


def _is_code(name: str) -> bool:
    return name in _CODE_NAMES or name.endswith(_CODE_SUFFIXES)


def _is_named_beside(name: str, folder: Path) -> bool:
    """Return whether a source file in a folder has the name of another one in its text."""
    text = os.fsencode(name)
    sources = [one for one in _files_in(folder) if _is_code(one.name)]
    return any(text in _content(one) for one in sources[:_MOST_SOURCES])


def _files_in(folder: Path) -> list[Path]:
    try:
        return sorted(one for one in folder.iterdir() if one.is_file())
    except OSError:
        return []


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as content:
            return content.read(_LARGEST_SOURCE)
    except OSError:
        return b""
