"""Standard streams and ``logging``, as AWS's Python runtime sets them up."""

from __future__ import annotations

import io
import json
import logging
import os
import struct
import sys
import time
import traceback
from typing import Any

LOG_DESCRIPTOR = 62
"""Descriptor for whole log records; on AWS the runtime finds the number in its environment."""

_TEXT_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
_TEXT_TIME = "%Y-%m-%dT%H:%M:%S"
_JSON_TIME = "%Y-%m-%dT%H:%M:%SZ"
# Python's names for levels that AWS names differently.
_LEVELS = {"TRACE": "DEBUG", "FATAL": "CRITICAL"}

# AWS's framing of a record: type and level, length in bytes, microseconds since 1970.
_FRAME = struct.Struct("!IIQ")
_LONGEST_FRAME = 256 * 1024
_TEXT_FRAME, _JSON_FRAME = 0xA55A0003, 0xA55A0002
_LEVEL_BITS = {
    logging.DEBUG: 0x08,
    logging.INFO: 0x0C,
    logging.WARNING: 0x10,
    logging.ERROR: 0x14,
    logging.CRITICAL: 0x18,
}


class UnbufferedText(io.TextIOWrapper):
    """A standard stream whose every write reaches the log at once: a crash loses nothing."""

    def write(self, text: str) -> int:
        """Write and flush."""
        count = super().write(text)
        self.flush()
        return count


def _open_stream(descriptor: int, errors: str) -> UnbufferedText:
    binary = io.BufferedWriter(io.FileIO(descriptor, "wb", closefd=False))
    return UnbufferedText(binary, encoding="utf-8", errors=errors)


def take_over_standard_streams() -> None:
    """Open Python's standard streams anew on descriptors 0, 1 and 2, which have changed."""
    nothing = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, "rb", closefd=False)))
    sys.stdin = sys.__stdin__ = nothing  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _open_stream(1, "surrogateescape")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _open_stream(2, "backslashreplace")  # type: ignore[misc]


class RequestIdFilter(logging.Filter):
    """Adds the current request id to every log record."""

    request_id = ""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the id, and let every record pass."""
        record.aws_request_id = self.request_id
        return True


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object, with AWS's keys in AWS's order and without nulls."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line."""
        fields: dict[str, Any] = {
            "timestamp": self.formatTime(record, _JSON_TIME),
            "level": record.levelname,
            "message": record.msg if isinstance(record.msg, dict) else record.getMessage(),
            "logger": record.name,
            **_exception_fields(record),
            "requestId": getattr(record, "aws_request_id", ""),
        }
        if record.exc_info:
            fields["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        extra = {name: value for name, value in vars(record).items() if name not in _OWN_FIELDS}
        shown = {name: value for name, value in {**fields, **extra}.items() if value is not None}
        return json.dumps(shown, ensure_ascii=False, default=str) + "\n"


_OWN_FIELDS = {*vars(logging.makeLogRecord({})), "aws_request_id", "message", "asctime"}


def _exception_fields(record: logging.LogRecord) -> dict[str, Any]:
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    error_type, error, trace = record.exc_info
    return {
        "stackTrace": traceback.format_tb(trace),
        "errorType": error_type.__name__,
        "errorMessage": str(error),
    }


class LambdaLoggerHandler(logging.Handler):
    """Writes each record to the log as a whole, however many lines it has."""

    def emit(self, record: logging.LogRecord) -> None:
        """Format and write the record."""
        try:
            write_record(
                self.format(record), record.levelno, isinstance(self.formatter, JsonFormatter)
            )
        except Exception:
            self.handleError(record)


def write_record(text: str, level: int, is_json: bool) -> None:
    """Write one log record in AWS's framing, in pieces where it is longer than a record may be."""
    payload = text.encode("utf-8", errors="replace")
    kind = (_JSON_FRAME if is_json else _TEXT_FRAME) | _LEVEL_BITS.get(level, 0)
    for start in range(0, max(len(payload), 1), _LONGEST_FRAME):
        piece = payload[start : start + _LONGEST_FRAME]
        frame = _FRAME.pack(kind, len(piece), time.time_ns() // 1000) + piece
        # A pipe that is nearly full takes a part.
        while frame:
            frame = frame[os.write(LOG_DESCRIPTOR, frame) :]


def logs_json() -> bool:
    """Return whether the function's ``LoggingConfig`` asks for JSON."""
    return os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON"


def configure_logging() -> RequestIdFilter:
    """Give the root logger AWS's handler, format and level (WARNING unless a level is set)."""
    logging.Formatter.converter = time.gmtime
    request_id_filter = RequestIdFilter()
    handler = LambdaLoggerHandler()
    handler.setFormatter(
        JsonFormatter() if logs_json() else logging.Formatter(_TEXT_FORMAT, _TEXT_TIME)
    )
    handler.addFilter(request_id_filter)
    root = logging.getLogger()
    root.addHandler(handler)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    if level:
        root.setLevel(_LEVELS.get(level, level))
    return request_id_filter
