"""The screen's memory of what the engine has reported, kept for the next paint."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from lambda_tui.engine import events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.invocation import Invocation
from lambda_tui.history import InvocationRecord
from lambda_tui.project.function import LoggingConfig
from lambda_tui.ui.log import LogStore, log_records
from lambda_tui.ui.model import Invocations, TmpChange, TmpChanges
from lambda_tui.ui.timeline import Timeline

FRAME = 1 / 15
"""Seconds between two paints while something changes."""
ENVIRONMENTS = 500
"""Environments whose numbers and timelines are kept."""
_TEXT_LOGGING = LoggingConfig()
"""For events that belong to none of the project's functions."""


class Feed:
    """Listens to the engine's events; keeps log records, and a timeline for each environment.

    ``paint`` is called by the loop, at most once in ``FRAME`` seconds and only after events or a
    request.
    """

    def __init__(self, engine: Engine, paint: Callable[[], None]) -> None:
        self.log = LogStore()
        self.invocations = Invocations(engine.pools, self._on_over)
        self.timelines: dict[str, Timeline] = {}
        """By the environments' ids."""
        self.tmp_changes = TmpChanges(engine, self.invocations.session, self._on_tmp_change)
        self._engine = engine
        self._paint = paint
        self._numbers: dict[str, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._painted_at = 0.0
        self._stop_listening = engine.events.listen(self._on_event)

    def close(self) -> None:
        """Stop listening, and paint no more."""
        self._stop_listening()
        self.tmp_changes.close()
        if self._timer is not None:
            self._timer.cancel()

    def tick(self) -> None:
        """Let the timelines grow with the clock."""
        now = time.time()
        for timeline in self.timelines.values():
            timeline.tick(now)

    def request_paint(self) -> None:
        """Ask for a paint: at once after a quiet time, else when the frame is over."""
        if self._timer is not None:
            return
        wait = max(0.0, self._painted_at + FRAME - time.monotonic())
        self._timer = asyncio.get_running_loop().call_later(wait, self._paint_now)

    def _paint_now(self) -> None:
        self._timer = None
        self._painted_at = time.monotonic()
        self._paint()

    def _on_over(self, record: InvocationRecord, invocation: Invocation) -> None:
        self.request_paint()

    def _on_tmp_change(self, change: TmpChange) -> None:
        self.invocations.note_tmp(change)
        self.request_paint()

    def _on_event(self, event: events.Event) -> None:
        self.invocations.on_event(event)
        if event.environment:
            self._timeline(event.environment).add(event)
        pool = self._engine.pools.get(event.function)
        logging = pool.function.logging if pool is not None else _TEXT_LOGGING
        for record in log_records(event, self._number(event), logging):
            self.log.add(record)
        self.request_paint()

    def _timeline(self, environment: str) -> Timeline:
        timeline = self.timelines.get(environment)
        if timeline is None:
            timeline = self.timelines[environment] = Timeline()
            _drop_oldest(self.timelines)
        return timeline

    def _number(self, event: events.Event) -> int | None:
        """Return the environment's number, also when the pool no longer has the environment."""
        if not event.environment or event.environment in self._numbers:
            return self._numbers.get(event.environment)
        pool = self._engine.pools.get(event.function)
        for environment in pool.environments if pool else ():
            if environment.id == event.environment:
                self._numbers[environment.id] = environment.number
                _drop_oldest(self._numbers)
                return environment.number
        return None


def _drop_oldest(known: dict[str, Any]) -> None:
    if len(known) > ENVIRONMENTS:
        del known[next(iter(known))]
