"""Says an invocation's outcome in a word or two, and where in the user's code it failed."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from lambda_tui.engine.invocation import InvocationStatus
from lambda_tui.terminal_text import one_line

LARGEST_LOOKED_INTO = 1 << 16
"""Bytes of a response, or of a value in it, beyond which it is not decoded: that takes time."""
LARGEST_SKIMMED = 8 << 20
"""Bytes of a response beyond which only its size is told."""
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
    is_http = isinstance(value, dict) and "statusCode" in value
    if response is not None and len(response) > LARGEST_LOOKED_INTO and not is_http:
        return f"{len(response) >> 10:,} KB"
    return "" if value is _UNKNOWN else _word(value)


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
    if response is None or len(response) > LARGEST_SKIMMED:
        return _UNKNOWN
    try:
        if len(response) <= LARGEST_LOOKED_INTO:
            return msgspec.json.decode(response)
        return _skimmed(response)
    except (msgspec.DecodeError, RecursionError):
        return _UNKNOWN


class _Known(msgspec.Struct):
    """The fields of a large object that are looked into; all others are passed over."""

    statusCode: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    errorType: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    errorMessage: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    message: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    stackTrace: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    trace: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def _skimmed(response: bytes) -> dict[str, Any]:
    """Return the known fields of a large object, those of them that are small themselves."""
    if not response[:LONGEST_WORD].lstrip().startswith(b"{"):
        return {}
    known = msgspec.json.decode(response, type=_Known)
    fields = ((name, getattr(known, name)) for name in known.__struct_fields__)
    return {
        name: msgspec.json.decode(raw)
        for name, raw in fields
        if raw is not msgspec.UNSET and len(memoryview(raw)) <= LARGEST_LOOKED_INTO
    }


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
