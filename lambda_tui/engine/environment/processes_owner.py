"""What an environment's processes say to the environment."""

from __future__ import annotations

from typing import Protocol

from lambda_tui.engine import events
from lambda_tui.engine.environment.loss import Loss
from lambda_tui.engine.wire import RuntimeFrame


class ProcessesOwner(Protocol):
    """Who is told what becomes of the processes: the execution environment."""

    def on_built(self) -> None:
        """They may be started: the sandbox is on its way, and its network is connected."""

    def on_started(self, at: float) -> None:
        """The first of them was started at this monotonic time."""

    def on_runtime_initialised(self, frame: RuntimeFrame) -> None:
        """The runtime is ready, or has posted why it will never be."""

    def on_answer(self, frame: RuntimeFrame) -> None:
        """The runtime has answered an invocation, or given a part of its answer."""

    def on_runtime_done(self) -> None:
        """The runtime that has answered asks for its next event."""

    def on_ready(self) -> None:
        """The runtime and every extension have asked for their next event."""

    def on_ending(self) -> None:
        """Extensions are told of the reset to come."""

    def on_lost(self, why: Loss) -> None:
        """No process is left, for this reason."""

    def on_frozen(self) -> None:
        """Every process is stopped."""

    def on_log(self, text: str) -> None:
        """A log record was written by the function."""

    def on_extension_log(self, text: str) -> None:
        """A line was written by an extension."""

    def on_ended(self, problem: str | None) -> None:
        """The init process is gone; the problem says why it never stood, if that is so."""

    def emit(self, record: events.Record) -> None:
        """Puts a record of the environment on the stream."""
