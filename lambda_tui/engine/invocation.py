"""One request to a function, from its event to its outcome."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from lambda_tui.engine.events import Report
from lambda_tui.project.function import LATEST, TracingMode

InvocationStatus = Literal["pending", "running", "success", "error", "timeout", "throttled"]
Payload = bytes | bytearray
"""The JSON of an event. A bytearray that was received in place is neither copied nor changed."""

TRUNCATED_RESPONSE = "Runtime.TruncatedResponse"
"""Error type of a response that has broken off."""
TENANT_ID = re.compile(r"[a-zA-Z0-9\._:\/=+\-@ ]+")
"""The pattern that AWS quotes in its errors."""

_KEPT_OF_STREAM = 6 << 20
_PARTS = 10_000
"""Parts of a streamed response whose times are kept."""
REMEMBERED_INVOCATIONS = 200
REMEMBERED_BYTES = 8 << 20
"""Bytes of remembered events and responses together, without those of the last invocation.

The memory of one that is forgotten serves the next event; fresh memory would be slower.
"""
_BULKY = 1 << 16

_TRACED = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")
_SAMPLED = re.compile(r"(?:^|;)Sampled=([01?])(?:;|$)")


class Caller(NamedTuple):
    """Whoever asked for an invocation."""

    name: str
    """``key``, ``API``, ``command``, ``asynchronous`` or ``destination of <function>``."""
    attempt: int = 0
    """The number of this attempt of an asynchronous invocation, counted from 1; 0 for others."""
    attempts: int = 0
    """The attempts that an asynchronous invocation gets at most."""


COMMAND = Caller("command")
"""The user, by a command of lambda-tui."""
KEY = Caller("key")
"""The user, by a key of the screen."""
API = Caller("API")
"""A client of the Lambda API."""


class Refusal(NamedTuple):
    """An error of the service itself, by AWS's name."""

    name: str
    message: str


class Part(NamedTuple):
    """A part of a streamed response."""

    at: float
    """Seconds since the epoch at which it arrived."""
    end: int
    """Bytes of the response up to its end."""


class Invocation:
    """A request: its id and event, the environment that serves it, its outcome and report."""

    def __init__(
        self,
        function: str,
        number: int,
        payload: Payload,
        *,
        caller: Caller = COMMAND,
        request_id: str | None = None,
        client_context: str | None = None,
        qualifier: str | None = None,
        version: str = LATEST,
        tenant_id: str | None = None,
        trace_header: str | None = None,
        tracing: TracingMode = "PassThrough",
        on_part: Callable[[bytes], None] | None = None,
    ) -> None:
        self.caller = caller
        self.request_id = request_id or new_request_id()
        self.client_context = client_context
        """JSON text from the caller, which ``X-Amz-Client-Context`` carries in base64."""
        self.qualifier = qualifier
        """Version or alias named by the caller; part of the invoked ARN."""
        self.version = version
        """The version that serves it."""
        self.tenant_id = tenant_id
        """The tenant that it is for, where the function's environments are isolated by tenant."""
        self.trace_id = _trace_id(trace_header, tracing)
        """In the form of ``_X_AMZN_TRACE_ID``: of the caller's trace, or of a new one."""
        self.function = function
        self.number = number
        """Counted from 1 within the function."""
        self.payload = payload
        """The event as JSON."""
        self.on_part = on_part
        """Receives the parts of a streamed response as they arrive."""
        self.is_streamed = on_part is not None
        """Whether the caller takes the response in parts."""
        self.content_type: str | None = None
        """Content type of the response, where the runtime names it."""
        self.environment_id: str | None = None
        """Id of the environment that serves it, once there is one."""
        self.environment: int | None = None
        """The number of that environment within the function."""
        self.status: InvocationStatus = "pending"
        self.cold_start = False
        self.cold_because = ""
        """One clause on why it waited for an Init: ``env 1 was busy with #10``."""
        self.started = time.time()
        self.response: bytes | None = None
        """The result, or the error payload, as JSON."""
        self.function_error: str | None = None
        """``Unhandled`` when the function failed, as in ``X-Amz-Function-Error``."""
        self.is_truncated = False
        """Whether the response has broken off: its runtime began it and never ended it."""
        self.refusal: Refusal | None = None
        """Why the service has not accepted it, if so."""
        self.report: Report | None = None
        """The REPORT; None until it is over, and if no environment served it."""
        self.parts: list[Part] = []
        """The parts of a streamed response so far, of which a very long one has more."""
        self.streamed_bytes = 0
        """Bytes of a streamed response so far, of which the first 6 MB are kept."""
        self._parts = bytearray()
        self._when_part: tuple[Callable[[], None], ...] = ()
        self._is_over = False
        self._when_over: list[Callable[[Invocation], None]] = []
        self._when_answered: list[Callable[[Invocation], None]] = []

    @property
    def is_over(self) -> bool:
        """Whether the outcome is known."""
        return self._is_over

    def assign(self, environment_id: str, environment: int, cold_because: str) -> None:
        """Note the environment that serves it, and why it waits for an Init, if it does."""
        self.environment_id = environment_id
        self.environment = environment
        # One that waits for an Init which fails is assigned again: the first reason is the reason.
        self.cold_because = self.cold_because or cold_because
        self.cold_start = bool(self.cold_because)

    def begin(self) -> None:
        """Note that the runtime has received it."""
        self.status = "running"

    async def wait(self) -> None:
        """Wait until it is over."""
        over = asyncio.Event()
        self.when_over(lambda _: over.set())
        await over.wait()

    def when_over(self, tell: Callable[[Invocation], None]) -> None:
        """Call back when it is over, at once if it is; the callback must not block or raise."""
        if self._is_over:
            tell(self)
        else:
            self._when_over.append(tell)

    def when_answered(self, tell: Callable[[Invocation], None]) -> None:
        """Call back when the response is there, which extensions may outlast; see ``when_over``."""
        if self.response is not None:
            tell(self)
        else:
            self._when_answered.append(tell)

    def when_part(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call back for each part of a streamed response; return a function that ends it.

        The callback must not block or raise.
        """
        self._when_part = (*self._when_part, tell)

        def stop() -> None:
            self._when_part = tuple(one for one in self._when_part if one is not tell)

        return stop

    @property
    def streamed(self) -> bytes:
        """The beginning of a streamed response, as far as it has arrived and is kept."""
        return bytes(self._parts)

    def add_part(self, part: bytes, content_type: str) -> None:
        """Pass on a part of a streamed response, and keep it as long as it fits."""
        self.content_type = self.content_type or content_type
        # Nothing is kept behind a part that did not fit: there would be a hole.
        if len(self._parts) == self.streamed_bytes:
            self._parts += part[: _KEPT_OF_STREAM - len(self._parts)]
        self.streamed_bytes += len(part)
        if len(self.parts) < _PARTS:
            self.parts.append(Part(time.time(), self.streamed_bytes))
        if self.on_part is not None:
            self.on_part(part)
        for tell in self._when_part:
            tell()

    def answer(
        self, status: InvocationStatus, response: bytes, *, is_truncated: bool = False
    ) -> None:
        """Set the response. Ignore a later one."""
        if self.response is not None:
            return
        self.status = status
        self.is_truncated = is_truncated
        self.response = bytes(self._parts) if self._parts and status == "success" else response
        if status in ("error", "timeout"):
            self.function_error = "Unhandled"
        tell_all, self._when_answered = self._when_answered, []
        for tell in tell_all:
            tell(self)

    def finish(
        self, status: InvocationStatus, response: bytes, report: Report | None = None
    ) -> None:
        """End it, with this response if it has none yet. Ignore a later end."""
        if self._is_over:
            return
        self.report = report
        if self.response is None:
            self.answer(status, response)
        self._is_over = True
        tell_all, self._when_over = self._when_over, []
        for tell in tell_all:
            tell(self)

    def refuse(self, refusal: Refusal) -> None:
        """End it as a request that the service does not accept; no function has failed."""
        self.refusal = refusal
        body = json.dumps({"Type": "User", "message": refusal.message})
        self.finish("error", body.encode())
        self.function_error = None

    @property
    def duration_ms(self) -> float | None:
        """Duration of the Invoke phase."""
        return self.report.duration_ms if self.report else None

    @property
    def billed_duration_ms(self) -> int | None:
        """Billed duration, which includes Init and is rounded up."""
        return self.report.billed_duration_ms if self.report else None

    @property
    def init_duration_ms(self) -> float | None:
        """Duration of the Init phase that this invocation waited for, if any."""
        return self.report.init_duration_ms if self.report else None

    @property
    def restore_duration_ms(self) -> float | None:
        """Duration of the Restore phase that this invocation waited for, if any."""
        return self.report.restore_duration_ms if self.report else None

    @property
    def max_memory_used_mb(self) -> int | None:
        """Peak of the environment since its last Init."""
        return self.report.max_memory_used_mb if self.report else None


class RecentInvocations:
    """The last invocations of a function, oldest first, bounded in number and in memory."""

    def __init__(self) -> None:
        self._all: deque[Invocation] = deque(maxlen=REMEMBERED_INVOCATIONS)

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._all)

    def __iter__(self) -> Iterator[Invocation]:
        """Iterate, oldest first."""
        return iter(self._all)

    def __getitem__(self, index: int) -> Invocation:
        """Return one by its index; the newest is at -1."""
        return self._all[index]

    def add(self, invocation: Invocation) -> None:
        """Remember one more, and forget as many of the oldest as there are too many."""
        self._all.append(invocation)
        invocation.when_over(self._forget_bulky)

    def _forget_bulky(self, last: Invocation) -> None:
        """Forget the oldest while their events and responses take too much memory."""
        if _size(last) < _BULKY:
            return
        total = sum(_size(invocation) for invocation in self._all)
        while total > REMEMBERED_BYTES and len(self._all) > 1:
            total -= _size(self._all.popleft())


def _size(invocation: Invocation) -> int:
    return len(invocation.payload) + len(invocation.response or b"")


def new_request_id() -> str:
    """Return a random UUID. It need not be unguessable, so it costs no system call."""
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[random.getrandbits(2)]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def with_trace_root(header: str | None) -> str:
    """Return the header of a caller's trace, or of a new one whose sampling nobody has decided."""
    return header if header and _TRACED.search(header) else f"Root={_trace_root()}"


def _trace_id(header: str | None, tracing: TracingMode) -> str:
    """Return a segment of its own in the trace that the header names, or in a new one.

    With active tracing Lambda samples what its caller has not decided. It takes one invocation a
    second at least; here every one is taken.
    """
    parent = f"{random.getrandbits(64):016x}"
    traced = _TRACED.search(header) if header else None
    sampled = _SAMPLED.search(header) if header and traced else None
    root = traced[1] if traced else _trace_root()
    if sampled and sampled[1] != "?":
        return f"Root={root};Parent={parent};Sampled={sampled[1]}"
    return f"Root={root};Parent={parent};Sampled={1 if tracing == 'Active' else 0}"


def _trace_root() -> str:
    return f"1-{int(time.time()):08x}-{random.getrandbits(96):024x}"


def truncated_payload(request_id: str) -> bytes:
    """Return the payload in place of a response that has broken off."""
    message = f"RequestId: {request_id} Error: The runtime's response was truncated"
    return error_payload(TRUNCATED_RESPONSE, message)


def error_payload(error_type: str, message: str) -> bytes:
    """Return the payload of an error of the service itself, such as a timeout."""
    return json.dumps(
        {"errorType": error_type, "errorMessage": message}, separators=(",", ":")
    ).encode()
