"""A time limit that is set and cleared often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls back once when a time limit has passed, unless it is cleared or set anew before.

    It is set and cleared with every invocation. So a running timer is not cancelled: when it fires
    it checks whether the limit has passed, and otherwise waits for the rest.
    """

    def __init__(self, on_limit: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_limit = on_limit
        self._due: float | None = None
        """Loop time at which the limit passes; None while there is none."""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0
        """Loop time at which the timer fires: when the limit passes, or before."""

    def set(self, seconds: float) -> None:
        """Start a limit that counts from now."""
        self._due = due = self._loop.time() + seconds
        if self._timer is None or self._timer_due > due:
            self._start(due)

    def clear(self) -> None:
        """Stop the clock."""
        self._due = None

    def close(self) -> None:
        """Stop the clock for good, and release the callback."""
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        self._timer = self._loop.call_at(due, self._check)

    def _check(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._due > self._timer_due:
            self._start(self._due)
        else:
            self._due = None
            self._on_limit()
