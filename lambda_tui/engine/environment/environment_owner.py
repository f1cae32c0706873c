"""What an environment and the pool that owns it say to each other."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from lambda_tui.engine import events

if TYPE_CHECKING:
    from lambda_tui.engine.environment.environment import ExecutionEnvironment
    from lambda_tui.engine.environment.sandboxed_environment import SandboxedEnvironment
    from lambda_tui.engine.launch import Network


@dataclass(frozen=True, slots=True)
class Replacement:
    """Why an environment is replaced by a new one."""

    reason: Literal["reload", "request"]
    files: tuple[str, ...] = ()
    """What has changed, for a reload."""
    began: float = field(default_factory=time.monotonic)
    """Monotonic time at which the change was seen."""


class EnvironmentOwner(Protocol):
    """What an environment needs of its pool."""

    def network_for(self, environment: SandboxedEnvironment) -> Network:
        """What it has of the network, beside those that were made before it.

        Raises ``NetworkRefusedError``.
        """

    def emit(self, record: events.Record, environment: str) -> events.Event:
        """Puts a record on the event stream; the event that it became."""

    def on_free(self, environment: ExecutionEnvironment) -> None:
        """It has nothing to do."""

    def on_gone(self, environment: ExecutionEnvironment, problem: str | None) -> None:
        """It has ended."""
