"""The end of an environment's processes in AWS's order, when extensions are among them."""

from __future__ import annotations

import signal
import time

from lambda_tui import limits
from lambda_tui.engine.deadline import Deadline
from lambda_tui.engine.runtime_api import (
    Extension,
    Extensions,
    ExtensionState,
    ShutdownEvent,
    ShutdownReason,
)
from lambda_tui.engine.wire import InitProcess


class Ending:
    """SIGTERM to the runtime, SHUTDOWN to external extensions, and then everything is killed.

    The init process says when nothing is left. Without extensions there is no such courtesy: AWS
    kills at once.
    """

    def __init__(self, init: InitProcess, extensions: Extensions, reason: ShutdownReason) -> None:
        self._init = init
        self._extensions = extensions
        self._reason: ShutdownReason = reason
        has_external = bool(extensions.external)
        self._budget = limits.SHUTDOWN_SECONDS if has_external else limits.INTERNAL_SHUTDOWN_SECONDS
        self._runtime_seconds = self._budget * (
            limits.RUNTIME_SHUTDOWN_SHARE if has_external else 1.0
        )
        self._until = time.monotonic() + self._budget
        self._waiting: list[Extension] = []
        self._has_told = False
        self._limit = Deadline(self._hurry)

    def begin(self) -> None:
        """Lets everything run, to end."""
        self._init.thaw()
        if not self._init.runtime_runs:
            self.on_runtime_exited()
            return
        self._init.signal_runtime(signal.SIGTERM)
        self._limit.set(self._runtime_seconds)

    def cancel(self) -> None:
        """There is nothing left to end."""
        self._limit.clear()

    def on_runtime_exited(self) -> None:
        """Now external extensions are told."""
        if self._has_told:
            return
        self._has_told = True
        remaining = max(self._until - time.monotonic(), 0.0)
        event = ShutdownEvent(self._reason, int((time.time() + remaining) * 1000))
        self._waiting = self._extensions.shut_down(event)
        for extension in self._extensions.external:
            if extension not in self._waiting and not extension.has_exited:
                self._init.kill_extension(extension.name)
        self._limit.set(remaining)
        self._kill_when_done()

    def on_extension_exited(self, extension: Extension, wait_status: int) -> None:
        """One of them has ended, as it was told to or not."""
        if extension in self._waiting:
            self._waiting.remove(extension)
            extension.state = (
                ExtensionState.SHUTDOWN_FAILED if wait_status else ExtensionState.EXITED
            )
        self._kill_when_done()

    def _kill_when_done(self) -> None:
        if self._has_told and not self._waiting:
            self._limit.clear()
            self._init.reset()

    def _hurry(self) -> None:
        """Somebody's time is over."""
        if not self._has_told:
            self._init.kill_runtime()
            return
        for extension in self._waiting:
            extension.state = ExtensionState.SHUTDOWN_FAILED
        self._waiting = []
        self._init.reset()
