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
from collections.abc import Iterable
from typing import Any

LOG_DESCRIPTOR = 62
"""Descriptor for whole log records; on AWS the runtime finds the number in its environment."""

_TEXT_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
_TEXT_TIME = "%Y-%m-%dT%H:%M:%S"
_JSON_TIME = "%Y-%m-%dT%H:%M:%SZ"
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


class Unbuffered:
    """A standard stream whose every write reaches the log at once: a crash loses nothing."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self.stream = stream

    def __enter__(self) -> Unbuffered:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the stream's own
        return getattr(self.stream, name)

    def write(self, text: str) -> None:
        """Write and flush."""
        self.stream.write(text)
        self.stream.flush()

    def writelines(self, texts: Iterable[str]) -> None:
        """Write several texts and flush."""
        self.stream.writelines(texts)
        self.stream.flush()


def _open_stream(descriptor: int, name: str, errors: str) -> io.TextIOWrapper:
    """Return a stream as Python itself opens it where it is connected to a pipe."""
    raw = io.FileIO(descriptor, "wb", closefd=False)
    raw.name = f"<{name}>"
    is_error = name == "stderr"
    stream = io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding="utf-8",
        errors=errors,
        newline="\n",
        line_buffering=is_error,
    )
    vars(stream)["mode"] = "w"
    return stream


def take_over_standard_streams() -> None:
    """Open Python's standard streams anew on descriptors 0, 1 and 2, which have changed."""
    raw = io.FileIO(0, "rb", closefd=False)
    raw.name = "<stdin>"
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(  # type: ignore[misc]
        io.BufferedReader(raw), encoding="utf-8", errors="surrogateescape"
    )
    vars(sys.stdin)["mode"] = "r"
    sys.__stdout__ = _open_stream(1, "stdout", "surrogateescape")  # type: ignore[misc]
    sys.__stderr__ = _open_stream(2, "stderr", "backslashreplace")  # type: ignore[misc]
    sys.stdout, sys.stderr = Unbuffered(sys.__stdout__), Unbuffered(sys.__stderr__)


class LogSink:
    """The log as AWS's handlers have it: a text that is written to it is one record."""

    def log(self, text: str) -> None:
        """Write a text without a level."""
        write_record(text, logging.NOTSET, is_json=False)


class LambdaLoggerFilter(logging.Filter):
    """Adds the current request id and tenant to every log record."""

    request_id = ""
    tenant_id: str | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Add both, and let every record pass."""
        record.aws_request_id = self.request_id
        record.tenant_id = self.tenant_id
        return True


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object, with AWS's keys in AWS's order and without nulls."""

    def __init__(self) -> None:
        super().__init__(datefmt=_JSON_TIME)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line, and give it the level that it is filtered by."""
        record.levelno = _named_level(record)
        record.levelname = logging.getLevelName(record.levelno)
        is_object = isinstance(record.msg, dict) and not record.args
        fields: dict[str, Any] = {
            "timestamp": self.formatTime(record, self.datefmt),
            "level": record.levelname,
            "message": record.msg if is_object else record.getMessage(),
            "logger": record.name,
            **_exception_fields(record),
            "requestId": getattr(record, "aws_request_id", None),
            "location": None,
        }
        if record.exc_info:
            fields["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        tenant = getattr(record, "tenant_id", None)
        if tenant is not None:
            fields["tenantId"] = tenant
        extra = vars(record).items()
        fields.update(
            (name, value) for name, value in extra if name not in _OWN_FIELDS and name not in fields
        )
        shown = {name: value for name, value in fields.items() if value is not None}
        return _encode(shown) + "\n"


# Whatever cannot be encoded is turned into text.
_encode = json.JSONEncoder(ensure_ascii=False, default=str).encode
# The attributes of a record that are no extra ones, by AWS's list: ``taskName`` is not among them.
_OWN_FIELDS = frozenset(
    {
        *("name", "msg", "args", "levelname", "levelno", "pathname", "filename", "module"),
        *("exc_info", "exc_text", "stack_info", "lineno", "funcName", "created", "msecs"),
        *("relativeCreated", "thread", "threadName", "processName", "process"),
        *("aws_request_id", "tenant_id", "_frame_type"),
    }
)


def _exception_fields(record: logging.LogRecord) -> dict[str, Any]:
    if not record.exc_info:
        return {"stackTrace": None, "errorType": None, "errorMessage": None}
    error_type, error, trace = record.exc_info
    return {
        "stackTrace": traceback.format_tb(trace),
        # A failing call of the function's, as on AWS, where there is no error to be logged.
        "errorType": error_type.__name__,  # type: ignore[union-attr]
        "errorMessage": str(error),
    }


def _named_level(record: logging.LogRecord) -> int:
    """Return the level of a record, or the next lower one of those that AWS knows."""
    return min(logging.CRITICAL, max(logging.NOTSET, record.levelno)) // 10 * 10


class LambdaLoggerHandler(logging.Handler):
    """Writes each record to the log as a whole, however many lines it has.

    An error in it is the caller's, which fails the invocation.
    """

    def __init__(self, log_sink: LogSink) -> None:
        super().__init__()
        self.log_sink = log_sink

    def emit(self, record: logging.LogRecord) -> None:
        """Format and write the record."""
        msg = self.format(record)
        self.log_sink.log(msg)


class LambdaLoggerHandlerWithFrameType(LambdaLoggerHandler):
    """Writes each record with its level, by which the platform filters."""

    def emit(self, record: logging.LogRecord) -> None:
        """Format and write the record."""
        text = self.format(record)
        write_record(text, _named_level(record), isinstance(self.formatter, JsonFormatter))


def write_record(text: str, level: int, is_json: bool) -> None:
    """Write one log record in AWS's framing, in pieces where it is longer than a record may be.

    Raise ``UnicodeEncodeError`` for text that cannot be UTF-8.
    """
    payload = text.encode("utf-8")
    kind = (_JSON_FRAME if is_json else _TEXT_FRAME) | _LEVEL_BITS.get(level, 0)
    for start in range(0, max(len(payload), 1), _LONGEST_FRAME):
        piece = payload[start : start + _LONGEST_FRAME]
        frame = _FRAME.pack(kind, len(piece), time.time_ns() // 1000) + piece
        # A pipe that is nearly full takes a part.
        while frame:
            frame = frame[os.write(LOG_DESCRIPTOR, frame) :]


def logs_json() -> bool:
    """Return whether the function's ``LoggingConfig`` asks for JSON."""
    return os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"


def configure_logging() -> LambdaLoggerFilter:
    """Give the root logger AWS's handler, format and level (WARNING unless a level is set)."""
    logging.Formatter.converter = time.gmtime
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    # Python's name for a level that AWS names differently.
    level = "DEBUG" if level == "TRACE" else level
    is_json = logs_json()
    kind = LambdaLoggerHandlerWithFrameType if is_json or level else LambdaLoggerHandler
    handler = kind(LogSink())
    handler.setFormatter(
        JsonFormatter() if is_json else logging.Formatter(_TEXT_FORMAT, _TEXT_TIME)
    )
    log_filter = LambdaLoggerFilter()
    handler.addFilter(log_filter)
    root = logging.getLogger()
    root.addHandler(handler)
    if level in logging._nameToLevel:
        root.setLevel(level)
    return log_filter
