"""Documents with one thing in them changed."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Place = tuple[str | int, ...]


def plain(value: object) -> Any:
    """Return a value of mappings and lists of the reader's as Python's own."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def places(value: object, at: Place = ()) -> Iterator[Place]:
    """Yield the places of all values inside of a value, and its own."""
    yield at
    if isinstance(value, dict):
        for key, one in value.items():
            yield from places(one, (*at, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from places(one, (*at, index))


def changed(document: object, place: Place, value: object) -> object:
    """Return the document with another value at a place."""
    if not place:
        return value
    document = copy.deepcopy(document)
    inner: Any = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return document


def renamed(document: object, place: Place, key: object) -> object:
    """Return the document with another key at a place; unchanged if there is a list."""
    document = copy.deepcopy(document)
    inner: Any = document
    for one in place[:-1]:
        inner = inner[one]
    if isinstance(inner, dict) and place:
        inner[key] = inner.pop(place[-1])
    return document
