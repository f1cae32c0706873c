"""How an init or an invocation ended: the payload, statuses and report that AWS gives it."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from lambda_tui import limits
from lambda_tui.engine import events
from lambda_tui.engine.environment.loss import Loss
from lambda_tui.engine.invocation import error_payload
from lambda_tui.engine.wire import RuntimeFrame


class Outcome(Struct, frozen=True):
    """The end of an invocation, for its caller and for the record."""

    status: Literal["success", "error", "timeout"]
    """The caller's view."""
    record_status: events.Status
    """The platform's view: a handler that raises is a success of its runtime, as on AWS."""
    payload: bytes
    error_type: str | None = None
    limit_ms: float | None = None
    """The timeout, when that was what ended it."""


def handler_outcome(answer: RuntimeFrame) -> Outcome:
    """The handler returned or raised, or the platform could not take the answer."""
    payload = answer.payload
    if answer.kind == "fault":
        return Outcome("error", "error", payload, answer.error_type)
    if max(answer.response_size, len(payload)) > limits.RESPONSE_BYTES:
        error_type = "Function.ResponseSizeTooLarge"
        message = (
            "Response payload size exceeded maximum allowed payload size "
            f"({limits.RESPONSE_BYTES} bytes)."
        )
        return Outcome("error", "error", error_payload(error_type, message), error_type)
    return Outcome("success" if answer.kind == "response" else "error", "success", payload)


def lost_outcome(loss: Loss, request_id: str) -> Outcome:
    """The environment's processes were lost, or given up, in the middle."""
    if loss.posted is not None:
        return Outcome("error", "error", loss.posted, platform_error_type(loss.error_type))
    payload = error_payload(loss.error_type, f"RequestId: {request_id} Error: {loss.message}")
    if loss.is_timeout:
        return Outcome("timeout", "timeout", payload, limit_ms=loss.limit_ms)
    return Outcome("error", "error", payload, loss.record_type or loss.error_type)


def gone_outcome(message: str) -> Outcome:
    """The environment itself has gone; AWS knows no better word for it."""
    error_type = "Sandbox.Failure"
    return Outcome("error", "failure", error_payload(error_type, message), error_type)


def platform_error_type(posted: str) -> str:
    """A runtime's error type as the platform's records have it.

    Kept when it reads ``Runtime.…`` or ``Function.…``, as AWS's own emulator decides it; any other,
    such as a Python exception's name, is unknown to the platform.
    """
    if re.search(r"(Runtime|Function)\.[A-Z][a-zA-Z]+", posted):
        return posted
    return "Function.Unknown" if posted.startswith("Function.") else "Runtime.Unknown"
