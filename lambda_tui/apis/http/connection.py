"""One client's connection: its requests are parsed and answered in turn, within bounded time."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol, cast

import httptools

from lambda_tui.apis.http.message import Request, Response

HEAD_SECONDS = 10.0
"""From a request's first byte to the end of its headers."""
BODY_SECONDS = 20.0
"""Between two parts of a body."""
IDLE_SECONDS = 60.0
"""Between two requests, and for a client that does not read its response."""
_LINGER_SECONDS = 10.0
"""For a client whose request was refused to read why."""
_MOST_AHEAD = 16
"""Requests that wait for their turn while more are read."""
_LARGE_BODY = 1 << 16
"""Bytes of a waiting request's body with which no more are read."""
_logger = logging.getLogger(__name__)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Answer = Callable[[Response], None]
"""Sends the response to a request."""
Cancel = Callable[[], object]
"""Gives up a request whose client has left before its response."""


class Application(Protocol):
    """An API that a server serves."""

    head_limit: int
    """The most bytes that a request line with its headers may have."""

    def refusal(self, request: Request, size: int) -> Response | None:
        """Return the response that refuses a request by its head; None accepts it.

        ``size`` is that of the body in bytes. For a chunked body it is what has arrived so far, and
        the method is called again for each part.
        """

    def accept(self, request: Request, size: int) -> None:
        """Prepare an accepted request, whose head is complete, for its body."""

    def handle(self, request: Request, answer: Answer) -> Cancel | None:
        """Answer a complete request, now or later; must not block.

        Returns what to call if the client leaves before the response; None for a request whose
        work goes on all the same.
        """

    def malformed(self) -> Response:
        """Return the response to bytes that are not HTTP."""

    def failed(self, error: Exception) -> Response:
        """Return the response to a request whose ``handle`` has raised an error."""


class Connection(asyncio.BufferedProtocol):
    """A client's connection. Requests are answered one after the other, in their order."""

    def __init__(
        self,
        application: Application,
        buffer: bytearray,
        on_open: Callable[[Connection], None],
        on_close: Callable[[Connection], None],
    ) -> None:
        """Receive into ``buffer``, which connections share: each empties it as it is filled."""
        self.seconds_left = IDLE_SECONDS
        """Until the connection is closed, unless something arrives or a request is being answered.

        The server counts it down.
        """
        self.is_busy = False
        """Whether a request is being answered."""
        self._application = application
        self._on_open = on_open
        self._on_close = on_close
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader(self, buffer, application.head_limit)
        self._transport: asyncio.Transport | None = None
        self._is_receiving = False
        """Whether a request has begun to arrive and is not complete."""
        self._was_idle = False
        """Whether it was idle when the server last looked for room, and has been since."""
        self._waiting: deque[Request] = deque()
        """Complete requests whose turn has not come."""
        self._owes_continue = False
        """Whether a client waits to be told to send its body."""
        self._cancel: Cancel | None = None
        """Gives up the request that is being answered."""
        self._is_closing = False
        self._has_said_all = False
        """Whether the client sends no more: it may have left."""
        self._is_full = False
        self._is_dispatching = False

    @property
    def is_serving(self) -> bool:
        """Whether a complete request has not been answered yet."""
        return self.is_busy or bool(self._waiting)

    def close_when_idle(self) -> None:
        """Take no further request, and close once every one has been answered."""
        self._is_closing = True
        if not self.is_serving and self._transport is not None:
            self._transport.close()

    def close_if_still_idle(self) -> None:
        """Make room for another client, unless a request has come since the last call of this.

        A client that has just connected has its request under way; so may one that was just
        answered.
        """
        is_idle = not self._is_receiving and not self.is_serving
        if is_idle and self._was_idle and self._transport is not None:
            self._transport.close()
        self._was_idle = is_idle

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    # Called by asyncio ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to serve a client."""
        # uvloop's transports behave like asyncio's but are not instances of its classes.
        self._transport = cast(asyncio.Transport, transport)
        self._on_open(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give up what only the client was waiting for."""
        self._transport = None
        if self.is_busy and self._cancel is not None:
            self._cancel()
        self._cancel = None
        self._forget_waiting()
        self._reader.release()
        self._on_close(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where to write the next bytes."""
        return self._reader.buffer()

    def buffer_updated(self, nbytes: int) -> None:
        """Read the bytes that have been written there."""
        self._reader.advance(nbytes)

    def eof_received(self) -> bool:
        """Keep the connection open for a client that sends no more but waits for a response."""
        self._is_closing = self._has_said_all = True
        return self.is_serving and self._cancel is None

    def pause_writing(self) -> None:
        """Start no further response while the client is slow to read this one."""
        self._is_full = True
        self.seconds_left = IDLE_SECONDS

    def resume_writing(self) -> None:
        """Go on with the waiting requests."""
        self._is_full = False
        self._dispatch()

    # Called by the reader ------------------------------------------------------------------------

    def on_begin(self) -> None:
        """Start the time limit of a request's head."""
        self.seconds_left = HEAD_SECONDS
        self._is_receiving = True
        self._was_idle = False

    def on_head(self, request: Request, size: int) -> None:
        """Accept or refuse a request by its head."""
        self.seconds_left = BODY_SECONDS
        refusal = self._application.refusal(request, size)
        if refusal is not None:
            self._refuse(refusal, request)
            return
        self._application.accept(request, size)
        expected = request.headers.get("expect")
        if expected is not None and expected.lower() == "100-continue":
            self._owes_continue = True
            self._continue()

    def on_body(self, request: Request) -> None:
        """Check the size of a chunked body, which no header has announced, as it grows."""
        self.seconds_left = BODY_SECONDS
        if request.headers.get("transfer-encoding") is not None:
            refusal = self._application.refusal(request, len(request.body))
            if refusal is not None:
                self._refuse(refusal, request)

    def on_request(self, request: Request) -> None:
        """Answer a complete request when its turn has come."""
        self._is_receiving = self._owes_continue = False
        if self._is_closing:
            return
        self._waiting.append(request)
        self._dispatch()
        # A client that sends far ahead of its responses is not read before they have been written.
        # One that is not read could hang up unnoticed.
        is_ahead = len(self._waiting) > _MOST_AHEAD or len(request.body) > _LARGE_BODY
        if self._waiting and is_ahead and self._transport is not None:
            self._transport.pause_reading()

    def on_malformed(self) -> None:
        """Refuse bytes that are not HTTP, or a head that is too long."""
        self._refuse(self._application.malformed())

    def on_failure(self, error: Exception) -> None:
        """Answer a request in whose head or body a defect has shown."""
        self._refuse(self._application.failed(error))

    # Inside --------------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        """Have the waiting requests answered, in their order, one at a time."""
        if self._is_dispatching:
            return
        self._is_dispatching = True
        while self._waiting and not self.is_busy and not self._is_full:
            request = self._waiting.popleft()
            self.is_busy = True
            answer = partial(self._answer, request)
            try:
                self._cancel = self._application.handle(request, answer)
            except Exception as error:
                answer(self._application.failed(error))
            if self._has_said_all and self.is_busy and self._cancel is not None:
                self.abort()
        self._is_dispatching = False
        if not self._waiting and self._transport is not None and not self._is_closing:
            self._transport.resume_reading()

    def _answer(self, request: Request, response: Response) -> None:
        if not self.is_busy:
            return
        keep_alive = request.keep_alive and (bool(self._waiting) or not self._is_closing)
        for piece in response.pieces(keep_alive, is_body_wanted=request.method != "HEAD"):
            self._write(piece)
        if response.chunks is None:
            self._finish(keep_alive)
        else:
            response.chunks.connect(self._write, partial(self._finish, keep_alive))

    def _write(self, piece: bytes | bytearray) -> None:
        if self._transport is not None:
            self._transport.write(piece)

    def _finish(self, keep_alive: bool) -> None:
        """Let the next request have its turn, or close the connection."""
        self.is_busy = False
        self._cancel = None
        self.seconds_left = IDLE_SECONDS
        if self._transport is None:
            return
        if keep_alive and self._waiting:
            # Not within this call: whatever has just answered, such as an environment, may not be
            # free for the next request before it returns.
            self._loop.call_soon(self._dispatch)
        elif not keep_alive:
            self._is_closing = True
            self._forget_waiting()
            self._transport.close()
        else:
            self._continue()

    def _continue(self) -> None:
        """Tell a client to send its body, unless an earlier request has not been answered yet."""
        if self._owes_continue and not self.is_serving and self._transport is not None:
            self._owes_continue = False
            self._transport.write(_CONTINUE)

    def _refuse(self, response: Response, request: Request | None = None) -> None:
        """Answer, read no more, and close when the client has had time to read the response."""
        _logger.debug("refused a request with status %d", response.status)
        self._reader.stop()
        self._is_closing = True
        self._is_receiving = False
        self._forget_waiting()
        # An earlier request that is being answered comes first, and its response is the last.
        if self.is_busy or self._transport is None:
            return
        is_body_wanted = request is None or request.method != "HEAD"
        for piece in response.pieces(keep_alive=False, is_body_wanted=is_body_wanted):
            self._transport.write(piece)
        self.seconds_left = _LINGER_SECONDS
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _forget_waiting(self) -> None:
        for request in self._waiting:
            if request.on_abort is not None:
                request.on_abort()
        self._waiting.clear()


class RequestReader:
    """Makes requests of the bytes that a connection receives.

    Heads and chunked bodies go through the parser. A body of known length is received into place:
    it needs neither the parser nor a copy.
    """

    _parser: httptools.HttpRequestParser
    _request: Request | None
    """The request whose head is complete and whose body is not."""
    _place: memoryview | None
    """Where the body of that request is received, if its length is known."""

    def __init__(self, connection: Connection, buffer: bytearray, head_limit: int) -> None:
        """``head_limit`` is in bytes, of a request line with its headers or of a chunk's head."""
        self._connection = connection
        self._head_limit = head_limit
        self._buffer = buffer
        self._is_stopped = False
        self._target = b""
        self._headers: dict[str, str] = {}
        self._start_over()

    def buffer(self) -> memoryview:
        """Return where to write the next bytes."""
        if self._place is not None:
            return self._place[self._filled :]
        return memoryview(self._buffer)

    def advance(self, count: int) -> None:
        """Read as many bytes as have been written there."""
        if self._is_stopped:
            return
        if self._place is None:
            self._feed(memoryview(self._buffer)[:count])
            return
        self._filled += count
        assert self._request is not None
        self._connection.on_body(self._request)
        if self._filled == self._length:
            self._place.release()
            request = self._request
            self._start_over()
            self._connection.on_request(request)

    def stop(self) -> None:
        """Ignore everything from now on."""
        self._is_stopped = True
        if self._request is not None and self._request.on_abort is not None:
            self._request.on_abort()

    def release(self) -> None:
        """Let go of the connection, which is lost."""
        self.stop()
        del self._parser, self._connection

    # Called by the parser ------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._target = b""
        self._headers = {}
        self._head_size = 0
        if not self._is_stopped:
            self._connection.on_begin()

    def on_url(self, url: bytes) -> None:
        """Add a part of the request's target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header, or a trailer."""
        headers = self._headers if self._request is None else self._request.trailers
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        known = headers.get(key)
        headers[key] = text if known is None else f"{known},{text}"

    def on_headers_complete(self) -> None:
        """Hand over the head."""
        if self._is_stopped:
            return
        target = self._target.decode("latin-1")
        if not target.startswith("/"):
            target = self._origin_form(target)
        path, _, query = target.partition("?")
        method = self._parser.get_method().decode("latin-1")
        keep_alive = self._parser.should_keep_alive()
        if not keep_alive and not self._is_known_version():
            self._connection.on_malformed()
            return
        self._request = Request(method, path, query, self._headers, keep_alive, bytearray())
        self._length = int(self._headers.get("content-length", 0))
        if self._request.is_chunked and (
            # The parser would leave the chunks to the protocol that it is asked to upgrade to.
            self._parser.should_upgrade()
            # It undoes no other coding.
            or self._headers["transfer-encoding"].lower() != "chunked"
        ):
            self._connection.on_malformed()
            return
        self._connection.on_head(self._request, self._length)

    def on_body(self, body: bytes) -> None:
        """Add a part of the body."""
        if self._is_stopped or self._request is None:
            return
        self._head_size = 0
        _add_part(self._request, body)
        self._connection.on_body(self._request)

    def on_message_complete(self) -> None:
        """Hand over the complete request."""
        if self._parser.should_upgrade() and self._length:
            # The parser says so too early: it leaves the body to the protocol to upgrade to.
            return
        request, self._request = self._request, None
        if not self._is_stopped and request is not None:
            self._connection.on_request(request)

    # Inside --------------------------------------------------------------------------------------

    def _start_over(self) -> None:
        """Make a parser for the next request: this one has not been fed the end of the body."""
        self._parser = httptools.HttpRequestParser(self)
        self._request = None
        self._place = None
        self._head_size = 0
        self._length = 0
        self._filled = 0

    def _origin_form(self, target: str) -> str:
        """Return the path and the query of an absolute target, as it is sent to a proxy.

        The host in it counts like a Host header; one that has another name makes two of them.
        """
        scheme, _, rest = target.partition("://")
        if scheme.lower() != "http":
            return target
        authority = rest.partition("/")[0].partition("?")[0]
        named = self._headers.setdefault("host", authority)
        if named.lower() != authority.lower():
            self._headers["host"] = f"{named},{authority}"
        path = rest[len(authority) :]
        return path if path.startswith("/") else f"/{path}"

    def _is_known_version(self) -> bool:
        """Return whether a request is of HTTP 1; a client of 1.0 knows nothing of 100."""
        version = self._parser.get_http_version()
        if version == "1.0":
            self._headers.pop("expect", None)
        return version in ("1.0", "1.1")

    def _ignore_upgrade(self, rest: memoryview) -> memoryview:
        """Go on as with any other request: there is no protocol to upgrade to.

        Returns what follows the request.
        """
        request, length = self._request, self._length
        self._start_over()
        if request is not None:
            _add_part(request, bytes(rest[:length]))
            missing = length - len(rest)
            rest = rest[length:]
            if missing > 0:
                self._request, self._length = request, length
            else:
                self._connection.on_request(request)
        return rest

    def _feed(self, data: memoryview) -> None:
        # The requests in one piece of data are as many as fit into it: no call for each of them.
        while data and not self._is_stopped:
            data = self._parse(data)

    def _fail(self, error: httptools.HttpParserError) -> None:
        if isinstance(error, httptools.HttpParserCallbackError):
            self._connection.on_failure(cast(Exception, error.__context__))
        else:
            self._connection.on_malformed()

    def _parse(self, data: memoryview) -> memoryview:
        """Have the parser read on, and return what it has left."""
        rest = data[len(data) :]
        self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            rest = self._ignore_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            # A request that was refused already is parsed on, to the end of this piece.
            if not self._is_stopped:
                self._fail(error)
        if self._is_stopped:
            return rest
        request = self._request
        if self._head_size > self._head_limit:
            self._connection.on_malformed()
        elif request is None or request.on_part is not None:
            return rest
        elif self._length > len(request.body):
            begun, request.body = request.body, bytearray(self._length)
            request.body[: len(begun)] = begun
            self._place = memoryview(request.body)
            self._filled = len(begun)
        return rest


def _add_part(request: Request, part: bytes) -> None:
    if request.on_part is not None:
        request.on_part(part)
    else:
        request.body += part
