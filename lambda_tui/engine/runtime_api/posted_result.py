"""The result of an invocation while a runtime posts it: whole, or part by part."""

from __future__ import annotations

from typing import Protocol

from lambda_tui import limits
from lambda_tui.engine.invocation import Payload, error_payload
from lambda_tui.engine.runtime_api.api_refusal import ApiRefusal
from lambda_tui.engine.wire import RuntimeFrame


class Poster(Protocol):
    """Who posts: the runtime's state."""

    def tell(self, frame: RuntimeFrame) -> None:
        """Tells the environment."""

    def answered(self) -> None:
        """The result has come whole, or as far as it ever will."""


class PostedResult:
    """Begun, and ended in exactly one way: as a response, an error, or cut short.

    Writing raises ``ApiRefusal`` when it grows too large. What comes after the end has no effect.
    """

    def __init__(self, poster: Poster, request_id: str, *, is_streamed: bool) -> None:
        """``is_streamed`` for a response that the caller takes part by part."""
        self.limit = limits.STREAMED_RESPONSE_BYTES if is_streamed else limits.RESPONSE_BYTES
        """Bytes."""
        self._poster = poster
        self._request_id = request_id
        self._is_streamed = is_streamed
        self._parts = bytearray()
        self._size = 0
        self._is_over = False

    def write(self, part: bytes, content_type: str) -> None:
        """A part of it; a response that the caller takes part by part is passed on at once."""
        self._take(len(part))
        if self._is_streamed:
            self._poster.tell(self._frame("chunk", part, content_type=content_type))
        else:
            self._parts += part

    def whole(self, rest: Payload) -> bytes:
        """All of it that has not been passed on, the rest included."""
        self._take(len(rest))
        return bytes(self._parts + rest) if self._parts else bytes(rest)

    def respond(self, body: bytes, content_type: str) -> None:
        """It is the response."""
        self._end(self._frame("response", body, content_type=content_type))

    def fail(self, body: bytes, error_type: str) -> None:
        """It is an error; the type is empty where the runtime names none."""
        self._end(self._frame("error", body, error_type=error_type))

    def refuse_mode(self) -> ApiRefusal:
        """Ends it for a response mode that nobody knows; what the runtime is told."""
        reason = "Invalid function response mode"
        self._fault("Runtime.InvalidResponseModeHeader", reason)
        return ApiRefusal(400, "InvalidFunctionResponseMode", reason)

    def outgrow(self, size: int) -> ApiRefusal:
        """Ends it for its size, in bytes; what the runtime is told."""
        self._end(self._frame("response", b"", response_size=size))
        return ApiRefusal(
            413,
            "RequestEntityTooLarge",
            f"Exceeded maximum allowed payload size ({self.limit} bytes).",
        )

    def break_off(self) -> None:
        """Ends it where the connection broke: half a result is none."""
        self._fault("Runtime.TruncatedResponse", "The runtime's response was truncated")

    def _take(self, size: int) -> None:
        self._size += size
        if self._size > self.limit:
            raise self.outgrow(self._size)

    def _fault(self, error_type: str, reason: str) -> None:
        """The platform's own error takes the result's place."""
        message = f"RequestId: {self._request_id} Error: {reason}"
        payload = error_payload(error_type, message)
        self._end(self._frame("fault", payload, error_type=error_type))

    def _frame(
        self,
        kind: str,
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
        )

    def _end(self, frame: RuntimeFrame) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._parts.clear()
        self._poster.answered()
        self._poster.tell(frame)
