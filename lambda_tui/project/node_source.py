"""Where a Node.js handler's source lies, and what it exports by its text: nothing is ever run."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from lambda_tui.project.function import NODE_SUFFIXES
from lambda_tui.project.source import LARGEST_SOURCE
from lambda_tui.project.text_file import UnreadableFileError, read_text

_NAME = r"(handler|lambdaHandler|lambda_handler)\b"
# Assigned or declared where a line begins, or listed between braces: most that people write.
_EXPORTED = (
    re.compile(rf"^[ \t]*(?:module\.)?exports\.{_NAME}[ \t]*=", re.M),
    re.compile(rf"^export[ \t]+(?:const|let|var|(?:async[ \t]+)?function)[ \t]+{_NAME}", re.M),
    re.compile(
        rf"^(?:export|module\.exports[ \t]*=)[ \t]*\{{[^}}]*?(?:\bas[ \t]+)?\b{_NAME}", re.M
    ),
)


def split_handler(handler: str) -> tuple[PurePosixPath, str] | None:
    """The module's path and the name in it; None when it is not of the form file.export."""
    path = PurePosixPath(handler)
    module, dot, name = path.name.partition(".")
    return (path.parent / module, name) if dot and ".." not in handler else None


def find_source(code_directory: Path, module: PurePosixPath) -> Path | None:
    """The file of a handler's module, or its folder or package, where it is one; else None."""
    plain = code_directory / module
    candidates = [plain.with_name(plain.name + suffix) for suffix in ("", *NODE_SUFFIXES)]
    candidates.append(code_directory / "node_modules" / module)
    try:
        return next((file for file in candidates if file.exists()), None)
    except (OSError, ValueError):
        return None


def exported_handlers(file: Path) -> dict[str, int]:
    """The exports that are named like handlers, with their lines; just ``handler`` if it is one."""
    try:
        text = read_text(file, LARGEST_SOURCE)
    except UnreadableFileError:
        return {}
    found: dict[str, int] = {}
    for pattern in _EXPORTED:
        for match in pattern.finditer(text):
            found.setdefault(match[1], text.count("\n", 0, match.start(1)) + 1)
    return {"handler": found["handler"]} if "handler" in found else found
