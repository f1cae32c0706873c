"""Standard output and ``logging``, as AWS's Python runtime sets them up."""

from __future__ import annotations

import io
import logging
import os
import sys
import time

_TEXT_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"


class UnbufferedText(io.TextIOWrapper):
    """A standard stream whose every write reaches the log at once: a crash loses nothing."""

    def write(self, text: str) -> int:
        """Writes and flushes."""
        count = super().write(text)
        self.flush()
        return count


def _open_stream(descriptor: int, errors: str) -> UnbufferedText:
    binary = io.BufferedWriter(io.FileIO(descriptor, "wb", closefd=False))
    return UnbufferedText(binary, encoding="utf-8", errors=errors)


def _open_nothing() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedReader(io.FileIO(0, "rb", closefd=False)))


def take_over_standard_streams() -> None:
    """Points Python's standard streams at descriptors 0, 1 and 2 as they are now."""
    sys.stdin = sys.__stdin__ = _open_nothing()  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = _open_stream(1, "surrogateescape")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _open_stream(2, "backslashreplace")  # type: ignore[misc]


class RequestIdFilter(logging.Filter):
    """Puts the current request id on every log record."""

    request_id = ""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass."""
        record.aws_request_id = self.request_id
        return True


class LambdaLoggerHandler(logging.Handler):
    """Writes each record to standard output as one log record, however many lines it has."""

    def emit(self, record: logging.LogRecord) -> None:
        """Formats and writes; inner line ends become ``\\r``, which keeps the lines together."""
        try:
            text = self.format(record)
            sys.stdout.write(text.rstrip("\n").replace("\n", "\r") + "\n")
        except Exception:
            self.handleError(record)


def configure_logging() -> RequestIdFilter:
    """Gives the root logger AWS's handler, format and level (WARNING unless a level is set)."""
    logging.Formatter.converter = time.gmtime
    request_id_filter = RequestIdFilter()
    handler = LambdaLoggerHandler()
    handler.setFormatter(logging.Formatter(_TEXT_FORMAT, _TIME_FORMAT))
    handler.addFilter(request_id_filter)
    root = logging.getLogger()
    root.addHandler(handler)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    if level:
        root.setLevel({"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(level, level))
    return request_id_filter
