"""Busy polling of the event loop, for moments in which more is about to come."""

from __future__ import annotations

import asyncio
import os
import time

from lambda_tui.engine.events import Event, EventStream, Report, Start

POLLING_SECONDS = 0.0001
"""Time in which quick functions answer, and callers send their next request."""


def poll_after_invocations(stream: EventStream) -> None:
    """Keep the loop polling for a moment after each invocation starts or ends.

    A wake-up from another core can take longer than the work it is for. With one core, polling
    would only delay the others.
    """
    if available_cores() > 1:
        stream.listen(_BusyPolling().on_event, Start, Report)


class _BusyPolling:
    """Keeps a callback scheduled, so that the loop's selector does not block."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._until = 0.0
        """Monotonic time before which the loop does not block."""
        self._is_polling = False

    def on_event(self, _event: Event) -> None:
        """Poll for another moment."""
        self._until = time.monotonic() + POLLING_SECONDS
        if not self._is_polling:
            self._is_polling = True
            self._loop.call_soon(self._poll)

    def _poll(self) -> None:
        self._is_polling = time.monotonic() < self._until
        if self._is_polling:
            self._loop.call_soon(self._poll)


def available_cores() -> int:
    """Return the number of cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
