"""Checks that an event is JSON, and words the error as AWS's JSON parser does."""

from __future__ import annotations

import json
import re

import msgspec

from lambda_tui.apis.lambda_api.errors import LambdaApiError, invalid_content
from lambda_tui.engine.invocation import Payload

_PREFIX = "Could not parse request body into json: Could not parse payload into json: "
_SOURCE = "at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled)"
_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_EXPECTED = {
    "Expecting ',' delimiter": "was expecting comma to separate {container} entries",
    "Expecting ':' delimiter": "was expecting a colon to separate field name and value",
    "Expecting property name enclosed in double quotes": (
        "was expecting double-quote to start field name"
    ),
    "Illegal trailing comma before end of object": (
        "was expecting double-quote to start field name"
    ),
}
_CONTROL = (0x20, 0x7F, 0xA0)
_OPENING = {"{": "Object", "[": "Array"}
_UNBUILT = msgspec.json.Decoder(msgspec.Raw)


def check_json(event: Payload) -> None:
    """Raise ``LambdaApiError`` for an event that is not JSON in UTF-8. Does not build the value."""
    try:
        _UNBUILT.decode(event)
        if not event.isascii():
            event.decode()
        return
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    problem = _problem(event)
    if problem is not None:
        raise problem


def _problem(event: Payload) -> LambdaApiError | None:
    """Return the error in AWS's words; None if the event is JSON after all."""
    try:
        text = event.decode()
    except UnicodeDecodeError as error:
        return _undecodable(event, error.start)
    try:
        json.loads(text.removeprefix("\ufeff"), parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return _malformed(text, error)
    except _ConstantError as error:
        return _unrecognized(str(error), text.find(str(error)), text)
    except RecursionError:
        return invalid_content(
            f"{_PREFIX}Document nesting depth (1001) exceeds the maximum allowed (1000, from "
            "`StreamReadConstraints.getMaxNestingDepth()`)"
        )
    return None


class _ConstantError(ValueError):
    """The text has ``NaN`` or the like, which Python accepts as JSON."""


def _refuse_constant(name: str) -> None:
    raise _ConstantError(name)


def _undecodable(event: Payload, at: int) -> LambdaApiError:
    before = event[:at].decode()
    byte = event[at]
    if not before.strip():
        return _error(f"{_character(chr(byte))}: expected a valid value {_VALUES}", before)
    kind = "middle" if byte >= 0xC0 and at + 1 < len(event) else "start"
    if kind == "middle":
        return _error(f"Invalid UTF-8 middle byte 0x{event[at + 1]:02x}", before + "?")
    return _error(f"Invalid UTF-8 start byte 0x{byte:02x}", before + "?")


def _malformed(text: str, error: json.JSONDecodeError) -> LambdaApiError:
    rest = text[error.pos :]
    if not text.strip():
        return invalid_content(f"{_PREFIX}No content to map due to end-of-input")
    if not rest.strip() or error.msg.startswith("Unterminated string"):
        return _error(f"Unexpected end-of-input{_unclosed(text)}", text)
    if error.msg in _EXPECTED:
        container = _container(text[: error.pos])
        rest = rest.lstrip()
        at = text[: len(text) - len(rest)]
        what = _EXPECTED[error.msg].format(container=container)
        return _error(f"{_character(rest[0])}: {what}", at)
    if error.msg == "Expecting value":
        word = re.match(r"[A-Za-z_$][\w$]*", rest)
        if word:
            return _unrecognized(word[0], error.pos, text)
        return _error(f"{_character(rest[0])}: expected a valid value {_VALUES}", text[: error.pos])
    return _error(f"{_character(rest[0])}: {error.msg.lower()}", text[: error.pos])


def _unrecognized(token: str, at: int, text: str) -> LambdaApiError:
    message = f"Unrecognized token '{token}': was expecting {_VALUES}"
    return _error(message, text[: at + len(token)])


def _character(character: str) -> str:
    code = ord(character)
    if code < _CONTROL[0] or _CONTROL[1] <= code < _CONTROL[2]:
        return f"Unexpected character ((CTRL-CHAR, code {code}))"
    return f"Unexpected character ('{character}' (code {code}))"


def _unclosed(text: str) -> str:
    container = _container(text)
    return f": expected close marker for {container}" if container != "root" else ""


def _container(before: str) -> str:
    """Return which container, or ``root``, is open at the end of the text."""
    opened: list[str] = []
    for token in re.findall(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', before, flags=re.DOTALL):
        if token in _OPENING:
            opened.append(_OPENING[token])
        elif token in "]}" and opened:
            opened.pop()
    return opened[-1] if opened else "root"


def _error(message: str, before: str) -> LambdaApiError:
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return invalid_content(f"{_PREFIX}{message}\n {_SOURCE}; line: {line}, column: {column}]")
