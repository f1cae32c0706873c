"""When idle environments are removed: one timer for all of a pool."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from lambda_tui.engine.environment import ExecutionEnvironment


class IdleRemoval:
    """Shuts down each environment whose time has come."""

    def __init__(self, environments: Sequence[ExecutionEnvironment], idle_timeout: float) -> None:
        """``idle_timeout`` in seconds."""
        self._environments = environments
        self._idle_timeout = idle_timeout
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, environment: ExecutionEnvironment) -> None:
        """It is idle from now; an invocation takes its time of removal away again."""
        environment.removal_at = time.monotonic() + self._idle_timeout
        if self._timer is None:
            self._plan()

    def close(self) -> None:
        """Removes none any more."""
        if self._timer is not None:
            self._timer.cancel()

    def _plan(self) -> None:
        """For whichever is the next to go."""
        due = [one.removal_at for one in self._environments if one.removal_at is not None]
        if due:
            delay = max(min(due) - time.monotonic(), 0.0)
            self._timer = asyncio.get_running_loop().call_later(delay, self._remove)

    def _remove(self) -> None:
        self._timer = None
        now = time.monotonic()
        for environment in list(self._environments):
            if environment.removal_at is not None and environment.removal_at <= now:
                environment.removal_at = None
                environment.shut_down("idle")
        self._plan()
