"""Takes the engine's events as they come and keeps them for the next paint."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from lambda_tui.engine import events
from lambda_tui.project.function import LoggingConfig
from lambda_tui.ui.log_lines import LogRecord, log_records
from lambda_tui.ui.timeline import Timeline

if TYPE_CHECKING:
    from lambda_tui.engine.engine import Engine

FRAME = 1 / 15
"""Seconds between two paints while something changes."""
RECORDS = 10_000
"""Log records that are kept."""
CHARACTERS = 32_000_000
"""Characters of log records that are kept: megabyte lines must not add up."""
ENVIRONMENTS = 500
"""Environments whose number and timeline are remembered."""
_PLAIN = LoggingConfig()


class Feed:
    """The screen's memory of the event stream: bounded log records, and a timeline per environment.

    ``paint`` is called from the loop, at most once per ``FRAME`` and only after events.
    """

    def __init__(self, engine: Engine, paint: Callable[[], None]) -> None:
        self.records: deque[LogRecord] = deque()
        self.fresh: deque[LogRecord] = deque(maxlen=RECORDS)
        """Records since the last ``take``."""
        self.forgotten: set[str] = set()
        """Functions of which the oldest records are kept no more, as there were too many."""
        self.timelines: dict[str, Timeline] = {}
        """By environment id."""
        self._engine = engine
        self._paint = paint
        self._numbers: dict[str, int] = {}
        self._characters = 0
        self._timer: asyncio.TimerHandle | None = None
        self._painted_at = 0.0
        self._stop_listening = engine.events.listen(self._on_event)

    def close(self) -> None:
        """Listens no more."""
        self._stop_listening()
        if self._timer is not None:
            self._timer.cancel()

    def take(self) -> list[LogRecord]:
        """The records that came since the last call."""
        fresh = list(self.fresh)
        self.fresh.clear()
        return fresh

    def clear(self, function: str) -> None:
        """Forgets the records of a function, or all when the name is empty."""
        kept = [record for record in self.records if function and record.function != function]
        self.records = deque(kept)
        self.fresh.clear()
        self.forgotten = self.forgotten - {function} if function else set()
        self._characters = sum(len(record.message) for record in kept)

    def tick(self) -> None:
        """Lets the timelines grow with the clock."""
        now = time.time()
        for timeline in self.timelines.values():
            timeline.tick(now)

    def request_paint(self) -> None:
        """Asks for a paint: now after a quiet time, else when the frame is over."""
        if self._timer is not None:
            return
        wait = max(0.0, self._painted_at + FRAME - time.monotonic())
        self._timer = asyncio.get_running_loop().call_later(wait, self._paint_now)

    def _paint_now(self) -> None:
        self._timer = None
        self._painted_at = time.monotonic()
        self._paint()

    def _on_event(self, event: events.Event) -> None:
        if event.environment:
            self._timeline(event.environment).add(event)
        pool = self._engine.pools.get(event.function)
        logging = pool.function.logging if pool is not None else _PLAIN
        for record in log_records(event, self._number(event), logging):
            self._keep(record)
        self.request_paint()

    def _keep(self, record: LogRecord) -> None:
        self.records.append(record)
        self.fresh.append(record)
        self._characters += len(record.message)
        while len(self.records) > RECORDS or self._characters > CHARACTERS:
            oldest = self.records.popleft()
            self._characters -= len(oldest.message)
            self.forgotten.add(oldest.function)

    def _timeline(self, environment: str) -> Timeline:
        timeline = self.timelines.get(environment)
        if timeline is None:
            timeline = self.timelines[environment] = Timeline()
            _forget_oldest(self.timelines)
        return timeline

    def _number(self, event: events.Event) -> int | None:
        if not event.environment or event.environment in self._numbers:
            return self._numbers.get(event.environment)
        pool = self._engine.pools.get(event.function)
        for environment in pool.environments if pool else ():
            if environment.id == event.environment:
                self._numbers[environment.id] = environment.number
                _forget_oldest(self._numbers)
                return environment.number
        return None


def _forget_oldest(known: dict[str, object] | dict[str, int] | dict[str, Timeline]) -> None:
    if len(known) > ENVIRONMENTS:
        del known[next(iter(known))]
