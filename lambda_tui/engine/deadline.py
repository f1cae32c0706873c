"""A phase's time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls back once when a time limit is over, unless it is cleared or set anew before."""

    def __init__(self, on_over: Callable[[], None]) -> None:
        self.is_over = False
        """Whether the limit that was set last has passed."""
        self._loop = asyncio.get_running_loop()
        self._on_over = on_over
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """Starts a limit that counts from now."""
        self.clear()
        self.is_over = False
        self._timer = self._loop.call_later(seconds, self._pass)

    def clear(self) -> None:
        """Stops the clock."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _pass(self) -> None:
        self.is_over = True
        self._on_over()
