"""An HTTP request that has come in, and the response to it."""

from __future__ import annotations

import http
import time
from email.utils import formatdate
from functools import lru_cache
from typing import Protocol

from msgspec import Struct, field

from lambda_tui.apis.response_parts import ResponseParts

# A larger body is written on its own, and so not copied behind its head.
_COPIED_BODY = 1 << 16
_NO_CONTENT = 204


class Reception(Protocol):
    """Who knows of a request from its head on."""

    takes_parts: bool
    """Whether the body's parts go to it as they come; else the request's ``body`` gathers them."""

    def take(self, part: bytes) -> None:
        """A part of the body."""

    def break_off(self) -> None:
        """The rest never comes."""


class Request(Struct):
    """A request; ``body`` is filled while it arrives."""

    method: str
    path: str
    """As it came: percent-encoded, without the query."""
    query: str
    headers: dict[str, str]
    """By lower-case name; repeated ones are joined by commas."""
    keep_alive: bool
    body: bytes | bytearray = b""
    trailers: dict[str, str] = field(default_factory=dict)
    """Headers that came behind a chunked body."""
    reception: Reception | None = None

    @property
    def is_chunked(self) -> bool:
        """Whether the body's size shows only while it comes."""
        return "transfer-encoding" in self.headers


class Response(Struct, frozen=True):
    """A response, whole, or its head and the parts that are to come."""

    status: int
    body: bytes | bytearray = b""
    headers: dict[str, str] = field(default_factory=dict)
    parts: ResponseParts | None = None

    def pieces(self, keep_alive: bool) -> list[bytes | bytearray]:
        """What is written: in one piece, or the head and a large body."""
        lines = [_status_line(self.status), _date_line(int(time.time()))]
        lines += [f"{name}: {value}\r\n" for name, value in self.headers.items()]
        if self.parts is not None:
            lines.append("Transfer-Encoding: chunked\r\n")
        elif self.status != _NO_CONTENT:
            lines.append(f"Content-Length: {len(self.body)}\r\n")
        lines.append(
            "Connection: keep-alive\r\n\r\n" if keep_alive else "Connection: close\r\n\r\n"
        )
        head = "".join(lines).encode("latin-1", "replace")
        if len(self.body) < _COPIED_BODY:
            return [head + self.body]
        return [head, self.body]


@lru_cache
def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\n"


@lru_cache(maxsize=1)
def _date_line(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\n"
