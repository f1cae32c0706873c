"""Requests out of the bytes that a connection receives."""

from __future__ import annotations

from typing import Protocol

import httptools

from lambda_tui.apis.message import Request


class ReaderOwner(Protocol):
    """Who is told what comes: the connection."""

    def on_begin(self) -> None:
        """A request begins."""

    def on_head(self, request: Request, size: int) -> None:
        """Its head is whole; its body will have this size, unless it is chunked."""

    def on_body(self, request: Request) -> None:
        """A part of its body has come."""

    def on_request(self, request: Request) -> None:
        """It is whole."""

    def on_malformed(self) -> None:
        """What came is no HTTP, or too long a head."""


class RequestReader:
    """Heads and chunked bodies go through the parser; a body of known length needs none."""

    _parser: httptools.HttpRequestParser
    _request: Request | None
    """Whose head is whole, and whose body is not."""
    _place: memoryview | None
    """Of a body of known length that has come in part."""

    def __init__(self, owner: ReaderOwner, buffer: bytearray, head_limit: int) -> None:
        """``head_limit``: bytes of a request line with its headers, and of what is no body."""
        self._owner = owner
        self._head_limit = head_limit
        self._buffer = buffer
        self._is_stopped = False
        self._target = b""
        self._headers: dict[str, str] = {}
        self._start_over()

    def place(self) -> memoryview:
        """Where the next bytes go."""
        if self._place is not None:
            return self._place[self._filled :]
        return memoryview(self._buffer)

    def received(self, count: int) -> None:
        """So many bytes have come there."""
        if self._is_stopped:
            return
        if self._place is None:
            self._feed(memoryview(self._buffer)[:count])
            return
        self._filled += count
        assert self._request is not None
        self._owner.on_body(self._request)
        if self._filled == self._length:
            self._place.release()
            request = self._request
            self._start_over()
            self._owner.on_request(request)

    def stop(self) -> None:
        """Ignores all that still comes."""
        self._is_stopped = True
        if self._request is not None and self._request.reception is not None:
            self._request.reception.break_off()

    # What the parser tells -----------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """A request begins."""
        self._target = b""
        self._headers = {}
        self._head_size = 0
        if not self._is_stopped:
            self._owner.on_begin()

    def on_url(self, url: bytes) -> None:
        """A part of the request's target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer."""
        headers = self._headers if self._request is None else self._request.trailers
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        known = headers.get(key)
        headers[key] = text if known is None else f"{known},{text}"

    def on_headers_complete(self) -> None:
        """The head is whole."""
        if self._is_stopped:
            return
        path, _, query = self._target.decode("latin-1").partition("?")
        method = self._parser.get_method().decode("latin-1")
        keep_alive = self._parser.should_keep_alive()
        self._request = Request(method, path, query, self._headers, keep_alive, bytearray())
        self._length = int(self._headers.get("content-length", 0))
        if self._request.is_chunked and self._parser.should_upgrade():
            # The parser would leave the chunks to whatever it is upgraded to.
            self._owner.on_malformed()
            return
        self._owner.on_head(self._request, self._length)

    def on_body(self, body: bytes) -> None:
        """A part of a body."""
        if self._is_stopped or self._request is None:
            return
        self._head_size = 0
        self._take(self._request, body)
        self._owner.on_body(self._request)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._parser.should_upgrade() and self._length:
            # Said too early: the parser leaves the body to whatever it is upgraded to.
            return
        request, self._request = self._request, None
        if not self._is_stopped and request is not None:
            self._owner.on_request(request)

    # Inside --------------------------------------------------------------------------------------

    def _take(self, request: Request, part: bytes) -> None:
        if request.reception is not None and request.reception.takes_parts:
            request.reception.take(part)
        else:
            request.body += part

    def _start_over(self) -> None:
        """A parser for the next request; the one before has not seen the end of its body."""
        self._parser = httptools.HttpRequestParser(self)
        self._request = None
        self._place = None
        self._head_size = 0
        self._length = 0
        self._filled = 0

    def _ignore_upgrade(self, rest: memoryview) -> None:
        """There is nothing to upgrade to: such a request is answered like any other."""
        request, length = self._request, self._length
        self._start_over()
        if request is not None:
            self._take(request, bytes(rest[:length]))
            missing = length - len(rest)
            rest = rest[length:]
            if missing > 0:
                self._request, self._length = request, length
            else:
                self._owner.on_request(request)
        if rest and not self._is_stopped:
            self._feed(rest)

    def _feed(self, data: memoryview) -> None:
        self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._owner.on_malformed()
        if self._is_stopped:
            return
        request = self._request
        if self._head_size > self._head_limit:
            self._owner.on_malformed()
        elif request is None or (request.reception is not None and request.reception.takes_parts):
            return
        elif self._length > len(request.body):
            begun, request.body = request.body, bytearray(self._length)
            request.body[: len(begun)] = begun
            self._place = memoryview(request.body)
            self._filled = len(begun)
