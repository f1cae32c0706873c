"""The result of InvokeWithResponseStream: AWS's event stream, message by message."""

from __future__ import annotations

import json

from lambda_tui.apis import event_stream
from lambda_tui.apis.connection import Answer
from lambda_tui.apis.invoke_response import invoke_response, result_headers
from lambda_tui.apis.message import Response
from lambda_tui.apis.response_parts import ResponseParts
from lambda_tui.engine.invocation import Invocation


class StreamedResult:
    """Answers with the first part, goes on with each, and ends when the invocation does."""

    def __init__(self, answer: Answer) -> None:
        self.invocation: Invocation | None = None
        """Set before its first part can come."""
        self._answer = answer
        self._parts: ResponseParts | None = None

    def add(self, part: bytes) -> None:
        """A part that the function has given."""
        assert self.invocation is not None
        if self._parts is None:
            self._parts = ResponseParts()
            self._answer(self._response(self.invocation, b"", self._parts))
        self._parts.add(_chunk(part))

    def end(self, invocation: Invocation, log_result: str | None) -> Response | None:
        """What is left to say; the whole answer where the function gave no parts."""
        result, end = invocation.response or b"", {}
        if invocation.function_error is not None:
            end["ErrorCode"] = invocation.function_error
            end["ErrorDetails"] = result.decode("utf-8", "replace")
            result = b""
        if log_result is not None:
            end["LogResult"] = log_result
        last = event_stream.message("InvokeComplete", "application/json", json.dumps(end).encode())
        if self._parts is None:
            return self._response(invocation, _chunk(result) + last)
        self._parts.add(last)
        self._parts.end()
        return None

    def _response(
        self, invocation: Invocation, body: bytes, parts: ResponseParts | None = None
    ) -> Response:
        kind = invocation.content_type or event_stream.CONTENT_TYPE
        headers = result_headers(invocation) | {"Content-Type": kind}
        return invoke_response(200, invocation.request_id, body, headers, parts)


def _chunk(part: bytes) -> bytes:
    if not part:
        return b""
    return event_stream.message("PayloadChunk", "application/octet-stream", part)
