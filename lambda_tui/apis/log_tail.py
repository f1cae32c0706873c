"""The end of one invocation's log, for ``X-Amz-Log-Result``."""

from __future__ import annotations

import base64

from lambda_tui.engine import events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import log_text
from lambda_tui.project.function import Function

TAIL = 4096
"""Bytes of it that the caller gets."""


class LogTail:
    """Gathers what is logged from START to REPORT."""

    def __init__(self, engine: Engine, function: Function) -> None:
        self.request_id = ""
        """Of the invocation; nothing is gathered before it is set."""
        self._function = function
        self._text = b""
        self._stop = engine.events.listen(self._note)

    def finish(self) -> str:
        """The last bytes in base64; gathers no more."""
        self._stop()
        return base64.b64encode(self._text).decode()

    def _note(self, event: events.Event) -> None:
        if getattr(event.record, "request_id", None) != self.request_id:
            return
        text = log_text(event, self._function.logging)
        if text is not None:
            line = f"{text}\n".encode("utf-8", "replace")
            self._text = (self._text + line)[-TAIL:]
