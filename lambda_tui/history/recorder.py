"""Gathers what the engine tells of invocations, and gives it to the history when they are over."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from lambda_tui.engine import events
from lambda_tui.engine.events import log_text
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool
from lambda_tui.history.contents import MOST_OF_EACH
from lambda_tui.history.invocation_record import InvocationRecord
from lambda_tui.history.store import History
from lambda_tui.project.function import LoggingConfig

_TEXT_LOGGING = LoggingConfig()


class Recorder:
    """The logs of environments since their last invocations, and the way of these to the history.

    Nothing is gathered while ``history`` is None.
    """

    def __init__(self, pools: Mapping[str, Pool]) -> None:
        self.history: History | None = None
        self._pools = pools
        self._logs: dict[str, _Log] = {}
        """By the environments' ids."""

    def on_event(self, event: events.Event) -> None:
        """Take notice of an event of the engine."""
        if self.history is None or not event.environment:
            return
        if isinstance(event.record, events.StateChange):
            if event.record.state is State.ENDED:
                self._logs.pop(event.environment, None)
            return
        pool = self._pools.get(event.function)
        text = log_text(event, _TEXT_LOGGING if pool is None else pool.function.logging)
        if text is None:
            return
        log = self._logs.get(event.environment)
        if log is None:
            log = self._logs[event.environment] = _Log()
        log.add(text)

    def keep(
        self, record: InvocationRecord, invocation: Invocation, extras: Mapping[str, bytes]
    ) -> None:
        """Keep an invocation that is over, with the log from its environment's Init on."""
        log = self._logs.pop(invocation.environment_id or "", None)
        if self.history is not None:
            text = "" if log is None else log.text
            self.history.add(record, invocation.payload, invocation.response, text, extras)

    def update(self, record: InvocationRecord, later: Mapping[str, bytes] | None = None) -> None:
        """Keep what has become known of an invocation after its end."""
        if self.history is not None:
            self.history.update(record, later)


class _Log:
    """The newest lines of a log, bounded."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque()
        self._characters = 0

    def add(self, line: str) -> None:
        """Add a line, and drop the oldest ones that would not be kept."""
        self._lines.append(line)
        self._characters += len(line) + 1
        # A character has a byte at least.
        while self._characters - len(self._lines[0]) > MOST_OF_EACH:
            self._characters -= len(self._lines.popleft()) + 1

    @property
    def text(self) -> str:
        """The lines, each with its end."""
        return "".join(f"{line}\n" for line in self._lines)
