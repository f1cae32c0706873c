"""The event loop does not go to sleep the moment that it has nothing to do."""

from __future__ import annotations

import asyncio
import os
import time

from lambda_tui.engine.events import Event, EventStream, Report, Start

_URGENT = (Start, Report)
"""What is soon followed by more."""
MOMENT = 0.0001
"""Seconds in which quick functions answer, and callers send their next request."""


def keep_awake(stream: EventStream) -> None:
    """Keeps the loop looking for a moment after each begin and end of an invocation.

    To be woken from another core may take longer than what a loop is woken for; on the only core
    it would be in everybody's way.
    """
    if cores() > 1:
        stream.listen(_Wakefulness().note)


class _Wakefulness:
    """Until when the loop looks."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._until = 0.0
        """Monotonic time of its next sleep, at the earliest."""
        self._is_awake = False

    def note(self, event: Event) -> None:
        """Something has happened."""
        if isinstance(event.record, _URGENT):
            self._until = time.monotonic() + MOMENT
            if not self._is_awake:
                self._is_awake = True
                self._loop.call_soon(self._look_again)

    def _look_again(self) -> None:
        """As long as something is to be called soon, the loop looks without waiting."""
        self._is_awake = time.monotonic() < self._until
        if self._is_awake:
            self._loop.call_soon(self._look_again)


def cores() -> int:
    """How many this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
