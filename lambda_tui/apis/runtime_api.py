"""The Runtime API, 2018-06-01: a runtime asks for events and posts the results."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote

from lambda_tui.apis.http import Answer, Cancel, Request, Response, header_value
from lambda_tui.apis.operation import Operation, Wait, internal_error, json_response
from lambda_tui.engine.runtime_api import (
    ApiError,
    ApiEvent,
    ApiState,
    PostedResult,
    RuntimeApi,
)

VERSION = "2018-06-01"
_ACCEPTED = json_response(202, {"status": "OK"})
_FROM_THE_CALLER = {
    "content_type": "Content-Type",
    "client_context": "Lambda-Runtime-Client-Context",
    "cognito_identity": "Lambda-Runtime-Cognito-Identity",
    "tenant_id": "Lambda-Runtime-Aws-Tenant-Id",
}
"""Headers of an event that are left out when empty, by their names in the engine's message."""
_RESULT = re.compile(f"/{VERSION}/runtime/invocation/([^/]*)/(response|error)")
_ERROR_TYPE_HEADER = "lambda-runtime-function-error-type"
_ERROR_BODY_TRAILER = "lambda-runtime-function-error-body"
_MODE_HEADER = "lambda-runtime-function-response-mode"
_INVOCATION_ID_HEADER = "lambda-runtime-invocation-id"
_WITH_CAUSE = "application/vnd.aws.lambda.error.cause+json"


def _post_result(host: ApiState, request: Request) -> Response:
    assert isinstance(request.state, ResultPosting)
    request.state.finish(request)
    return _ACCEPTED


RESULTS: Mapping[str, Operation] = {"POST": _post_result}
"""The operations at the path of a result, by HTTP method."""


def operations(parts: Sequence[str]) -> Mapping[str, Operation]:
    """Return what a path offers, by HTTP method."""
    if len(parts) < 2 or parts[0] != VERSION:
        return {}
    match parts[1:]:
        case ["runtime", "invocation", "next"]:
            return {"GET": _next}
        case ["runtime", "invocation", _, "response" | "error"]:
            return RESULTS
        case ["runtime", "init", "error"]:
            return {"POST": _init_error}
        case ["ping"]:
            return {"GET": _ping}
    return {}


def is_result(request: Request) -> bool:
    """Return whether a request posts an invocation's result, which has a limit of its own."""
    return request.method == "POST" and _result_in(request.path) is not None


def begin_result(host: ApiState, request: Request, size: int) -> None:
    """Begin to receive an invocation's result from the request that posts it.

    ``size`` is that of the body in bytes, unless it is chunked. Any other request is left alone.
    """
    found = _result_in(request.path) if request.method == "POST" else None
    if found is None:
        return
    request_id, kind = found
    posting = ResultPosting(host.runtime, request_id, kind, request, size)
    request.state = posting
    request.on_abort = posting.abort
    if posting.takes_parts:
        request.on_part = posting.take


def _result_in(path: str) -> tuple[str, str] | None:
    """Return the request id and the kind in the path of a result; None for any other path."""
    found = _RESULT.fullmatch(path)
    if found is not None:
        return unquote(found[1]), found[2]
    match [unquote(part) for part in path.split("/")] if "%" in path else ():
        case ["", version, "runtime", "invocation", request_id, "response" | "error" as kind]:
            return (request_id, kind) if version == VERSION else None
    return None


class ResultPosting:
    """An invocation's result while it is posted, from the request's head to its trailers.

    A result that is refused, for its head or for its size, is read to its end all the same, so that
    the connection can be used again.
    """

    def __init__(
        self, state: RuntimeApi, request_id: str, kind: str, request: Request, size: int
    ) -> None:
        """``kind`` is ``response`` or ``error``."""
        self._is_error = kind == "error"
        self._content_type = request.headers.get("content-type", "")
        self._result: PostedResult | None = None
        self._error: ApiError | None = None
        """Why the result is refused."""
        try:
            self._begin(state, request_id, request.headers, size)
        except ApiError as error:
            self._error = error
        self.takes_parts = self._error is not None or request.is_chunked
        """Whether the parts of the body go to ``take``; otherwise the request collects them."""

    def take(self, part: bytes) -> None:
        """Take a part of the body, or ignore it once the result has been refused."""
        if self._error is not None or self._result is None:
            return
        try:
            self._result.write(part, self._content_type)
        except ApiError as error:
            self._error = error

    def abort(self) -> None:
        """End the result where the client has left it."""
        if self._result is not None:
            self._result.break_off()

    def finish(self, request: Request) -> None:
        """Hand over the result of a complete request. Raises ``ApiError`` if it was refused."""
        if self._error is not None:
            raise self._error
        assert self._result is not None
        result = self._result
        body = result.whole(request.body)
        if self._is_error:
            if self._content_type == _WITH_CAUSE:
                body = _without_cause(body)
            result.fail(body, request.headers.get(_ERROR_TYPE_HEADER, ""))
        elif _ERROR_TYPE_HEADER in request.trailers:
            error_body = _from_base64(request.trailers.get(_ERROR_BODY_TRAILER, ""))
            result.fail(error_body, request.trailers[_ERROR_TYPE_HEADER])
        else:
            result.respond(body, self._content_type)

    def _begin(
        self, state: RuntimeApi, request_id: str, headers: Mapping[str, str], size: int
    ) -> None:
        begin = state.begin_error if self._is_error else state.begin_response
        self._result = begin(request_id, headers.get(_INVOCATION_ID_HEADER))
        if not self._is_error and headers.get(_MODE_HEADER) not in (None, "", "streaming"):
            raise self._result.refuse_mode()
        if size > self._result.limit:
            raise self._result.outgrow(size)


def _ping(host: ApiState, request: Request) -> Response:
    return Response(200, b"pong", {"Content-Type": "text/plain; charset=utf-8"})


def _next(host: ApiState, request: Request) -> Wait:
    def wait(answer: Answer) -> Cancel | None:
        return host.runtime.next(
            lambda event: answer(_event_response(event) if event else internal_error())
        )

    return wait


def _init_error(host: ApiState, request: Request) -> Response:
    host.runtime.init_error(bytes(request.body), request.headers.get(_ERROR_TYPE_HEADER, ""))
    return _ACCEPTED


def _event_response(event: ApiEvent) -> Response:
    """Return an event, with everything else about its invocation in the headers."""
    message = event.message
    headers = {
        "Content-Type": "application/json",
        "Lambda-Runtime-Aws-Request-Id": message["request_id"],
        "Lambda-Runtime-Deadline-Ms": message["deadline_ms"],
        "Lambda-Runtime-Invoked-Function-Arn": message["function_arn"],
        "Lambda-Runtime-Trace-Id": message["trace_id"],
        "Lambda-Runtime-Invocation-Id": event.invocation_id,
    }
    for key, name in _FROM_THE_CALLER.items():
        value = message.get(key)
        if value:
            headers[name] = header_value(value)
    return Response(200, event.payload, headers)


def _without_cause(body: bytes) -> bytes:
    """Return an error without its ``errorCause``, which is meant for X-Ray only."""
    try:
        error = json.loads(body)
    except (ValueError, RecursionError):
        error = None
    if not isinstance(error, dict) or not _is_error(error):
        return b'"Invalid error body"'
    kept = {name: error.get(name) or "" for name in ("errorMessage", "errorType")}
    if error.get("stackTrace"):
        kept["stackTrace"] = error["stackTrace"]
    return json.dumps(kept, separators=(",", ":")).encode()


def _is_error(error: dict[str, object]) -> bool:
    texts = [error.get(name) or "" for name in ("errorMessage", "errorType")]
    stack = error.get("stackTrace") or []
    return (
        all(isinstance(text, str) for text in texts)
        and isinstance(stack, list)
        and all(isinstance(line, str) for line in stack)
    )


def _from_base64(text: str) -> bytes:
    """Return what a runtime has encoded, or the text itself if it has not encoded it."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text.encode("latin-1")
