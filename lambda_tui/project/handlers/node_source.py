"""Finds the source of a Node.js handler, and the handlers that a file exports by its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from lambda_tui.project.files import UnreadableFileError, read_text
from lambda_tui.project.function import NODE_SUFFIXES
from lambda_tui.project.handlers.python_source import LARGEST_SOURCE

_WELL_KNOWN = ("handler", "lambdaHandler", "lambda_handler")
_NAME = r"[A-Za-z_$][\w$]*"
# Assigned or declared at the beginning of a line, or listed in braces: the usual forms.
_ASSIGNED = re.compile(rf"^[ \t]*(?:module\.)?exports\.({_NAME})[ \t]*=(?!=)[ \t]*({_NAME})?", re.M)
_DECLARED = re.compile(
    rf"^export[ \t]+(?:const|let|var|(?:async[ \t]+)?function)[ \t]+({_NAME})", re.M
)
_BRACES = re.compile(r"^(?:export|module\.exports[ \t]*=)[ \t]*\{([^}]*)", re.M)
# Either ``local as exported``, ``exported: local``, or one name for both.
_LISTED = re.compile(rf"(?:({_NAME})\s+as\s+)?({_NAME})(?:\s*:\s*({_NAME}))?")

# An export of one of AWS's types, or one that a wrapper such as middy has made.
_TYPED = re.compile(
    rf"^export[ \t]+const[ \t]+({_NAME})[ \t]*"
    r"(?::[ \t]*[\w.]*Handler(?:V2)?\b[^=\n]*=|=[ \t]*middy\w*\()",
    re.M,
)

_EVENT = r"(?:\(\s*_?event\b|_?event\s*=>)"
_EVENT_AND_CONTEXT = r"\(\s*_?event\b[^,()]*,\s*_?(?:context|ctx)\b"
_FUNCTION = (
    rf"^[ \t]*(?:export[ \t]+)?(?:"
    rf"(?:(?:const|let|var)[ \t]+|(?:module\.)?exports\.)({_NAME})[^=\n]*=\s*"
    # A function, or a call of another one with it, such as middy's.
    rf"(?:[\w$.]+\(\s*)?(?:async\b\s*)?(?:function\b\s*(?:{_NAME})?\s*)?"
    rf"|(?:async[ \t]+)?function[ \t]+({_NAME})\s*)"
)
_TAKES_EVENT = re.compile(_FUNCTION + _EVENT, re.M)
_TAKES_EVENT_AND_CONTEXT = re.compile(_FUNCTION + _EVENT_AND_CONTEXT, re.M)


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


def exported_handlers(file: Path, *, is_well_known: bool) -> dict[str, int]:
    """Return the lines, from 1, of exports that are handlers.

    That is ``handler`` alone where there is one, else those named like handlers, else functions of
    ``event`` and ``context``, or in a well-known module of ``event``. Empty for a file that cannot
    be read.
    """
    try:
        text = read_text(file, LARGEST_SOURCE)
    except UnreadableFileError:
        return {}
    exported: dict[str, tuple[str, int]] = {}
    for name, local, position in _exports(text):
        exported.setdefault(name, (local, position))
    found = [name for name in exported if name in _WELL_KNOWN]
    if "handler" in found:
        found = ["handler"]
    elif not found:
        pattern = _TAKES_EVENT if is_well_known else _TAKES_EVENT_AND_CONTEXT
        functions = {match[1] or match[2] for match in pattern.finditer(text)}
        functions |= {match[1] for match in _TYPED.finditer(text)}
        found = [name for name, (local, _) in exported.items() if {name, local} & functions]
    return {name: text.count("\n", 0, exported[name][1]) + 1 for name in found}


def _exports(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield the name of each export, its name inside the module, and its position in the text."""
    for match in _ASSIGNED.finditer(text):
        yield match[1], match[2] or match[1], match.start(1)
    for match in _DECLARED.finditer(text):
        yield match[1], match[1], match.start(1)
    for braces in _BRACES.finditer(text):
        for match in _LISTED.finditer(text, braces.start(1), braces.end(1)):
            yield match[2], match[1] or match[3] or match[2], match.start(2)
