"""Says an invocation's outcome in a word or two, and where in the user's code it failed."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from lambda_tui.engine.invocation import InvocationStatus
from lambda_tui.terminal_text import one_line

LARGEST_LOOKED_INTO = 1 << 16
"""Bytes of a response beyond which only its size is told: decoding takes time."""
LONGEST_WORD = 24
LONGEST_MESSAGE = 300
"""Characters of an error's message that a record keeps."""

_PYTHON_FRAME = re.compile(r'File "/var/task/([^"]+)", line (\d+)')
_NODE_FRAME = re.compile(r"\(?(?:file://)?/var/task/([^\s()]+?):(\d+):\d+\)?")


class Failing(msgspec.Struct, frozen=True):
    """An error payload, as far as a list shows it."""

    type: str = ""
    message: str = ""
    """One line."""
    place: str = ""
    """The user's file and line, relative to the code: ``app.py:11``."""


def answer_word(status: InvocationStatus, response: bytes | None) -> str:
    """Return the outcome in a word: ``200``, ``{3 keys}``, ``KeyError``, ``timeout``."""
    if status in ("pending", "running"):
        return ""
    if status in ("timeout", "throttled"):
        return status
    value = _decoded(response)
    if status == "error":
        word = value.get("errorType", "") if isinstance(value, dict) else ""
        return _shortened(str(word) or "error")
    if value is _UNKNOWN:
        return ""
    return _word(value)


def failing(response: bytes | None) -> Failing:
    """Return type, message and place of an error payload; all empty for another response."""
    value = _decoded(response)
    if not isinstance(value, dict):
        return Failing()
    message = value.get("errorMessage", value.get("message", ""))
    return Failing(
        type=one_line(str(value.get("errorType", ""))),
        message=one_line(str(message)[:LONGEST_MESSAGE]),
        place=_place(value),
    )


def _place(value: dict[str, Any]) -> str:
    """Return the innermost frame of the user's own code; packages come last.

    Python names the innermost frame last, Node.js first.
    """
    stack, trace = value.get("stackTrace"), value.get("trace")
    found: list[tuple[str, str]] = []
    if isinstance(stack, list):
        text = "\n".join(map(str, stack))
        found = _PYTHON_FRAME.findall(text)[::-1] or _NODE_FRAME.findall(text)
    elif isinstance(trace, list):
        found = _NODE_FRAME.findall("\n".join(map(str, trace)))
    own = [each for each in found if not _is_of_a_package(each[0])]
    return one_line(":".join((own or found)[0])) if found else ""


def _is_of_a_package(path: str) -> bool:
    return "node_modules/" in path or "site-packages/" in path


_UNKNOWN = object()


def _decoded(response: bytes | None) -> Any:  # noqa: ANN401 - JSON
    if response is None or len(response) > LARGEST_LOOKED_INTO:
        return _UNKNOWN
    try:
        return msgspec.json.decode(response)
    except (msgspec.DecodeError, RecursionError):
        return _UNKNOWN


def _word(value: object) -> str:
    match value:
        case {"statusCode": int() | str() as status}:
            return _shortened(str(status))
        case dict():
            return "{1 key}" if len(value) == 1 else f"{{{len(value)} keys}}"
        case list():
            return "[1 item]" if len(value) == 1 else f"[{len(value)} items]"
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return _shortened(f'"{value[:LONGEST_WORD]}"')
    return _shortened(str(value))


def _shortened(word: str) -> str:
    word = one_line(word)
    return word if len(word) <= LONGEST_WORD else word[: LONGEST_WORD - 1] + "…"
