"""What each invocation has logged: the part of its environment's log that ends with its REPORT."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from lambda_tui.engine import events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import log_text
from lambda_tui.engine.lifecycle import State

LIMIT = 1 << 20
"""Characters of one invocation's log that are kept: its end."""


@dataclass(slots=True)
class _Log:
    texts: deque[str] = field(default_factory=deque)
    size: int = 0
    is_cut: bool = False

    def add(self, text: str) -> None:
        self.texts.append(text[-LIMIT:])
        self.size += len(self.texts[-1])
        while self.size > LIMIT:
            self.size -= len(self.texts.popleft())
            self.is_cut = True

    def __str__(self) -> str:
        start = ["… the lines before are left out"] if self.is_cut else []
        return "".join(f"{text}\n" for text in [*start, *self.texts])


class InvocationLogs:
    """Gathers logs from the event stream; what Init has logged counts for the first invocation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._unfinished: dict[str, _Log] = {}
        """By environment."""
        self._finished: dict[str, str] = {}
        """By request id."""
        engine.events.listen(self._note)

    def take(self, request_id: str) -> str:
        """The log of an invocation that is over, all its attempts together; forgets it."""
        return self._finished.pop(request_id, "")

    def _note(self, event: events.Event) -> None:
        if isinstance(event.record, events.StateChange) and event.record.state is State.ENDED:
            self._unfinished.pop(event.environment, None)
        pool = self._engine.pools.get(event.function)
        text = log_text(event, pool.function.logging) if pool is not None else None
        if text is not None:
            self._unfinished.setdefault(event.environment, _Log()).add(text)
        if isinstance(event.record, events.Report):
            log = self._unfinished.pop(event.environment, "")
            request_id = event.record.request_id
            self._finished[request_id] = self._finished.get(request_id, "") + str(log)
