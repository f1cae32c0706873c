"""One request to a function, from its event to its outcome."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from lambda_tui.engine.events import Report

InvocationStatus = Literal["pending", "running", "success", "error", "timeout", "throttled"]
Payload = bytes | bytearray
"""An event's JSON; a bytearray that was received in place is not copied, and never changed."""

_KEPT_OF_STREAM = 6 << 20

_TRACED = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;|$)")
_SAMPLED = re.compile(r"(?:^|;)Sampled=([01?])(?:;|$)")


class Refusal(NamedTuple):
    """An error of the service's own, by AWS's name."""

    name: str
    message: str


class Invocation:
    """A request: its id and event, who serves it, its outcome and report."""

    def __init__(
        self,
        function: str,
        number: int,
        payload: Payload,
        *,
        request_id: str | None = None,
        client_context: str | None = None,
        qualifier: str | None = None,
        trace_header: str | None = None,
        is_streamed: bool = False,
    ) -> None:
        self.request_id = request_id or new_request_id()
        self.client_context = client_context
        """JSON text from the caller, as ``X-Amz-Client-Context`` carries it in base64."""
        self.qualifier = qualifier
        """The version or alias as the caller wrote it; part of the invoked ARN."""
        self.trace_id = _trace_id(trace_header)
        """As ``_X_AMZN_TRACE_ID`` has it: of the caller's trace, if it sent one; else unsampled."""
        self.function = function
        self.number = number
        """Counted from 1 within the function."""
        self.payload = payload
        """The event, as JSON bytes."""
        self.is_streamed = is_streamed
        """Whether the caller takes the response part by part."""
        self.content_type: str | None = None
        """Of the response, where the runtime names it."""
        self.environment_id: str | None = None
        """Of the environment that serves it, once there is one."""
        self.status: InvocationStatus = "pending"
        self.cold_start = False
        self.started = time.time()
        self.response: bytes | None = None
        """The result, or the error payload, as JSON bytes."""
        self.function_error: str | None = None
        """``Unhandled`` when the function failed, as in ``X-Amz-Function-Error``."""
        self.refusal: Refusal | None = None
        """Why the service has not taken it, if so."""
        self.report: Report | None = None
        """What it cost; None until it is over, and for one that no environment took."""
        self.on_part: Callable[[bytes], None] | None = None
        """Is given the parts of a streamed response as they come."""
        self._parts = bytearray()
        self._is_over = False
        self._when_over: list[Callable[[Invocation], None]] = []
        self._when_answered: list[Callable[[Invocation], None]] = []

    @property
    def is_over(self) -> bool:
        """Whether the outcome is known."""
        return self._is_over

    async def wait(self) -> None:
        """Waits until it is over."""
        over = asyncio.Event()
        self.when_over(lambda _: over.set())
        await over.wait()

    def when_over(self, tell: Callable[[Invocation], None]) -> None:
        """Calls once it is over, now if it is; what is called must not block or raise."""
        if self._is_over:
            tell(self)
        else:
            self._when_over.append(tell)

    def when_answered(self, tell: Callable[[Invocation], None]) -> None:
        """Calls once the response is there, which extensions may outlast, as ``when_over``."""
        if self.response is not None:
            tell(self)
        else:
            self._when_answered.append(tell)

    def add_part(self, part: bytes, content_type: str) -> None:
        """Hands on a part of a streamed response; what fits is kept as the response too."""
        self.content_type = self.content_type or content_type
        if len(self._parts) + len(part) <= _KEPT_OF_STREAM:
            self._parts += part
        if self.on_part is not None:
            self.on_part(part)

    def answer(self, status: InvocationStatus, response: bytes) -> None:
        """Sets what the caller gets; a later answer is ignored."""
        if self.response is not None:
            return
        self.status = status
        self.response = bytes(self._parts) if self._parts and status == "success" else response
        if status in ("error", "timeout"):
            self.function_error = "Unhandled"
        tell_all, self._when_answered = self._when_answered, []
        for tell in tell_all:
            tell(self)

    def finish(
        self, status: InvocationStatus, response: bytes, report: Report | None = None
    ) -> None:
        """Ends it, with this answer if it has none yet; a later end is ignored."""
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
        """Ends it as a request that the service does not take; no function has failed."""
        self.refusal = refusal
        body = json.dumps({"Type": "User", "message": refusal.message})
        self.finish("error", body.encode())
        self.function_error = None

    @property
    def duration_ms(self) -> float | None:
        """Of the Invoke phase."""
        return self.report.duration_ms if self.report else None

    @property
    def billed_duration_ms(self) -> int | None:
        """Init included, rounded up."""
        return self.report.billed_duration_ms if self.report else None

    @property
    def init_duration_ms(self) -> float | None:
        """Of the Init phase that this invocation waited for, if any."""
        return self.report.init_duration_ms if self.report else None

    @property
    def restore_duration_ms(self) -> float | None:
        """Of the Restore phase that this invocation waited for, if any."""
        return self.report.restore_duration_ms if self.report else None

    @property
    def max_memory_used_mb(self) -> int | None:
        """Peak since the environment's last init."""
        return self.report.max_memory_used_mb if self.report else None


def new_request_id() -> str:
    """A random UUID. Nobody has to be kept from guessing it, so it costs no system call."""
    digits = f"{random.getrandbits(128):032x}"
    variant = "89ab"[random.getrandbits(2)]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def _trace_id(header: str | None) -> str:
    """A segment of its own in the trace that the header names, or in a new one."""
    parent = f"{random.getrandbits(64):016x}"
    traced = _TRACED.search(header) if header else None
    if header is None or traced is None:
        root = f"1-{int(time.time()):08x}-{random.getrandbits(96):024x}"
        return f"Root={root};Parent={parent};Sampled=0"
    sampled = _SAMPLED.search(header)
    return f"Root={traced[1]};Parent={parent};Sampled={sampled[1] if sampled else '0'}"


def error_payload(error_type: str, message: str) -> bytes:
    """The payload of an error that the service itself makes, such as a timeout."""
    return json.dumps(
        {"errorType": error_type, "errorMessage": message}, separators=(",", ":")
    ).encode()
