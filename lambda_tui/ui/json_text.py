"""JSON as text: the parts of a line that have colours, and a layout with indented lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

import msgspec

LONGEST_COLOURED = 5_000
"""Characters of a line beyond which it is shown in one colour."""

Kind = Literal["key", "string", "number", "word"]

_PARTS = re.compile(
    r'(?P<string>"(?:[^"\\]|\\.)*"?)(?P<colon>\s*:)?'
    r"|(?P<number>-?\d[\d.eE+-]*)"
    r"|(?P<word>\b(?:true|false|null)\b)"
)


class Part(NamedTuple):
    """A part of a line that has a colour."""

    kind: Kind
    start: int
    end: int


def parts_of(line: str) -> Iterator[Part]:
    """Yield the parts of one line of JSON, whether it is right or not; no value spans lines."""
    if len(line) > LONGEST_COLOURED:
        return
    for match in _PARTS.finditer(line):
        if match["string"] is not None:
            start, end = match.span("string")
            yield Part("string" if match["colon"] is None else "key", start, end)
        elif match["number"] is not None:
            yield Part("number", *match.span())
        else:
            yield Part("word", *match.span())


def laid_out(text: str) -> str:
    """Return JSON with a value on each line, its numbers and texts as they were written.

    Raise ``ValueError`` for what is no JSON.
    """
    try:
        return msgspec.json.format(text.encode(), indent=2).decode() + "\n"
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise ValueError(str(error)) from error
