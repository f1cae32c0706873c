"""Reads the syntax of ``.env`` files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

_LINE = re.compile(
    r"""
    [^\S\n]* (?:export[^\S\n]+)? (?P<name>[^\s=#'"]+) [^\S\n]* =
    [^\S\n]* (?: '(?P<literal>[^']*)' | "(?P<quoted>(?:[^"\\]|\\.)*)"
        | (?!['"])(?P<bare>(?:[^\s\#]|[^\S\n]+(?![\s\#])|(?<=\S)\#)*) )
    [^\S\n]* (?:\#[^\n]*)? (?:\n|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
_EMPTY_LINE = re.compile(r"[^\S\n]*(?:#[^\n]*)?(?:\n|\Z)")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_EARLIER = re.compile(r"\$\{(\w+)\}")


class Assignment(NamedTuple):
    """One variable of a file."""

    line: int
    """Counted from 1."""
    name: str
    """Empty for a line that is not of the form ``NAME=value``."""
    value: str = ""


def assignments(text: str) -> Iterator[Assignment]:
    """Yield the assignments of a file, with ``${NAME}`` of earlier ones filled in."""
    text = text.replace("\r\n", "\n")
    earlier: dict[str, str] = {}
    position, line = 0, 1
    while position < len(text):
        found = _EMPTY_LINE.match(text, position)
        if found is None:
            found = _LINE.match(text, position)
            if found is None:
                yield Assignment(line, "")
                end = text.find("\n", position)
                position, line = (len(text) if end < 0 else end + 1), line + 1
                continue
            value = earlier[found["name"]] = _value(found, earlier)
            yield Assignment(line, found["name"], value)
        position, line = found.end(), line + found[0].count("\n")


def _value(found: re.Match[str], earlier: Mapping[str, str]) -> str:
    """Return a line's value; nothing is filled in between single quotes."""
    if found["literal"] is not None:
        return found["literal"]
    if found["quoted"] is None:
        text = found["bare"]
    else:
        text = _ESCAPE.sub(lambda one: _ESCAPES.get(one[1], one[1]), found["quoted"])
    return _EARLIER.sub(lambda name: earlier.get(name[1], name[0]), text)
