"""An HTTP request that has been received, and the response to it."""

from __future__ import annotations

import http
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache

from msgspec import Struct, field

# A larger body is written on its own rather than copied behind its head.
_COPIED_BODY = 1 << 16
_NO_CONTENT = 204
_LINE_ENDS = str.maketrans("\r\n\0", "   ")


class Request(Struct):
    """A request; its body is filled while it arrives."""

    method: str
    path: str
    """The path without the query, percent-encoded as it was received."""
    query: str
    headers: dict[str, str]
    """By lower-case name; repeated ones are joined by commas."""
    keep_alive: bool
    body: bytes | bytearray = b""
    trailers: dict[str, str] = field(default_factory=dict)
    """Headers that followed a chunked body."""
    on_part: Callable[[bytes], None] | None = None
    """Receives the parts of the body as they arrive; without it ``body`` collects them."""
    on_abort: Callable[[], None] | None = None
    """Called when the rest of the request will never arrive."""
    state: object = None
    """The application's own state of this request, from its head to its response."""

    @property
    def is_chunked(self) -> bool:
        """Whether the size of the body is known only when its end has arrived."""
        return "transfer-encoding" in self.headers


class ChunkedBody:
    """A response body that is written as it is produced, in HTTP chunks.

    It may be added to before the response's head has been written: what is there by then follows
    the head, and each later part is written at once.
    """

    def __init__(self) -> None:
        self._write: Callable[[bytes], None] | None = None
        self._on_end: Callable[[], None] | None = None
        self._buffer = b""
        self._has_ended = False

    def add(self, part: bytes) -> None:
        """Add a part. An empty one is left out, since an empty chunk would end the body."""
        if part:
            self._send(b"%x\r\n%b\r\n" % (len(part), part))

    def end(self) -> None:
        """End the body."""
        self._has_ended = True
        self._send(b"0\r\n\r\n")
        if self._on_end is not None:
            self._on_end()

    def connect(self, write: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        """Write to the client from now on, beginning with what has been buffered."""
        self._write, self._on_end = write, on_end
        if self._buffer:
            write(self._buffer)
        if self._has_ended:
            on_end()

    def _send(self, data: bytes) -> None:
        if self._write is None:
            self._buffer += data
        else:
            self._write(data)


class Response(Struct, frozen=True):
    """A response: complete, or its head and a body that follows in chunks."""

    status: int
    body: bytes | bytearray = b""
    headers: dict[str, str] = field(default_factory=dict)
    chunks: ChunkedBody | None = None

    def pieces(self, keep_alive: bool, *, is_body_wanted: bool = True) -> list[bytes | bytearray]:
        """Return the bytes to write: one piece, or the head and a large body.

        The response to HEAD is the head alone.
        """
        lines = [_status_line(self.status), _date_line(int(time.time()))]
        lines += [f"{name}: {value}\r\n" for name, value in self.headers.items()]
        if self.chunks is not None:
            lines.append("Transfer-Encoding: chunked\r\n")
        elif self.status != _NO_CONTENT:
            lines.append(f"Content-Length: {len(self.body)}\r\n")
        lines.append(
            "Connection: keep-alive\r\n\r\n" if keep_alive else "Connection: close\r\n\r\n"
        )
        head = "".join(lines).encode("latin-1", "replace")
        if not is_body_wanted:
            return [head]
        if len(self.body) < _COPIED_BODY:
            return [head + self.body]
        return [head, self.body]


def header_value(text: str) -> str:
    """Return a text in one line, and in UTF-8, which headers carry as if it were Latin-1."""
    text = text.translate(_LINE_ENDS)
    return text if text.isascii() else text.encode("utf-8", "replace").decode("latin-1")


@lru_cache
def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\n"


@lru_cache(maxsize=1)
def _date_line(second: int) -> str:
    return f"Date: {formatdate(second, usegmt=True)}\r\n"
