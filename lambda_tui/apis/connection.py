"""One client's connection: requests in, responses out, one after the other, in bounded time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol, cast

from lambda_tui.apis.message import Reception, Request, Response
from lambda_tui.apis.reader import RequestReader

HEAD_SECONDS = 10.0
"""From a request's first byte to the end of its headers."""
BODY_SECONDS = 20.0
"""Without a byte of the body."""
IDLE_SECONDS = 60.0
"""Without a request, and for a client that does not take its answer."""
_FAREWELL_SECONDS = 10.0
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Answer = Callable[[Response], None]


class Application(Protocol):
    """What is served."""

    head_limit: int
    """Bytes of a request line with its headers."""

    def refusal(self, request: Request, size: int) -> Response | None:
        """Why a request is not taken, by its head and the size that its body has."""

    def reception(self, request: Request, size: int) -> Reception | None:
        """Who is to know of a request that is taken, from its head on."""

    def handle(self, request: Request, answer: Answer) -> Callable[[], object] | None:
        """Answers a request, now or later; must not block.

        What it returns is called if the client leaves before; None where what it asked for goes on.
        """

    def malformed(self) -> Response:
        """The answer to what is no HTTP."""

    def failed(self, error: Exception) -> Response:
        """The answer when ``handle`` raised."""


class Connections(Protocol):
    """Where connections are known."""

    @property
    def buffer(self) -> bytearray:
        """What any of them receives into; it is used up before the next one does."""

    def add(self, connection: Connection) -> None:
        """One has come."""

    def discard(self, connection: Connection) -> None:
        """One has gone."""


class Connection(asyncio.BufferedProtocol):
    """Has each request answered in its turn; a client that leaves disturbs nobody."""

    def __init__(self, application: Application, connections: Connections) -> None:
        self.patience = IDLE_SECONDS
        """Seconds after which it is closed unless something happens, or a request is answered."""
        self.is_busy = False
        """Whether a request is being answered."""
        self._application = application
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._reader = RequestReader(self, connections.buffer, application.head_limit)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[Request] = deque()
        self._give_up: Callable[[], object] | None = None
        """What to call if the client leaves before its answer."""
        self._is_closing = False
        self._is_full = False
        self._is_dispatching = False

    @property
    def is_serving(self) -> bool:
        """Whether a request has come whole and is not answered yet."""
        return self.is_busy or bool(self._waiting)

    def close_when_idle(self) -> None:
        """Takes no further request: closes now, or when it has answered."""
        self._is_closing = True
        if not self.is_serving and self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Closes at once."""
        if self._transport is not None:
            self._transport.abort()

    # What asyncio tells --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        # Every loop's is one by what it can do, and not all are by class.
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone; what it asked for goes on, unless it was to wait for something."""
        self._transport = None
        if self.is_busy and self._give_up is not None:
            self._give_up()
        self._forget_waiting()
        self._reader.stop()
        self._connections.discard(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go."""
        return self._reader.place()

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes have come."""
        self._reader.received(nbytes)

    def eof_received(self) -> bool:
        """The client sends no more, but may still wait for an answer."""
        self._is_closing = True
        return self.is_serving and self._give_up is None

    def pause_writing(self) -> None:
        """The client is slow to take its answer."""
        self._is_full = True
        self.patience = IDLE_SECONDS

    def resume_writing(self) -> None:
        """It has taken it."""
        self._is_full = False
        self._dispatch()

    # What the reader tells -----------------------------------------------------------------------

    def on_begin(self) -> None:
        """A request begins."""
        self.patience = HEAD_SECONDS

    def on_head(self, request: Request, size: int) -> None:
        """The request is taken or refused by its head."""
        self.patience = BODY_SECONDS
        refused = self._application.refusal(request, size)
        if refused is not None:
            self._refuse(refused)
            return
        request.reception = self._application.reception(request, size)
        if request.headers.get("expect") == "100-continue" and self._transport is not None:
            self._transport.write(_CONTINUE)

    def on_body(self, request: Request) -> None:
        """A part of its body: the size of a chunked one shows only now."""
        self.patience = BODY_SECONDS
        if request.headers.get("transfer-encoding") is not None:
            refused = self._application.refusal(request, len(request.body))
            if refused is not None:
                self._refuse(refused)

    def on_request(self, request: Request) -> None:
        """It is whole, and answered in its turn."""
        if self._is_closing:
            return
        self._waiting.append(request)
        self._dispatch()
        if self._waiting and self._transport is not None:
            self._transport.pause_reading()

    def on_malformed(self) -> None:
        """No HTTP."""
        self._refuse(self._application.malformed())

    # Inside --------------------------------------------------------------------------------------

    def _dispatch(self) -> None:
        """Has waiting requests answered, in their order, one at a time."""
        if self._is_dispatching:
            return
        self._is_dispatching = True
        while self._waiting and not self.is_busy and not self._is_full:
            request = self._waiting.popleft()
            self.is_busy = True
            answer = partial(self._answer, request)
            try:
                self._give_up = self._application.handle(request, answer)
            except Exception as error:
                answer(self._application.failed(error))
        self._is_dispatching = False
        if not self._waiting and self._transport is not None and not self._is_closing:
            self._transport.resume_reading()

    def _answer(self, request: Request, response: Response) -> None:
        if not self.is_busy:
            return
        keep_alive = request.keep_alive and (bool(self._waiting) or not self._is_closing)
        for piece in response.pieces(keep_alive):
            self._write(piece)
        if response.parts is None:
            self._finish(keep_alive)
        else:
            response.parts.connect(self._write, partial(self._finish, keep_alive))

    def _write(self, piece: bytes | bytearray) -> None:
        if self._transport is not None:
            self._transport.write(piece)

    def _finish(self, keep_alive: bool) -> None:
        """A request is answered: the next one has its turn."""
        self.is_busy = False
        self._give_up = None
        self.patience = IDLE_SECONDS
        if self._transport is None:
            return
        if keep_alive and self._waiting:
            # Not within this call: what has just answered may not be free yet.
            self._loop.call_soon(self._dispatch)
        elif not keep_alive:
            self._is_closing = True
            self._forget_waiting()
            self._transport.close()

    def _refuse(self, response: Response) -> None:
        """Answers, hears no more, and closes when the client has had time to read why."""
        self._reader.stop()
        self._is_closing = True
        self._forget_waiting()
        # A request before it that is being answered goes first, and is the last.
        if self.is_busy or self._transport is None:
            return
        for piece in response.pieces(keep_alive=False):
            self._transport.write(piece)
        self.patience = _FAREWELL_SECONDS
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _forget_waiting(self) -> None:
        for request in self._waiting:
            if request.reception is not None:
                request.reception.break_off()
        self._waiting.clear()
