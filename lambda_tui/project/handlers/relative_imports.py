"""Checks the case of names in a Node.js function's relative imports, by the text of its source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import NODE_SUFFIXES, Function, Problem
from lambda_tui.project.handlers.node_source import find_node_source, split_node_handler
from lambda_tui.project.handlers.python_source import LARGEST_SOURCE
from lambda_tui.project.spelling import true_path
from lambda_tui.project.wording import shown

_IMPORT = re.compile(r"\b(?:from|import|require)\s*\(?\s*[\"'](\.{1,2}/[^\"'\n]+)[\"']")
_COMMENT = ("//", "*", "/*")
_SUFFIXES = (
    *("", *NODE_SUFFIXES, ".json", ".node"),
    *(f"/index{suffix}" for suffix in NODE_SUFFIXES),
)
_MOST_FILES = 300


def misspelt_imports(function: Function) -> Iterator[Problem]:
    """Yield a problem for each relative import that names a file in another case.

    Such an import works on a file system that does not tell the case apart, as on macOS, and fails
    in Lambda. Only imports with a literal path are seen, from the handler's file on.
    """
    split = split_node_handler(function.handler)
    source = find_node_source(function.code_directory, split[0]) if split else None
    waiting = [source] if source is not None and source.is_file() else []
    seen = set(waiting)
    while waiting:
        file = waiting.pop()
        for path, line in _imports(file):
            found, spelling = _imported(file.parent, path)
            if spelling is not None:
                yield _problem(function, file, line, path, spelling)
            is_source = found is not None and found.suffix in NODE_SUFFIXES
            if found and is_source and found not in seen and len(seen) < _MOST_FILES:
                seen.add(found)
                waiting.append(found)


def _imports(file: Path) -> Iterator[tuple[str, int]]:
    """Yield the relative paths that a file imports, and their lines, from 1."""
    try:
        text = read_text(file, LARGEST_SOURCE)
    except UnreadableFileError:
        return
    for found in _IMPORT.finditer(text):
        begin = text.rfind("\n", 0, found.start()) + 1
        if not text[begin : found.start()].lstrip().startswith(_COMMENT):
            yield found[1], text.count("\n", 0, found.start(1)) + 1


def _imported(folder: Path, path: str) -> tuple[Path | None, str | None]:
    """Return the file that is imported, and its path's right spelling if that is another."""
    misspelt: tuple[Path | None, str | None] = (None, None)
    for suffix in _SUFFIXES:
        found = true_path(folder, path + suffix)
        if found is None or not found.is_file():
            continue
        if found == Path(folder, path + suffix):
            return found, None
        spelling = str(found)[len(str(folder)) + 1 :].removesuffix(suffix)
        misspelt = found, path[: path.index("/") + 1] + spelling.removeprefix("../")
    return misspelt


def _problem(function: Function, file: Path, line: int, path: str, spelling: str) -> Problem:
    message = (
        f"{function.name}: the import of {shown(path)} finds no file in Lambda, which tells upper "
        f"from lower case; write {shown(spelling)}."
    )
    return Problem(message, file, line, (function.name,))
