"""Finds the source of a Node.js handler, and the handlers that a file exports by its text."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import NODE_SUFFIXES
from lambda_tui.project.handlers.python_source import LARGEST_SOURCE

_NAME = r"(handler|lambdaHandler|lambda_handler)\b"
# Assigned or declared at the beginning of a line, or listed in braces: the usual forms.
_EXPORTED = (
    re.compile(rf"^[ \t]*(?:module\.)?exports\.{_NAME}[ \t]*=", re.M),
    re.compile(rf"^export[ \t]+(?:const|let|var|(?:async[ \t]+)?function)[ \t]+{_NAME}", re.M),
    re.compile(
        rf"^(?:export|module\.exports[ \t]*=)[ \t]*\{{[^}}]*?(?:\bas[ \t]+)?\b{_NAME}", re.M
    ),
)


def split_node_handler(handler: str) -> tuple[PurePosixPath, str] | None:
    """Return a handler's module and the name in it; None when it is not of the form file.export."""
    path = PurePosixPath(handler)
    module, dot, name = path.name.partition(".")
    return (path.parent / module, name) if dot and ".." not in handler else None


def find_node_source(code_directory: Path, module: PurePosixPath) -> Path | None:
    """Return the file of a handler's module, its folder or its package; None without one."""
    path = code_directory / module
    candidates = [path.with_name(path.name + suffix) for suffix in ("", *NODE_SUFFIXES)]
    candidates.append(code_directory / "node_modules" / module)
    try:
        return next((file for file in candidates if file.exists()), None)
    except (OSError, ValueError):
        return None


def exported_handlers(file: Path) -> dict[str, int]:
    """Return the lines, from 1, of exports named like handlers; of ``handler`` alone if it is one.

    Empty for a file that cannot be read.
    """
    try:
        text = read_text(file, LARGEST_SOURCE)
    except UnreadableFileError:
        return {}
    found: dict[str, int] = {}
    for pattern in _EXPORTED:
        for match in pattern.finditer(text):
            found.setdefault(match[1], text.count("\n", 0, match.start(1)) + 1)
    return {"handler": found["handler"]} if "handler" in found else found
