"""One call of an environment's API: what it is given, and what its answers look like."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping

from lambda_tui.apis.connection import Answer
from lambda_tui.apis.message import Request, Response
from lambda_tui.engine.runtime_api import ApiError, ApiState

Wait = Callable[[Answer], Callable[[], object] | None]
"""Is given the way to answer, now or later; returns the way to give the waiting up."""
Operation = Callable[[ApiState, Request], Response | Awaitable[Response] | Wait]
"""Answers a whole request, or waits, without limit, until it can.

The waiting is given up when the client hangs up. An operation may raise ``ApiError``.
"""


def answer_json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    """An answer whose body is JSON."""
    text = json.dumps(body, separators=(",", ":"))
    return Response(status, text.encode(), {"Content-Type": "application/json", **(headers or {})})


def refused(refusal: ApiError) -> Response:
    """What the caller is told of a call that was not taken."""
    body = {"errorMessage": refusal.message, "errorType": refusal.error_type}
    return answer_json(refusal.status, body)


def failed() -> Response:
    """The platform is at fault, or the environment was reset under the call."""
    return refused(ApiError(500, "InternalServerError", "Internal Server Error"))


def not_found() -> Response:
    """There is nothing at this path."""
    return Response(404, b"404 page not found\n", {"Content-Type": "text/plain; charset=utf-8"})
