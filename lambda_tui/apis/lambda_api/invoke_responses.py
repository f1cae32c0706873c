"""The responses to invocations: complete or streamed, with the end of the log on request."""

from __future__ import annotations

import base64
import json

from lambda_tui import limits
from lambda_tui.apis.http import Answer, ChunkedBody, Response, header_value
from lambda_tui.apis.lambda_api.amazon_eventstream import CONTENT_TYPE, encode_message
from lambda_tui.engine import events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import log_text
from lambda_tui.engine.invocation import TRUNCATED_RESPONSE, Invocation
from lambda_tui.project.function import Function


def invoke_response(
    status: int,
    request_id: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
    chunks: ChunkedBody | None = None,
) -> Response:
    """Return a response with the headers that all those to invocations have."""
    own = {"Content-Type": "application/json", "x-amzn-RequestId": request_id}
    return Response(status, body, own | headers if headers else own, chunks)


def complete_response(invocation: Invocation, log_result: str | None) -> Response:
    """Return the result of an invocation in one piece, as Invoke does."""
    headers = _result_headers(invocation)
    if invocation.function_error is not None:
        headers["X-Amz-Function-Error"] = invocation.function_error
    if log_result is not None:
        headers["X-Amz-Log-Result"] = log_result
    return invoke_response(200, invocation.request_id, invocation.response or b"", headers)


class StreamedResponse:
    """Streams a result as InvokeWithResponseStream does, from its first part to its last.

    The head is sent with the first part.
    """

    def __init__(self, answer: Answer) -> None:
        self.invocation: Invocation | None = None
        """The invocation; set before its first part can come."""
        self._answer = answer
        self._chunks: ChunkedBody | None = None

    def add(self, part: bytes) -> None:
        """Send a part of the function's response."""
        assert self.invocation is not None
        if self._chunks is None:
            self._chunks = ChunkedBody()
            self._answer(self._response(self.invocation, b"", self._chunks))
        self._chunks.add(_payload_chunk(part))

    def end(self, invocation: Invocation, log_result: str | None) -> Response | None:
        """Send the end; for a function that has streamed nothing, return the whole response."""
        result, end = invocation.response or b"", {}
        if invocation.is_truncated:
            end["ErrorCode"] = TRUNCATED_RESPONSE
            result = b""
        elif invocation.function_error is not None:
            end["ErrorCode"] = invocation.function_error
            end["ErrorDetails"] = result.decode("utf-8", "replace")
            result = b""
        if log_result is not None:
            end["LogResult"] = log_result
        last = encode_message("InvokeComplete", "application/json", json.dumps(end).encode())
        if self._chunks is None:
            return self._response(invocation, _payload_chunk(result) + last)
        self._chunks.add(last)
        self._chunks.end()
        return None

    def _response(
        self, invocation: Invocation, body: bytes, chunks: ChunkedBody | None = None
    ) -> Response:
        # A function can write what it likes to its runtime's channel, the end of a line included.
        kind = header_value(invocation.content_type or CONTENT_TYPE)
        headers = _result_headers(invocation) | {"Content-Type": kind}
        return invoke_response(200, invocation.request_id, body, headers, chunks)


class LogTail:
    """Collects the end of one invocation's log, from START to REPORT, for ``X-Amz-Log-Result``.

    Before START comes the log of an Init that was repeated inside the invocation.
    """

    def __init__(self, engine: Engine, function: Function, request_id: str) -> None:
        """Collect from now on: construct it before the invocation begins."""
        self._request_id = request_id
        self._function = function
        self._text = b""
        self._repeated_inits: dict[str | None, bytes] = {}
        """Logs of repeated Inits, by the environment that may turn out to be the invocation's."""
        self._stop = engine.events.listen(self._note)

    def finish(self) -> str:
        """Stop collecting, and return the last bytes in base64."""
        self._stop()
        return base64.b64encode(self._text).decode()

    def _note(self, event: events.Event) -> None:
        record, environment = event.record, event.environment
        if isinstance(record, events.InitStart) and record.phase == "invoke":
            self._repeated_inits[environment] = b""
        if getattr(record, "request_id", None) == self._request_id:
            self._text = self._add(self._text + self._repeated_inits.pop(environment, b""), event)
        elif environment in self._repeated_inits:
            if isinstance(record, events.Start):
                del self._repeated_inits[environment]
            else:
                self._repeated_inits[environment] = self._add(
                    self._repeated_inits[environment], event
                )

    def _add(self, tail: bytes, event: events.Event) -> bytes:
        text = log_text(event, self._function.logging)
        line = b"" if text is None else f"{text}\n".encode("utf-8", "replace")
        return (tail + line)[-limits.LOG_TAIL_BYTES :]


def _result_headers(invocation: Invocation) -> dict[str, str]:
    """Return the headers that say which version ran, and in what trace."""
    root, _parent, sampled = invocation.trace_id.split(";")
    return {"X-Amz-Executed-Version": invocation.version, "X-Amzn-Trace-Id": f"{root};{sampled}"}


def _payload_chunk(part: bytes) -> bytes:
    if not part:
        return b""
    return encode_message("PayloadChunk", "application/octet-stream", part)
