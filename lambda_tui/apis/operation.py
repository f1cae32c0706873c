"""One operation of an environment's API: what it is given, and the responses that it makes."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping

from lambda_tui.apis.http import Answer, Cancel, Request, Response
from lambda_tui.engine.runtime_api import ApiError, ApiState, Extension

Wait = Callable[[Answer], Cancel | None]
"""Is given the function that answers, now or later, and returns the one that gives up waiting."""
Operation = Callable[[ApiState, Request], Response | Awaitable[Response] | Wait]
"""Answers a complete request, or waits, without limit, until it can.

The waiting is given up when the client hangs up. An operation may raise ``ApiError``.
"""


def calling_extension(host: ApiState, request: Request) -> Extension:
    """Return the extension that sends a request. Raises ``ApiError`` for an unknown identifier.

    Registering has given it the identifier.
    """
    return host.extensions.find(request.headers.get("lambda-extension-identifier"))


def json_response(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response whose body is JSON."""
    text = json.dumps(body, separators=(",", ":"))
    return Response(status, text.encode(), {"Content-Type": "application/json", **(headers or {})})


def error_response(error: ApiError) -> Response:
    """Return the response to a call that is refused."""
    body = {"errorMessage": error.message, "errorType": error.error_type}
    return json_response(error.status, body)


def internal_error() -> Response:
    """Return the response to a call that a defect has ended, or a reset of its environment."""
    return error_response(ApiError(500, "InternalServerError", "Internal Server Error"))


def not_found() -> Response:
    """Return the response to a call of a path where there is nothing."""
    return Response(404, b"404 page not found\n", {"Content-Type": "text/plain; charset=utf-8"})
