"""Invoke, InvokeWithResponseStream and InvokeAsync: from a request to its invocation's answer."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Callable
from functools import partial

from lambda_tui import limits
from lambda_tui.apis.connection import Answer
from lambda_tui.apis.errors import ApiError, invalid_content, invalid_value, outside, validation
from lambda_tui.apis.event_json import check_json
from lambda_tui.apis.invoke_response import invoke_response, result_headers
from lambda_tui.apis.log_tail import LogTail
from lambda_tui.apis.message import Request, Response
from lambda_tui.apis.names import Target
from lambda_tui.apis.streamed_result import StreamedResult
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.invocation import Invocation, Payload, new_request_id

TYPE_HEADER = "x-amz-invocation-type"
_LONGEST_CONTEXT = 3583
_RETRY_SECONDS = "1"
_STATUS_OF_REFUSALS = {"RequestTooLargeException": 413, "SnapStartTimeoutException": 408}
_TYPES = ("Event", "RequestResponse", "DryRun")

Respond = Callable[[Invocation, str | None], Response | None]
"""What to answer with; None where that has begun."""


def too_large(request: Request, size: int, *, is_event: bool) -> ApiError | None:
    """AWS's error for a body of this size, if it has one."""
    if is_event or request.headers.get(TYPE_HEADER) == "Event":
        if size > limits.ASYNCHRONOUS_EVENT_BYTES:
            return ApiError(
                413,
                "SerializedRequestEntityTooLargeException",
                f"{size} byte payload is too large for the Event invocation type "
                f"(limit {limits.ASYNCHRONOUS_EVENT_BYTES} bytes)",
            )
    elif size > limits.EVENT_BYTES:
        return ApiError(
            413,
            "RequestTooLargeException",
            f"Request must be smaller than {limits.EVENT_BYTES} bytes "
            "for the InvokeFunction operation",
        )
    return None


def invoke(engine: Engine, target: Target, request: Request, answer: Answer) -> None:
    """Invoke: answers when the invocation is over, or, for an event, once it is queued."""
    kind = _one_of(request, TYPE_HEADER, "invocationType", _TYPES) or "RequestResponse"
    if kind == "Event":
        _check_request_id(request)
        answer(_accepted(_queue(engine, target, request)))
    else:
        _run(engine, target, request, answer, _buffered, is_dry=kind == "DryRun")


def invoke_with_response_stream(
    engine: Engine, target: Target, request: Request, answer: Answer
) -> None:
    """InvokeWithResponseStream: a chunk for each part of the result, as the function gives it."""
    kind = _one_of(request, TYPE_HEADER, "invocationType", ("RequestResponse", "DryRun"))
    parts = StreamedResult(answer)
    _run(engine, target, request, answer, parts.end, is_dry=kind == "DryRun", streamed=parts)


def invoke_async(engine: Engine, target: Target, request: Request, answer: Answer) -> None:
    """InvokeAsync, which Invoke has replaced."""
    request_id = _queue(engine, target, request)
    answer(invoke_response(202, request_id, b'{"Status":202}'))


def _queue(engine: Engine, target: Target, request: Request) -> str:
    event = _event(request)
    request_id = engine.asynchronous.accept(target.pool, bytes(event))
    if request_id is None:
        raise _throttled("CallerRateLimitExceeded")
    return request_id


def _run(
    engine: Engine,
    target: Target,
    request: Request,
    answer: Answer,
    respond: Respond,
    *,
    is_dry: bool,
    streamed: StreamedResult | None = None,
) -> None:
    log_type = _one_of(request, "x-amz-log-type", "logType", ("None", "Tail"))
    client_context = _client_context(request)
    _check_request_id(request)
    _refuse_tenant(request)
    event = _event(request)
    if is_dry:
        answer(invoke_response(204, new_request_id()))
        return
    tail = LogTail(engine, target.pool.function) if log_type == "Tail" else None
    # An environment that is warm begins within the call: the tail must know its request before.
    request_id = new_request_id()
    if tail is not None:
        tail.request_id = request_id
    invocation = target.pool.invoke(
        event,
        request_id=request_id,
        client_context=client_context,
        qualifier=target.qualifier,
        trace_header=request.headers.get("x-amzn-trace-id"),
        on_part=streamed.add if streamed is not None else None,
    )
    if streamed is not None:
        streamed.invocation = invocation
    # The log is whole when all is over; a caller who does not ask for it need not wait for that.
    when_ready = invocation.when_answered if tail is None else invocation.when_over
    when_ready(partial(_answer, answer, respond, tail))


def _answer(answer: Answer, respond: Respond, tail: LogTail | None, invocation: Invocation) -> None:
    log_result = tail.finish() if tail is not None else None
    if invocation.status == "throttled":
        reason = json.loads(invocation.response or b"{}").get("Reason", "")
        answer(_throttled(reason).response({"Retry-After": _RETRY_SECONDS}))
    elif invocation.refusal is not None:
        refusal = invocation.refusal
        status = _STATUS_OF_REFUSALS.get(refusal.name, 400)
        answer(ApiError(status, refusal.name, refusal.message).response())
    elif (response := respond(invocation, log_result)) is not None:
        answer(response)


def _buffered(invocation: Invocation, log_result: str | None) -> Response:
    headers = result_headers(invocation)
    if invocation.function_error is not None:
        headers["X-Amz-Function-Error"] = invocation.function_error
    if log_result is not None:
        headers["X-Amz-Log-Result"] = log_result
    return invoke_response(200, invocation.request_id, invocation.response or b"", headers)


def _accepted(request_id: str) -> Response:
    return invoke_response(202, request_id)


def _throttled(reason: str) -> ApiError:
    return ApiError(429, "TooManyRequestsException", "Rate Exceeded.", Reason=reason)


def _event(request: Request) -> Payload:
    """The event; nothing at all means an empty object."""
    if not request.body:
        return b"{}"
    check_json(request.body)
    return request.body


def _one_of(request: Request, header: str, member: str, allowed: tuple[str, ...]) -> str | None:
    value = request.headers.get(header)
    if value is not None and value not in allowed:
        raise validation([outside(value, member, ", ".join(allowed))])
    return value


def _client_context(request: Request) -> str | None:
    """JSON text, from base64."""
    encoded = request.headers.get("x-amz-client-context")
    if not encoded:
        return None
    if len(encoded) > _LONGEST_CONTEXT:
        raise invalid_content(
            f"Client context must be no more than {_LONGEST_CONTEXT} bytes when base64-encoded."
        )
    try:
        text = base64.b64decode(encoded, validate=True).decode()
        is_object = isinstance(json.loads(text), dict)
    except (binascii.Error, ValueError):
        is_object = False
    if not is_object:
        raise invalid_content("Client context must be a valid Base64-encoded JSON object.")
    return text


def _check_request_id(request: Request) -> None:
    given = request.headers.get("x-amzn-requestid")
    if given is None:
        return
    try:
        uuid.UUID(given)
    except ValueError:
        raise invalid_content("The 'x-amzn-RequestId' header is not a valid UUID string.") from None


def _refuse_tenant(request: Request) -> None:
    if request.headers.get("x-amz-tenant-id") is not None:
        raise invalid_value(
            "The invoked function is not enabled with tenancy configuration. "
            "Remove the tenant ID from your request and try again."
        )
