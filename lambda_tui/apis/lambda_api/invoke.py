"""Invoke, InvokeWithResponseStream and InvokeAsync, from the request to the response."""

from __future__ import annotations

import base64
import binascii
import json
import uuid
from collections.abc import Callable
from functools import partial

from lambda_tui import limits
from lambda_tui.apis.http import Answer, Request, Response
from lambda_tui.apis.lambda_api.errors import (
    LambdaApiError,
    constraint_failure,
    invalid_content,
    not_one_of,
    validation_error,
)
from lambda_tui.apis.lambda_api.function_names import Target
from lambda_tui.apis.lambda_api.invoke_responses import (
    LogTail,
    StreamedResponse,
    complete_response,
    invoke_response,
)
from lambda_tui.apis.lambda_api.json_syntax import check_json
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.invocation import (
    API,
    TENANT_ID,
    Invocation,
    Payload,
    Refusal,
    new_request_id,
)

TYPE_HEADER = "x-amz-invocation-type"
_RETRY_SECONDS = "1"
_STATUS_OF_REFUSALS = {
    "ResourceNotFoundException": 404,
    "RequestTooLargeException": 413,
    "SnapStartTimeoutException": 408,
}
_TYPES = ("Event", "RequestResponse", "DryRun")

MakeResponse = Callable[[Invocation, str | None], Response | None]
"""Returns the response to an invocation, given its log; None where the response has begun."""


def too_large(request: Request, size: int, *, is_event: bool) -> LambdaApiError | None:
    """Return AWS's error for a body of this many bytes; None if it is not too large."""
    if is_event or request.headers.get(TYPE_HEADER) == "Event":
        if size > limits.ASYNCHRONOUS_EVENT_BYTES:
            return LambdaApiError(
                413,
                "SerializedRequestEntityTooLargeException",
                f"{size} byte payload is too large for the Event invocation type "
                f"(limit {limits.ASYNCHRONOUS_EVENT_BYTES} bytes)",
            )
    elif size > limits.EVENT_BYTES:
        return LambdaApiError(
            413,
            "RequestTooLargeException",
            f"Request must be smaller than {limits.EVENT_BYTES} bytes "
            "for the InvokeFunction operation",
        )
    return None


def invoke(engine: Engine, target: Target, request: Request, answer: Answer) -> None:
    """Invoke a function; answer when it has answered, or for an event once that is queued."""
    kind = _one_of(request, TYPE_HEADER, "invocationType", _TYPES) or "RequestResponse"
    if kind == "Event":
        _check_request_id(request)
        answer(invoke_response(202, _queue(engine, target, request)))
    else:
        _run(engine, target, request, answer, complete_response, is_dry=kind == "DryRun")


def invoke_with_response_stream(
    engine: Engine, target: Target, request: Request, answer: Answer
) -> None:
    """Invoke a function, and send each part of its response as the function produces it."""
    kind = _one_of(request, TYPE_HEADER, "invocationType", ("RequestResponse", "DryRun"))
    streamed = StreamedResponse(answer)
    is_dry = kind == "DryRun"
    _run(engine, target, request, answer, streamed.end, is_dry=is_dry, streamed=streamed)


def invoke_async(engine: Engine, target: Target, request: Request, answer: Answer) -> None:
    """Queue an event by InvokeAsync, which Invoke has replaced."""
    request_id = _queue(engine, target, request)
    answer(invoke_response(202, request_id, b'{"Status":202}'))


def _queue(engine: Engine, target: Target, request: Request) -> str:
    tenant_id = _tenant_id(target, request)
    event = _event(request)
    request_id = engine.asynchronous.accept(
        target.pool,
        bytes(event),
        qualifier=target.qualifier,
        tenant_id=tenant_id,
        trace_header=request.headers.get("x-amzn-trace-id"),
    )
    if request_id is None:
        raise _throttled("CallerRateLimitExceeded")
    return request_id


def _run(
    engine: Engine,
    target: Target,
    request: Request,
    answer: Answer,
    make_response: MakeResponse,
    *,
    is_dry: bool,
    streamed: StreamedResponse | None = None,
) -> None:
    log_type = _one_of(request, "x-amz-log-type", "logType", ("None", "Tail"))
    client_context = _client_context(request)
    _check_request_id(request)
    tenant_id = _tenant_id(target, request)
    event = _event(request)
    if is_dry:
        answer(invoke_response(204, new_request_id()))
        return
    # A warm environment begins within the call of invoke: the tail must know the id before it.
    request_id = new_request_id()
    tail = LogTail(engine, target.pool.function, request_id) if log_type == "Tail" else None
    invocation = target.pool.invoke(
        event,
        API,
        request_id=request_id,
        client_context=client_context,
        qualifier=target.qualifier,
        tenant_id=tenant_id,
        trace_header=request.headers.get("x-amzn-trace-id"),
        on_part=streamed.add if streamed is not None else None,
    )
    if streamed is not None:
        streamed.invocation = invocation
    # The log is complete when all is over; a caller that does not ask for it is answered before.
    when_ready = invocation.when_answered if tail is None else invocation.when_over
    when_ready(partial(_answer, answer, make_response, tail))


def _answer(
    answer: Answer, make_response: MakeResponse, tail: LogTail | None, invocation: Invocation
) -> None:
    log_result = tail.finish() if tail is not None else None
    if invocation.status == "throttled":
        reason = json.loads(invocation.response or b"{}").get("Reason", "")
        answer(_throttled(reason).response({"Retry-After": _RETRY_SECONDS}))
    elif invocation.refusal is not None:
        answer(_refused(invocation.refusal).response())
    elif (response := make_response(invocation, log_result)) is not None:
        answer(response)


def _throttled(reason: str) -> LambdaApiError:
    return LambdaApiError(429, "TooManyRequestsException", "Rate Exceeded.", Reason=reason)


def _event(request: Request) -> Payload:
    """Return the event, which is an empty object if the request has no body."""
    if not request.body:
        return b"{}"
    check_json(request.body)
    return request.body


def _one_of(request: Request, header: str, member: str, allowed: tuple[str, ...]) -> str | None:
    value = request.headers.get(header)
    if value is not None and value not in allowed:
        raise validation_error([not_one_of(value, member, ", ".join(allowed))])
    return value


def _client_context(request: Request) -> str | None:
    """Return the client context as JSON text; the header has it in base64."""
    encoded = request.headers.get("x-amz-client-context")
    if not encoded:
        return None
    if len(encoded) > limits.CLIENT_CONTEXT_BYTES:
        raise invalid_content(
            f"Client context must be no more than {limits.CLIENT_CONTEXT_BYTES} bytes "
            "when base64-encoded."
        )
    try:
        text = base64.b64decode(encoded, validate=True).decode()
        is_object = isinstance(json.loads(text), dict)
    except (binascii.Error, ValueError, RecursionError):
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


def _tenant_id(target: Target, request: Request) -> str | None:
    """Return the tenant that a request is for. Raises ``LambdaApiError``."""
    tenant_id = request.headers.get("x-amz-tenant-id")
    if tenant_id is not None:
        most, failures = limits.TENANT_ID_CHARACTERS, []
        if len(tenant_id) > most:
            constraint = f"have length less than or equal to {most}"
            failures.append(constraint_failure(tenant_id, "tenantId", constraint))
        if not tenant_id:
            constraint = "have length greater than or equal to 1"
            failures.append(constraint_failure(tenant_id, "tenantId", constraint))
        if not TENANT_ID.fullmatch(tenant_id):
            constraint = f"satisfy regular expression pattern: {TENANT_ID.pattern}"
            failures.append(constraint_failure(tenant_id, "tenantId", constraint))
        if failures:
            raise validation_error(failures)
    refusal = target.pool.refusal(target.qualifier, tenant_id)
    if refusal is not None:
        raise _refused(refusal)
    return tenant_id


def _refused(refusal: Refusal) -> LambdaApiError:
    status = _STATUS_OF_REFUSALS.get(refusal.name, 400)
    return LambdaApiError(status, refusal.name, refusal.message)
