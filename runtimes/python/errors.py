"""Errors as AWS's Python runtime reports them: the payload of the answer, and the log record."""

from __future__ import annotations

import os
import time
import traceback
from types import TracebackType
from typing import Any, Dict

from . import paths, storage
from .json_encoder import JsonEncoder

ErrorPayload = Dict[str, Any]

# The oldest runtime has an older client of AWS's.
_WITHOUT_REQUEST_ID = "AWS_Lambda_python3.8"


class FaultError(Exception):
    """An error that the runtime itself finds, with AWS's error type for it."""

    def __init__(self, error_type: str, message: str, stack_trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.stack_trace = stack_trace or []


def error_payload(error: BaseException, request_id: str = "") -> ErrorPayload:
    """Return the answer to the caller, with AWS's four keys in AWS's order."""
    if isinstance(error, FaultError):
        error_type, stack_trace = error.error_type, error.stack_trace
    else:
        error_type, stack_trace = type(error).__name__, _stack_trace(error.__traceback__)
    return {
        "errorMessage": str(error),
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": stack_trace,
    }


def _stack_trace(trace: TracebackType | None) -> list[str]:
    """Format a trace without the frames of the client, which are the first ones."""
    own = {*paths.own_code(), *storage.own_code()}
    walked = (place for place in traceback.walk_tb(trace) if place[0].f_code not in own)
    # Bare tuples, like AWS's: without the markers below the lines that came with Python 3.11.
    frames = [tuple(frame) for frame in traceback.StackSummary.extract(walked)]
    # It knows its own by their file's name, and keeps all where no other follows.
    others = (number for number, frame in enumerate(frames) if "/bootstrap.py" not in frame[0])
    return traceback.format_list(frames[next(others, 0) :])


def error_log_text(payload: ErrorPayload) -> str:
    """Return the error as a record of the text log, indented with no-break spaces."""
    said = [text for text in (payload["errorType"], payload["errorMessage"]) if text]
    heading = f"[ERROR] {': '.join(said)}" if said else "[ERROR]"
    lines = [heading, "Traceback (most recent call last):"]
    for entry in payload["stackTrace"]:
        lines += [_with_fixed_indent(line) for line in entry.splitlines()]
    return "\n".join(lines)


def error_log_json(payload: ErrorPayload) -> str:
    """Return the error as a record of the JSON log."""
    fields = {
        "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "level": "ERROR",
        "errorMessage": payload["errorMessage"],
        "errorType": payload["errorType"],
        "requestId": payload["requestId"],
        "stackTrace": payload["stackTrace"],
    }
    return JsonEncoder().encode(fields)


def _with_fixed_indent(line: str) -> str:
    text = line.lstrip(" ")
    return "\u00a0" * (len(line) - len(text)) + text


def encode_payload(payload: ErrorPayload) -> bytes:
    """Return the payload as JSON; raise ``UnicodeEncodeError`` where that cannot be UTF-8."""
    if os.environ.get("AWS_EXECUTION_ENV") == _WITHOUT_REQUEST_ID:
        payload = {name: value for name, value in payload.items() if name != "requestId"}
    return JsonEncoder().encode(payload).encode("utf-8")
