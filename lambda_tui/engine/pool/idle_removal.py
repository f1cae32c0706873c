"""The removal of idle environments, with one timer for all of a pool."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from lambda_tui.engine.environment import ExecutionEnvironment


class IdleRemoval:
    """Shuts down each environment that has been idle for the timeout."""

    def __init__(self, environments: Sequence[ExecutionEnvironment], idle_timeout: float) -> None:
        """``environments`` are all of the pool; ``idle_timeout`` is in seconds."""
        self._environments = environments
        self._idle_timeout = idle_timeout
        self._timer: asyncio.TimerHandle | None = None

    def plan(self, environment: ExecutionEnvironment) -> None:
        """Plan the removal of an environment that is idle from now; an invocation cancels it."""
        environment.remove_at(time.monotonic() + self._idle_timeout)
        if self._timer is None:
            self._set_timer()

    def set_timeout(self, seconds: float) -> None:
        """Take another timeout, also for environments that are idle already."""
        more, self._idle_timeout = seconds - self._idle_timeout, seconds
        for one in self._environments:
            if one.removal_at is not None:
                one.remove_at(one.removal_at + more)
        self.close()
        self._set_timer()

    def close(self) -> None:
        """Remove no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self) -> None:
        """Wait for the next removal."""
        due = [one.removal_at for one in self._environments if one.removal_at is not None]
        if due:
            delay = max(min(due) - time.monotonic(), 0.0)
            self._timer = asyncio.get_running_loop().call_later(delay, self._remove_due)

    def _remove_due(self) -> None:
        self._timer = None
        now = time.monotonic()
        for environment in list(self._environments):
            if environment.removal_at is not None and environment.removal_at <= now:
                environment.remove_at(None)
                environment.shut_down("idle")
        self._set_timer()
