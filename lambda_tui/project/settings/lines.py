"""Finds the line of an entry in a settings file, which the parser of TOML does not tell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

_KEY = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_DOTTED = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADING = re.compile(rf"\s*\[\[?\s*({_DOTTED})\s*\]")
_ENTRY = re.compile(rf"\s*({_DOTTED})\s*=")


def line_of(text: str, *path: str) -> int | None:
    """Return the line, counted from 1, where an entry or table of this path begins.

    None where that is not seen, as in an inline table.
    """
    heading: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if match := _HEADING.match(line):
            heading = found = tuple(_parts(match[1]))
        elif match := _ENTRY.match(line):
            found = (*heading, *_parts(match[1]))
        else:
            continue
        if found[: len(path)] == path:
            return number
    return None


def _parts(dotted: str) -> Iterator[str]:
    """Yield the names of a dotted key, without their quotes."""
    try:
        value: object = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:
        return
    while isinstance(value, dict):
        name, value = next(iter(value.items()))
        yield name
