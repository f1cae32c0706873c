"""Reads responses that have a meaning of their own: errors with their stack, and HTTP responses."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

HTTP_STREAM = "application/vnd.awslambda.http-integration-response"
"""The content type of a streamed response that begins with its status and headers."""

_PRELUDE_END = bytes(8)
_PRELUDE_BYTES = 1 << 16
"""Bytes in which the end of a prelude is looked for."""
_LARGEST_PARSED = 8 << 20
_HTTP_KEYS = frozenset(
    {"statusCode", "headers", "multiValueHeaders", "cookies", "body", "isBase64Encoded"}
)
_CAUSES = 20
"""Errors that are shown below one another, each the cause of the one before."""
_NOT_OURS = (
    "/var/runtime/",
    "/var/lang/",
    "/site-packages/",
    "/dist-packages/",
    "/node_modules/",
    "node:",
    "<frozen ",
)
"""Parts of the places that are not the user's."""


class ErrorAnswer(Struct, frozen=True):
    """An error of a function, as its runtime reports it."""

    type: str
    message: str
    frames: tuple[str, ...]
    """The lines of the stack, as the language prints them."""
    cause: ErrorAnswer | None = None


class HttpAnswer(Struct, frozen=True):
    """A response that API Gateway, a function URL or a load balancer passes on."""

    status: int | None
    """None where there is none that could be sent."""
    headers: tuple[tuple[str, str], ...]
    """Names and values as they are sent; cookies are among them."""
    body: bytes
    warnings: tuple[str, ...]
    """Sentences on what is wrong with the response."""

    @property
    def status_line(self) -> str:
        """The status with its name, such as ``404 Not Found``."""
        if self.status is None:
            return "no status"
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)

    @property
    def content_type(self) -> str:
        """The content type; empty where the response names none."""
        named = (value for name, value in self.headers if name.lower() == "content-type")
        return next(named, "")


def error_answer(payload: bytes) -> ErrorAnswer | None:
    """Return the error that a payload reports; None when it is none."""
    value = _parsed(payload)
    return _error(value, _CAUSES) if isinstance(value, dict) else None


def is_users(frame: str) -> bool:
    """Return whether a line of a stack is about the user's code, not about a library."""
    return not any(part in frame for part in _NOT_OURS)


def http_answer(payload: bytes, content_type: str = "") -> HttpAnswer | None:
    """Return the HTTP response that a payload describes; None when it describes none."""
    if (streamed := _streamed(payload, content_type)) is not None:
        return streamed
    try:
        members = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
        is_without_status = "body" in members and (
            "headers" in members or "isBase64Encoded" in members
        )
        if "statusCode" not in members and not is_without_status:
            return None
        value = {key: json.loads(bytes(members[key])) for key in _HTTP_KEYS & members.keys()}
    except (ValueError, RecursionError):
        return None
    warnings: list[str] = []
    return HttpAnswer(
        status=_status(value, warnings),
        headers=_headers(value, warnings),
        body=_body(value, warnings),
        warnings=tuple(warnings),
    )


def _parsed(payload: bytes) -> object:
    if len(payload) > _LARGEST_PARSED or payload.lstrip()[:1] != b"{":
        return None
    try:
        value: object = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return value


def _error(value: Mapping[str, Any], causes: int) -> ErrorAnswer | None:
    """Return an error in the form of Python, Node.js (``trace``), Java or .NET."""
    if not isinstance(value.get("errorType"), str) and not isinstance(
        value.get("errorMessage"), str
    ):
        return None
    kind, message = str(value.get("errorType") or "Error"), str(value.get("errorMessage") or "")
    found = value.get("stackTrace") or value.get("trace") or []
    entries = found.split("\n") if isinstance(found, str) else found
    lines = [
        line
        for entry in (entries if isinstance(entries, list) else [])
        for line in str(entry).rstrip("\n").split("\n")
    ]
    # Node.js begins its stack with type and message, which may have several lines.
    headings = f"{kind}: {message}".split("\n") if message else [kind]
    if lines[: len(headings)] == headings:
        lines = lines[len(headings) :]
    cause = value.get("cause")
    below = _error(cause, causes - 1) if isinstance(cause, dict) and causes else None
    return ErrorAnswer(kind, message, tuple(lines), below)


def _status(value: Mapping[str, Any], warnings: list[str]) -> int | None:
    if "statusCode" not in value:
        warnings.append(
            "statusCode is missing: REST APIs and load balancers answer 502; HTTP APIs and "
            "function URLs send all of this as the body of a 200"
        )
        return None
    status = value["statusCode"]
    if isinstance(status, str) and status.isdecimal() and len(status) == 3:
        warnings.append("statusCode is a string: it has to be a number")
        status = int(status)
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599:
        shown = json.dumps(status)[:40]
        warnings.append(
            f"statusCode {shown} is no HTTP status: REST APIs and load balancers answer 502"
        )
        return None
    return status


def _headers(value: Mapping[str, Any], warnings: list[str]) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    for key in ("headers", "multiValueHeaders"):
        given = value.get(key)
        if given is None:
            continue
        if not isinstance(given, dict):
            warnings.append(f"{key} is {_kind(given)}: it has to be an object")
            continue
        for name, one in given.items():
            is_list = isinstance(one, list)
            if is_list and key == "headers":
                warnings.append(
                    f"header {name} is a list: multiValueHeaders takes lists, headers does not"
                )
            elif isinstance(one, dict) or one is None or (key != "headers" and not is_list):
                warnings.append(f"{key} {name} is {_kind(one)}, which is not sent as it is")
            headers += [(name, _plain(each)) for each in (one if is_list else [one])]
    cookies = value.get("cookies")
    if isinstance(cookies, list):
        headers += [("set-cookie", _plain(cookie)) for cookie in cookies]
        if "multiValueHeaders" in value:
            warnings.append(
                "cookies is for HTTP APIs and function URLs, multiValueHeaders for REST APIs and "
                "load balancers: no service reads both"
            )
    elif cookies is not None:
        warnings.append(f"cookies is {_kind(cookies)}: it has to be a list of strings")
    return tuple(headers)


def _body(value: Mapping[str, Any], warnings: list[str]) -> bytes:
    body, is_base64 = value.get("body"), value.get("isBase64Encoded", False)
    if not isinstance(is_base64, bool):
        warnings.append(f"isBase64Encoded is {_kind(is_base64)}: it has to be true or false")
    if body is None:
        return b""
    if not isinstance(body, str):
        warnings.append(
            f"body is {_kind(body)}: it has to be a string (json.dumps, JSON.stringify), else REST "
            "APIs and load balancers answer 502"
        )
        return json.dumps(body, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if is_base64 is True:
        try:
            return base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            warnings.append("isBase64Encoded is true, but body is no base64")
    return body.encode("utf-8", "surrogatepass")


def _streamed(payload: bytes, content_type: str) -> HttpAnswer | None:
    """Return a streamed response: its prelude in JSON, eight NUL bytes, and its body."""
    end = payload.find(_PRELUDE_END, 0, _PRELUDE_BYTES) if payload[:1] == b"{" else -1
    prelude = _parsed(payload[:end]) if end > 0 else None
    if not isinstance(prelude, dict):
        return None
    if content_type != HTTP_STREAM and not prelude.keys() & {"statusCode", "headers", "cookies"}:
        return None
    warnings: list[str] = []
    status = _status({"statusCode": 200} | prelude, warnings)
    headers = _headers(prelude, warnings)
    return HttpAnswer(status, headers, payload[end + len(_PRELUDE_END) :], tuple(warnings))


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _kind(value: object) -> str:
    for kind, word in (
        (bool, "a boolean"),
        (dict, "an object"),
        (list, "a list"),
        (str, "a string"),
        ((int, float), "a number"),
    ):
        if isinstance(value, kind):
            return word
    return "null"
