"""The debug log: what happens inside, written to a file when something has to be found out.

It is off unless the user asks for it. Modules write to it through ``logging``, by loggers whose
names begin with ``lambda_tui``. It never has an event or a response, a variable of a function, a
credential or a line that a function has written: of those it has the length at most.
"""

from __future__ import annotations

import logging
import platform
import time
from enum import StrEnum
from pathlib import Path
from typing import Any

from lambda_tui import __version__
from lambda_tui.engine import events
from lambda_tui.engine.events import EventStream

LONGEST_VALUE = 200
"""Characters of a text that are written."""

_LOGGER = logging.getLogger("lambda_tui")
_LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"
_OWN_SENTENCES = (events.Notice, events.ProblemFound, events.ProblemSolved)
"""The records whose messages are lambda-tui's own."""
_UNTRUSTED_FIELDS = frozenset({"message", "payload", "dead_letter_attributes"})
"""Fields of records whose values functions have been given or have written."""


class DebugLogError(Exception):
    """The debug log cannot be written; ``str()`` is one sentence for the user."""


class _FileHandler(logging.FileHandler):
    """Writes to a file, and leaves out what cannot be written, for example on a full disk."""

    def handleError(self, record: logging.LogRecord) -> None:
        # By default logging would print a traceback on standard error, across the screen.
        return


def start(path: Path, command: str) -> None:
    """Append the debug log to a file from now on, beginning with the command's name.

    The command's arguments are left out, since they may hold a payload. Raises ``DebugLogError``.
    """
    try:
        handler = _FileHandler(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DebugLogError(f"the debug log {path} cannot be written: {reason}.") from error
    formatter = logging.Formatter(_LINE)
    formatter.converter = time.gmtime
    formatter.default_time_format = "%Y-%m-%dT%H:%M:%S"
    formatter.default_msec_format = "%s.%03dZ"
    handler.setFormatter(formatter)
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.DEBUG)
    # Not to the root logger as well, whose handlers may write to the terminal.
    _LOGGER.propagate = False
    python, system = platform.python_version(), platform.platform()
    _LOGGER.debug("lambda-tui %s, Python %s, %s: %s", __version__, python, system, command)


def log_events(stream: EventStream) -> None:
    """Write every event of a stream as one line, if the debug log is on."""
    if _LOGGER.isEnabledFor(logging.DEBUG):
        stream.listen(_log_event)


def _log_event(event: events.Event) -> None:
    record = event.record
    values = {name: getattr(record, name) for name in record.__struct_fields__}
    fields = [f"{name}={_shown(record, name, value)}" for name, value in values.items() if value]
    place = f"function={event.function!r} environment={event.environment!r}"
    _LOGGER.debug("%s %s", record.type, " ".join([place, *fields]))


def _shown(record: events.Record, name: str, value: Any) -> str:  # noqa: ANN401 - any field's
    """Return the value of a field on one line, or its length alone."""
    if name in _UNTRUSTED_FIELDS and not isinstance(record, _OWN_SENTENCES):
        return f"<length {len(value)}>"
    if name == "spans":
        text = ",".join(f"{span.name}:{span.duration_ms:.3f}" for span in value)
    else:
        plain = str(value) if isinstance(value, StrEnum) else value
        text = f"{plain:.3f}" if isinstance(plain, float) else repr(plain)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
