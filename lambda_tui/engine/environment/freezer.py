"""The freezer: stops the processes of an idle environment, and continues them."""

from __future__ import annotations

from lambda_tui.engine.event_loop import Deadline
from lambda_tui.engine.wire import InitProcess

FREEZE_DELAY = 0.001
"""Seconds for which an environment that has answered may receive another invocation unfrozen."""
BUSY_FREEZE_DELAY = 0.02
"""The same for one that was idle for less than this before its last invocation."""


class Freezer:
    """Freezes an environment a moment after it has become idle; work in that moment cancels it."""

    def __init__(self, init: InitProcess) -> None:
        self.is_stopped = False
        """Whether the processes are stopped, or about to be."""
        self._init = init
        self._delay = FREEZE_DELAY
        self._timer = Deadline(self.freeze)

    def freeze_soon(self) -> None:
        """Freeze after a delay, which is longer where invocations follow one another closely."""
        self._timer.set(self._delay)

    def freeze(self) -> None:
        """Stop every process; the init process reports ``Frozen``."""
        if not self.is_stopped:
            self.is_stopped = True
            self._init.freeze()

    def thaw(self, idle_seconds: float) -> None:
        """Continue every process, after so many seconds without work."""
        self._timer.clear()
        self._delay = BUSY_FREEZE_DELAY if idle_seconds < BUSY_FREEZE_DELAY else FREEZE_DELAY
        if self.is_stopped:
            self.is_stopped = False
            self._init.thaw()

    def release(self) -> None:
        """Forget about freezing: the processes end, and whoever ends them continues them."""
        self._timer.clear()
        self.is_stopped = False

    def close(self) -> None:
        """Stop the clock for good."""
        self._timer.close()
