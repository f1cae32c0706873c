"""A phase's time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls back once when a time limit is over, unless it is cleared or set anew before.

    It is set and cleared with every invocation, so a timer that runs is left to run: when it is
    over it looks whether the limit is.
    """

    def __init__(self, on_over: Callable[[], None]) -> None:
        self.is_over = False
        """Whether the limit that was set last has passed."""
        self._loop = asyncio.get_running_loop()
        self._on_over = on_over
        self._due: float | None = None
        """Loop time at which the limit is over; None while there is none."""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0
        """Loop time at which the timer fires: when the limit is over, or before."""

    def set(self, seconds: float) -> None:
        """Starts a limit that counts from now."""
        self.is_over = False
        self._due = due = self._loop.time() + seconds
        if self._timer is None or self._timer_due > due:
            self._start(due)

    def clear(self) -> None:
        """Stops the clock."""
        self._due = None

    def close(self) -> None:
        """Stops the clock for good, and lets go of whom it would call."""
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._due > self._timer_due:
            self._start(self._due)
        else:
            self._due = None
            self.is_over = True
            self._on_over()
