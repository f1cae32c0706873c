"""A JSON object or array as one line that outlines it, and as indented lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from rich.text import Text

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.json_text import Kind, laid_out, parts_of
from lambda_tui.ui.terminal_text import terminal_text

KEY, STRING, NUMBER, MARK = "json-key", "json-string", "json-number", "json-mark"
"""Styles that stand in the texts by name; whoever draws them has the colours."""

_STRING_SHOWN = 60
"""Characters of a string that the outline shows."""
_FIRST = (
    "level", "severity", "levelname", "errorType", "errorMessage", "message", "msg", "event",
)  # fmt: skip
_LAST = frozenset(
    {
        "timestamp", "time", "ts", "@timestamp", "pid", "hostname", "v", "name", "service",
        "requestId", "function_request_id", "xray_trace_id", "cold_start", "function_name",
        "function_memory_size", "function_arn", "tenantId", "location",
    }
)  # fmt: skip
"""Fields that a line of most logging libraries has, whatever it is about."""
_PINO_LEVELS = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
_MARK = re.compile(r"[{}\[\],:]+")
_STYLES: dict[Kind, str] = {"key": KEY, "string": STRING, "number": NUMBER, "word": NUMBER}


def outline(message: str, start: int, cells: int) -> Text:
    """Return ``{level INFO, message served, count 2, items[3]}`` of the JSON from ``start`` on.

    It takes at most so many cells: what does not fit is left out as a whole, for a sign. The
    message has been found to be JSON.
    """
    value = json.loads(message[start:])
    is_object = isinstance(value, dict)
    text = Text("{" if is_object else "[", MARK, end="")
    parts = [_field(*pair) for pair in _ordered(value)] if is_object else map(_item, value)
    room = cells - text.cell_len - len(", …}")
    is_first = True
    for part in parts:
        if part.cell_len + 2 * (not is_first) > room:
            text.append("…" if is_first else ", …", MARK)
            break
        if not is_first:
            text.append(", ", MARK)
        text.append_text(part)
        room = cells - text.cell_len - len(", …}")
        is_first = False
    return text.append("}" if is_object else "]", MARK)


def pretty_lines(message: str, start: int) -> Iterator[Text]:
    """Yield the JSON from ``start`` on, indented, in colours, and each token as it was written.

    The message has been found to be JSON.
    """
    for line in laid_out(message[start:]).rstrip("\n").split("\n"):
        text = terminal_text(line)
        plain, at = text.plain, 0
        for kind, begin, end in parts_of(plain):
            _stylize_marks(text, plain, at, begin)
            text.stylize(_STYLES[kind], begin, end)
            at = end
        _stylize_marks(text, plain, at, len(plain))
        yield text


def _stylize_marks(text: Text, plain: str, begin: int, end: int) -> None:
    for found in _MARK.finditer(plain, begin, end):
        text.stylize(MARK, *found.span())


def _ordered(value: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the fields of an object, those first that tell most."""
    first = [(name, value[name]) for name in _FIRST if name in value]
    middle = [pair for pair in value.items() if pair[0] not in _FIRST and pair[0] not in _LAST]
    return first + middle + [pair for pair in value.items() if pair[0] in _LAST]


def _field(name: str, value: Any) -> Text:  # noqa: ANN401
    if name == "level" and isinstance(value, int) and value in _PINO_LEVELS:
        value = _PINO_LEVELS[value]
    text = Text(one_line(name, _STRING_SHOWN), KEY, end="")
    if not isinstance(value, dict | list):
        text.append(" ")
    return text.append_text(_item(value))


def _item(value: Any) -> Text:  # noqa: ANN401
    if isinstance(value, dict):
        return Text(f"{{{len(value)}}}", MARK, end="")
    if isinstance(value, list):
        return Text(f"[{len(value)}]", MARK, end="")
    if isinstance(value, str):
        return Text(one_line(value, _STRING_SHOWN) or '""', STRING, end="")
    return Text(json.dumps(value), NUMBER, end="")
