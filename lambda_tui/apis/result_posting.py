"""A result on its way through the Runtime API, from the request's head to its trailers."""

from __future__ import annotations

import base64
import binascii
import json

from lambda_tui.apis.message import Request
from lambda_tui.engine.runtime_api import ApiError, PostedResult, RuntimeApi

ERROR_TYPE_HEADER = "lambda-runtime-function-error-type"
_ERROR_BODY_TRAILER = "lambda-runtime-function-error-body"
_MODE_HEADER = "lambda-runtime-function-response-mode"
_INVOCATION_ID_HEADER = "lambda-runtime-invocation-id"
_WITH_CAUSE = "application/vnd.aws.lambda.error.cause+json"


class ResultPosting:
    """Takes a response's or an error's body.

    A result that is refused, be it for its head or for its size, is heard to its end all the same,
    so that the connection can be used again.
    """

    def __init__(
        self,
        state: RuntimeApi,
        request_id: str,
        request: Request,
        size: int,
        kind: str,
    ) -> None:
        """``size``: of the body, unless it is chunked; ``kind``: ``response`` or ``error``."""
        self._request = request
        self._is_error = kind == "error"
        self._content_type = request.headers.get("content-type", "")
        self._result: PostedResult | None = None
        self._refusal: ApiError | None = None
        try:
            self._begin(state, request_id, size)
        except ApiError as refusal:
            self._refusal = refusal
        self.takes_parts = self._refusal is not None or request.is_chunked

    def take(self, part: bytes) -> None:
        """A part of the body."""
        if self._refusal is not None or self._result is None:
            return
        try:
            self._result.write(part, self._content_type)
        except ApiError as refusal:
            self._refusal = refusal

    def break_off(self) -> None:
        """The client has gone in the middle."""
        if self._result is not None:
            self._result.break_off()

    def finish(self) -> None:
        """The request is whole; raises ``ApiError`` for a result that was not taken."""
        if self._refusal is not None:
            raise self._refusal
        assert self._result is not None
        request, result = self._request, self._result
        body = result.whole(request.body)
        if self._is_error:
            if self._content_type == _WITH_CAUSE:
                body = _without_cause(body)
            result.fail(body, request.headers.get(ERROR_TYPE_HEADER, ""))
        elif ERROR_TYPE_HEADER in request.trailers:
            error_body = _from_base64(request.trailers.get(_ERROR_BODY_TRAILER, ""))
            result.fail(error_body, request.trailers[ERROR_TYPE_HEADER])
        else:
            result.respond(body, self._content_type)

    def _begin(self, state: RuntimeApi, request_id: str, size: int) -> None:
        request = self._request
        begin = state.begin_error if self._is_error else state.begin_response
        self._result = begin(request_id, request.headers.get(_INVOCATION_ID_HEADER))
        if not self._is_error and request.headers.get(_MODE_HEADER) not in (None, "", "streaming"):
            raise self._result.refuse_mode()
        if size > self._result.limit:
            raise self._result.outgrow(size)


def _without_cause(body: bytes) -> bytes:
    """The error without its ``errorCause``, which is for X-Ray."""
    try:
        error = json.loads(body)
    except ValueError:
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
    """What the runtime has encoded; the text itself when it has not."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text.encode("latin-1")
