"""The Runtime API's state machine: which call a runtime may make when, and what the call means.

It produces the frames that a runtime at the end of a channel sends; ``apis`` serves it by HTTP. The
states and their names are those of AWS's own emulator. Those of SnapStart are absent: a runtime
behind this API is a program of its own, which nobody can fork here.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from lambda_tui import limits
from lambda_tui.engine.event_loop import released
from lambda_tui.engine.invocation import (
    TRUNCATED_RESPONSE,
    Payload,
    error_payload,
    new_request_id,
    truncated_payload,
)
from lambda_tui.engine.runtime_api.errors import ApiError
from lambda_tui.engine.wire import FrameKind, Message, RuntimeFrame

OnFrame = Callable[[RuntimeFrame], None]
GiveUp = Callable[[], None]


class RuntimeState(StrEnum):
    """The state of a runtime, by its calls. The values are AWS's words."""

    STARTED = "Started"
    """Running, without having asked for an event yet."""
    READY = "Ready"
    """Waiting for an event."""
    RUNNING = "Running"
    RESPONSE = "InvocationResponse"
    """Posting a response."""
    ERROR_RESPONSE = "InvocationErrorResponse"
    """Posting an error in place of a response."""
    RESPONSE_SENT = "RuntimeResponseSentState"
    """Done with its answer, and maybe still working."""
    INIT_ERROR = "InitError"


_MAY_ASK = frozenset(
    {RuntimeState.STARTED, RuntimeState.READY, RuntimeState.RUNNING, RuntimeState.RESPONSE_SENT}
)


@dataclass(frozen=True, slots=True)
class ApiEvent:
    """The answer to ``next``."""

    message: Message
    """The message that a runtime at the end of a channel receives."""
    payload: Payload
    invocation_id: str
    """Identifies this attempt: asynchronous retries have the same request id."""


class RuntimeApi:
    """One runtime process, from its start to the next reset."""

    def __init__(self, on_frame: OnFrame, state: RuntimeState = RuntimeState.STARTED) -> None:
        self.state = state
        self._on_frame: Callable[[RuntimeFrame], None] = on_frame
        self._event: ApiEvent | None = None
        """Event of the invocation that is not over."""
        self._answered: ApiEvent | None = None
        """The last event that has its answer."""
        self._posted: PostedResult | None = None
        """The last result that the runtime has begun to post."""
        self._waiting: deque[Callable[[ApiEvent | None], None]] = deque()
        self._is_closed = False

    # Commands of the environment -----------------------------------------------------------------

    def send(self, message: Message, payload: Payload = b"") -> None:
        """Pass an event to the call that has waited longest, or keep it for the next one."""
        self._event = ApiEvent(message, payload, new_request_id())
        if self._waiting:
            self.state = RuntimeState.RUNNING
            self._waiting.popleft()(self._event)

    def drain(self) -> None:
        """End a result of which the runtime has posted a part; all else has taken effect."""
        if self._posted is not None:
            self._posted.break_off()

    def close(self) -> None:
        """Dismiss waiting calls, and ignore later ones: the runtime's process is gone."""
        self._is_closed = True
        self._on_frame = released
        self._event = self._posted = None
        while self._waiting:
            self._waiting.popleft()(None)

    # Calls of the runtime ------------------------------------------------------------------------

    def next(self, on_event: Callable[[ApiEvent | None], None]) -> GiveUp | None:
        """Call back once with an event, at once if there is one; with None if the runtime is gone.

        A runtime that still owes an answer gets the same event again. Return a function that gives
        the waiting up. Raise ``ApiError`` where the state does not allow the call.
        """
        if self.state is not RuntimeState.RUNNING or self._event is None:
            self._become_ready()
        if self._event is not None:
            # The event still owes an answer, or has come while no call was waiting.
            self.state = RuntimeState.RUNNING
            on_event(self._event)
            return None
        self._waiting.append(on_event)
        return partial(self._give_up, on_event)

    def begin_response(self, request_id: str, invocation_id: str | None) -> PostedResult:
        """Begin to receive a response. Raise ``ApiError`` for a wrong id before a wrong state."""
        return self._begin(RuntimeState.RESPONSE, request_id, invocation_id)

    def begin_error(self, request_id: str, invocation_id: str | None) -> PostedResult:
        """Begin to receive an error in place of the response."""
        return self._begin(RuntimeState.ERROR_RESPONSE, request_id, invocation_id)

    def init_error(self, body: bytes, error_type: str) -> None:
        """Report that the runtime could not initialise the function."""
        self._check(RuntimeState.STARTED, wanted=RuntimeState.INIT_ERROR)
        self.state = RuntimeState.INIT_ERROR
        self.tell(RuntimeFrame("init_error", body, error_type=error_type))

    # Effects of a posted result ------------------------------------------------------------------

    def tell(self, frame: RuntimeFrame) -> None:
        """Pass a frame to the environment, unless the runtime is gone."""
        if not self._is_closed:
            self._on_frame(frame)

    def note_answer(self) -> None:
        """Take notice that the result has arrived, as far as it ever will."""
        self.state = RuntimeState.RESPONSE_SENT
        self._answered = self._event

    # Inside --------------------------------------------------------------------------------------

    def _give_up(self, on_event: Callable[[ApiEvent | None], None]) -> None:
        if on_event in self._waiting:
            self._waiting.remove(on_event)

    def _become_ready(self) -> None:
        """Move to ``READY``, and report what ends with that."""
        before = self.state
        self._check(*_MAY_ASK, wanted=RuntimeState.READY)
        self.state = RuntimeState.READY
        if before is RuntimeState.STARTED:
            self.tell(RuntimeFrame("ready", at=time.monotonic()))
        elif before is RuntimeState.RESPONSE_SENT:
            if self._event is self._answered:
                # From here on a call that names this invocation is too late.
                self._event = None
            self.tell(RuntimeFrame("next", at=time.monotonic()))

    def _begin(
        self, state: RuntimeState, request_id: str, invocation_id: str | None
    ) -> PostedResult:
        event = self._event
        if event is None or request_id != event.message["request_id"]:
            raise ApiError(400, "InvalidRequestID", "Invalid request ID")
        if invocation_id is not None and invocation_id != event.invocation_id:
            raise ApiError(410, "InvokeTimeout", "Invoke timeout")
        self._check(RuntimeState.RUNNING, wanted=state)
        self.state = state
        is_streamed = state is RuntimeState.RESPONSE and bool(event.message.get("is_streamed"))
        posted = self._posted = PostedResult(self, request_id, is_streamed=is_streamed)
        return posted

    def _check(self, *allowed: RuntimeState, wanted: RuntimeState) -> None:
        if self.state not in allowed:
            raise ApiError(
                403,
                "InvalidStateTransition",
                f"State transition from {self.state} to {wanted} failed for runtime. "
                "Error: State transition is not allowed",
            )


class PostedResult:
    """The result of an invocation while the runtime posts it, whole or in parts.

    It ends in exactly one way: as a response, as an error, or truncated. What comes after the end
    has no effect.
    """

    def __init__(self, runtime: RuntimeApi, request_id: str, *, is_streamed: bool) -> None:
        """``is_streamed`` for a response that the caller takes in parts."""
        self.limit = limits.STREAMED_RESPONSE_BYTES if is_streamed else limits.RESPONSE_BYTES
        """Bytes that it may have."""
        self._runtime = runtime
        self._request_id = request_id
        self._is_streamed = is_streamed
        self._parts = bytearray()
        self._size = 0
        self._is_over = False

    def write(self, part: bytes, content_type: str) -> None:
        """Add a part; pass it on at once if the caller streams. Raise ``ApiError`` if too large."""
        self._take(len(part))
        if self._is_streamed:
            self._runtime.tell(self._frame("chunk", part, content_type=content_type))
        else:
            self._parts += part

    def whole(self, rest: Payload) -> bytes:
        """Return everything that has not been passed on. Raise ``ApiError`` if it is too large."""
        self._take(len(rest))
        return bytes(self._parts + rest) if self._parts else bytes(rest)

    def respond(self, body: bytes, content_type: str) -> None:
        """End it as the response."""
        self._end(self._frame("response", body, content_type=content_type))

    def fail(self, body: bytes, error_type: str) -> None:
        """End it as an error; the type is empty where the runtime names none."""
        self._end(self._frame("error", body, error_type=error_type))

    def refuse_mode(self) -> ApiError:
        """End it for an unknown response mode; return the error for the runtime."""
        reason = "Invalid function response mode"
        self._fault("Runtime.InvalidResponseModeHeader", reason)
        return ApiError(400, "InvalidFunctionResponseMode", reason)

    def outgrow(self, size: int) -> ApiError:
        """End it for its size in bytes; return the error for the runtime."""
        self._end(self._frame("response", b"", response_size=size))
        return ApiError(
            413,
            "RequestEntityTooLarge",
            f"Exceeded maximum allowed payload size ({self.limit} bytes).",
        )

    def break_off(self) -> None:
        """End it where the connection broke: half a result is none."""
        self._end(
            self._frame("fault", truncated_payload(self._request_id), error_type=TRUNCATED_RESPONSE)
        )

    def _take(self, size: int) -> None:
        self._size += size
        if self._size > self.limit:
            raise self.outgrow(self._size)

    def _fault(self, error_type: str, reason: str) -> None:
        """Put an error of the platform's in the place of the result."""
        message = f"RequestId: {self._request_id} Error: {reason}"
        payload = error_payload(error_type, message)
        self._end(self._frame("fault", payload, error_type=error_type))

    def _frame(
        self,
        kind: FrameKind,
        payload: bytes,
        *,
        error_type: str = "",
        content_type: str = "",
        response_size: int = 0,
    ) -> RuntimeFrame:
        return RuntimeFrame(
            kind,
            payload,
            error_type=error_type,
            request_id=self._request_id,
            response_size=response_size,
            content_type=content_type,
            # The runtime is done when it calls ``next``, not by answering.
            is_done=False,
        )

    def _end(self, frame: RuntimeFrame) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._parts.clear()
        self._runtime.note_answer()
        self._runtime.tell(frame)
