"""The Extensions API, 2020-01-01: extensions register, wait for events and report errors."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from lambda_tui.apis.http import Request, Response
from lambda_tui.apis.operation import Operation, calling_extension, json_response
from lambda_tui.apis.telemetry import flush
from lambda_tui.engine.runtime_api import (
    FLUSH_SECONDS,
    ApiError,
    ApiState,
    Extension,
    Extensions,
    InvokeEvent,
    ShutdownEvent,
)

VERSION = "2020-01-01"
_ERROR_TYPE_HEADER = "Lambda-Extension-Function-Error-Type"

_NoteError = Callable[[Extensions, Extension, str], None]


def operations(parts: Sequence[str]) -> Mapping[str, Operation]:
    """Return what a path offers, by HTTP method."""
    match parts:
        case [version, "extension", "register"] if version == VERSION:
            return {"POST": _register}
        case [version, "extension", "event", "next"] if version == VERSION:
            return {"GET": _next}
        case [version, "extension", "init", "error"] if version == VERSION:
            return {"POST": partial(_report_error, Extensions.init_error)}
        case [version, "extension", "exit", "error"] if version == VERSION:
            return {"POST": partial(_report_error, Extensions.exit_error)}
    return {}


def _register(host: ApiState, request: Request) -> Response:
    name = request.headers.get("lambda-extension-name", "")
    # AWS looks at the name before the body, so a missing name is refused whatever the body says.
    events = _events(request.body) if name else ()
    extension = host.extensions.register(name, events)
    function = host.function
    body = {
        "functionName": function.name,
        "functionVersion": "$LATEST",
        "handler": function.handler,
    }
    features = (request.headers.get("lambda-extension-accept-feature", "")).split(",")
    if "accountId" in (feature.strip() for feature in features):
        body["accountId"] = function.arn.split(":")[4]
    return json_response(200, body, {"Lambda-Extension-Identifier": extension.identifier})


async def _next(host: ApiState, request: Request) -> Response:
    extension = calling_extension(host, request)
    telemetry = host.telemetry
    event = await host.extensions.next(extension)
    if isinstance(event, ShutdownEvent):
        # Its last work should be done knowing every event. The time for that is not its own.
        began = time.monotonic()
        await flush(telemetry.subscribers, extension.name, FLUSH_SECONDS)
        event = event.postponed(time.monotonic() - began)
    headers = {"Lambda-Extension-Event-Identifier": str(uuid.uuid4())}
    return json_response(200, _event_body(event), headers)


def _report_error(note: _NoteError, host: ApiState, request: Request) -> Response:
    extension = calling_extension(host, request)
    error_type = request.headers.get(_ERROR_TYPE_HEADER.lower())
    if not error_type:
        raise ApiError(403, "Extension.MissingHeader", f"{_ERROR_TYPE_HEADER} not found")
    note(host.extensions, extension, error_type)
    return json_response(202, {"status": "OK"})


def _event_body(event: InvokeEvent | ShutdownEvent) -> dict[str, Any]:
    if isinstance(event, ShutdownEvent):
        return {
            "eventType": "SHUTDOWN",
            "shutdownReason": event.reason,
            "deadlineMs": event.deadline_ms,
        }
    return {
        "eventType": "INVOKE",
        "deadlineMs": event.deadline_ms,
        "requestId": event.request_id,
        "invokedFunctionArn": event.function_arn,
        "tracing": {"type": "X-Amzn-Trace-Id", "value": event.trace_id},
    }


def _events(body: bytes | bytearray) -> tuple[str, ...]:
    """Return the events that an extension registers for; none if the body names none."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _bad_format(f"The request body is not valid JSON: {error}") from None
    if fields is None:
        return ()
    if not isinstance(fields, dict):
        raise _bad_format("The request body should be a JSON object")
    if fields.get("configurationKeys"):
        raise _bad_format("configurationKeys are deprecated; use environment variables instead")
    events = fields.get("events")
    if events is None:
        return ()
    if not isinstance(events, list) or not all(isinstance(event, str) for event in events):
        raise _bad_format("events should be an array of strings")
    return tuple(events)


def _bad_format(message: str) -> ApiError:
    return ApiError(403, "InvalidRequestFormat", message)
