"""The Shutdown phase: the processes of an environment with extensions end in AWS's order."""

from __future__ import annotations

import signal
import time

from lambda_tui import limits
from lambda_tui.engine.event_loop import Deadline
from lambda_tui.engine.runtime_api import (
    FLUSH_SECONDS,
    Extension,
    Extensions,
    ExtensionState,
    ShutdownEvent,
    ShutdownReason,
)
from lambda_tui.engine.wire import InitProcess


class ShutdownPhase:
    """Sends SIGTERM to the runtime, then SHUTDOWN to external extensions, then kills what is left.

    The init process reports when nothing is left. Without extensions there is no such phase: AWS
    kills the runtime at once.
    """

    def __init__(
        self,
        init: InitProcess,
        extensions: Extensions,
        reason: ShutdownReason,
        *,
        has_subscribers: bool,
    ) -> None:
        """``has_subscribers`` where extensions have events to come before they are told."""
        self._init = init
        self._extensions = extensions
        self._reason: ShutdownReason = reason
        self._flush_seconds = FLUSH_SECONDS if has_subscribers else 0.0
        has_external = bool(extensions.external)
        seconds = limits.SHUTDOWN_SECONDS if has_external else limits.INTERNAL_SHUTDOWN_SECONDS
        share = limits.RUNTIME_SHUTDOWN_SHARE if has_external else 1.0
        self._runtime_seconds = seconds * share
        self._until = time.monotonic() + seconds
        self._waiting: list[Extension] = []
        """Extensions that have received SHUTDOWN and run."""
        self._extensions_are_told = False
        self._limit = Deadline(self._on_limit)

    def begin(self) -> None:
        """Begin with the runtime."""
        # A frozen process receives no signal before it is continued.
        self._init.thaw()
        if not self._init.runtime_is_running:
            self.on_runtime_exited()
            return
        self._init.signal_runtime(signal.SIGTERM)
        self._limit.set(self._runtime_seconds)

    def cancel(self) -> None:
        """Stop the clock for good: nothing is left to end."""
        self._limit.close()

    def on_runtime_exited(self) -> None:
        """Go on with the external extensions."""
        if self._extensions_are_told:
            return
        self._extensions_are_told = True
        remaining = max(self._until - time.monotonic(), 0.0)
        event = ShutdownEvent(self._reason, int((time.time() + remaining) * 1000))
        self._waiting = self._extensions.shut_down(event)
        for extension in self._extensions.external:
            if extension not in self._waiting and not extension.has_exited:
                self._init.kill_extension(extension.name)
        self._limit.set(remaining + self._flush_seconds)
        self._kill_when_done()

    def on_extension_exited(self, extension: Extension, wait_status: int) -> None:
        """Take notice of an extension that has ended, on SHUTDOWN or otherwise."""
        if extension in self._waiting:
            self._waiting.remove(extension)
            extension.state = (
                ExtensionState.SHUTDOWN_FAILED if wait_status else ExtensionState.EXITED
            )
        self._kill_when_done()

    def _kill_when_done(self) -> None:
        if self._extensions_are_told and not self._waiting:
            self._limit.clear()
            self._init.reset()

    def _on_limit(self) -> None:
        """Kill whatever has exceeded its time."""
        if not self._extensions_are_told:
            self._init.kill_runtime()
            return
        for extension in self._waiting:
            extension.state = ExtensionState.SHUTDOWN_FAILED
        self._waiting = []
        self._init.reset()
