"""The screen's memory of what the engine has reported, kept for the next paint."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from lambda_tui.engine import events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.invocation import Invocation
from lambda_tui.history import InvocationRecord, Recorder
from lambda_tui.ui.log import LogRecorder, LogStore
from lambda_tui.ui.model import Inits, Invocations, TmpChange, TmpChanges
from lambda_tui.ui.model.lives import RECORDS, Lives

FRAME = 1 / 15
"""Seconds between two paints while something changes."""


class Feed:
    """Listens to the engine's events; keeps log records, invocations and lives.

    ``paint`` is called by the loop, at most once in ``FRAME`` seconds and only after events or a
    request.
    """

    def __init__(self, engine: Engine, paint: Callable[[], None]) -> None:
        self.log = LogStore()
        self.recorder = Recorder(engine.pools)
        self.invocations = Invocations(engine.pools, self._on_over, self.recorder.update)
        self.inits = Inits()
        self.tmp_changes = TmpChanges(engine, self.invocations.session, self._on_tmp_change)
        self.lives = Lives(self._environment)
        self.pools = engine.pools
        self._paint = paint
        self._log_recorder = LogRecorder(engine.pools)
        self._timer: asyncio.TimerHandle | None = None
        self._painted_at = 0.0
        # First, so that whoever is painted finds the lives as they are.
        self._stop_living = engine.events.listen(self.lives.add, *RECORDS)
        self._stop_listening = engine.events.listen(self._on_event)

    def close(self) -> None:
        """Stop listening, and paint no more."""
        self._stop_living()
        self._stop_listening()
        self.tmp_changes.close()
        if self._timer is not None:
            self._timer.cancel()
        self.log.close()

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
        self.recorder.keep(record, invocation, self.inits.to_keep(record))
        self.request_paint()

    def _on_tmp_change(self, change: TmpChange) -> None:
        self.invocations.note_tmp(change)
        self.request_paint()

    def _on_event(self, event: events.Event) -> None:
        self.invocations.on_event(event)
        self.recorder.on_event(event)
        self.inits.on_event(event)
        for record in self._log_recorder.records(event):
            self.log.add(record)
        self.request_paint()

    def _environment(self, function: str, id: str) -> ExecutionEnvironment | None:
        pool = self.pools.get(function)
        # The newest is asked for most: each is looked up when it begins.
        environments = reversed(pool.environments) if pool is not None else ()
        return next((each for each in environments if each.id == id), None)
