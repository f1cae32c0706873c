"""An HTTP request that has come in, and the response to it."""

from __future__ import annotations

import http
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache

# A larger body is written on its own, and so not copied behind its head.
_COPIED_BODY = 1 << 16


@dataclass(slots=True)
class Request:
    """A request; ``body`` is filled while it arrives."""

    method: str
    path: str
    """As it came: percent-encoded, without the query."""
    query: str
    headers: dict[str, str]
    """By lower-case name; repeated ones are joined by commas."""
    keep_alive: bool
    body: bytes | bytearray = b""

    def header(self, name: str) -> str | None:
        """A header's value; the name is given in lower case."""
        return self.headers.get(name)


@dataclass(frozen=True, slots=True)
class Response:
    """A response, whole."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def pieces(self, keep_alive: bool) -> list[bytes]:
        """What is written: in one piece, or the head and a large body."""
        lines = [_status_line(self.status), _date_line(int(time.time()))]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.status != http.HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(self.body)}")
        lines.append(f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n")
        head = "\r\n".join(lines).encode("latin-1", "replace")
        if len(self.body) < _COPIED_BODY:
            return [head + self.body]
        return [head, self.body]


@lru_cache
def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}"


@lru_cache(maxsize=1)
def _date_line(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}"
