"""How an init or an invocation ended: the payload, statuses and report that AWS gives it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from lambda_tui.engine import events
from lambda_tui.engine.invocation import error_payload
from lambda_tui.engine.loss import Loss
from lambda_tui.engine.runtime_frame import RuntimeFrame
from lambda_tui.project.function import Function

MAXIMUM_RESPONSE = 6_291_556
"""Bytes: 6 MiB and 100, as the Runtime API has it."""


@dataclass(frozen=True, slots=True)
class Outcome:
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
    if max(answer.response_size, len(payload)) > MAXIMUM_RESPONSE:
        error_type = "Function.ResponseSizeTooLarge"
        message = (
            "Response payload size exceeded maximum allowed payload size "
            f"({MAXIMUM_RESPONSE} bytes)."
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


def report_of(
    request_id: str,
    function: Function,
    outcome: Outcome,
    duration_ms: float,
    init_duration_ms: float | None,
    memory_used_mb: float,
) -> events.Report:
    """The REPORT of an invocation: a timeout's duration is the limit itself, init is billed."""
    duration_ms = outcome.limit_ms if outcome.limit_ms is not None else duration_ms
    return events.Report(
        request_id=request_id,
        status=outcome.record_status,
        duration_ms=duration_ms,
        billed_duration_ms=math.ceil(duration_ms + (init_duration_ms or 0.0)),
        memory_size_mb=function.memory_size,
        # Here a process may be a little over the limit before it is found out.
        max_memory_used_mb=min(math.ceil(memory_used_mb), function.memory_size),
        init_duration_ms=init_duration_ms,
        error_type=outcome.error_type,
    )
