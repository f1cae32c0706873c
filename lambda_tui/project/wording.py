"""Values from the user's files, formatted for sentences."""

from __future__ import annotations

_LONGEST = 100
"""Characters; a longer text is truncated."""
_WIDEST_INTEGER = 1024
"""Bits; Python refuses to print integers of some thousand digits."""


def shown(value: object, longest: int = _LONGEST) -> str:
    """Return a value as text for a sentence: on one line, short, without control characters.

    ``longest`` is the number of characters from which it is truncated.
    """
    match value:
        case str():
            text = value
        case bool():
            text = str(value).lower()
        case int() if value.bit_length() > _WIDEST_INTEGER:
            text = "a huge number"
        case int() | float():
            text = str(value)
        case None:
            text = "empty"
        case list():
            text = "a list"
        case _:
            text = "a mapping" if isinstance(value, dict) else f"a {type(value).__name__}"
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    text = "".join(character if character.isprintable() else "�" for character in text)
    return text or '""'


def shown_whole(value: object) -> str:
    """Return a value as ``shown`` does, but a list with its items, such as ``[-1, "x"]``."""
    if not isinstance(value, list):
        return shown(value)
    items = [f'"{shown(one)}"' if isinstance(one, str) else shown(one) for one in value[:_LONGEST]]
    return shown(f"[{', '.join(items)}]")
