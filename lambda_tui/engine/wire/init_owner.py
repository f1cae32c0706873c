"""What an init process and the environment that owns it say to each other."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from lambda_tui.engine.invocation import Payload
from lambda_tui.engine.wire.channel import Message
from lambda_tui.engine.wire.frames import RuntimeFrame


class RuntimeEnd(NamedTuple):
    """How a runtime's process ended."""

    wait_status: int
    is_out_of_memory: bool
    """Whether it was killed for using more than the memory size."""


class RuntimeLink(Protocol):
    """Where the runtime is spoken to: a channel of frames, or its state in the Runtime API."""

    def send(self, message: Message, payload: Payload = b"") -> None:
        """Gives it an invocation."""

    def drain(self) -> None:
        """Takes what it has said by now."""

    def close(self) -> None:
        """It is gone, or of no more use."""


class InitOwner(Protocol):
    """Who is told what happens inside: the execution environment."""

    def on_started(self, at: float) -> None:
        """The first process of a generation is started at this monotonic time."""

    def on_launch_failed(self, extension: str, problem: str) -> None:
        """An extension, or the runtime where no name is given, could not be executed."""

    def on_runtime_frame(self, frame: RuntimeFrame) -> None:
        """The runtime says something."""

    def on_runtime_exited(self, end: RuntimeEnd) -> None:
        """The current runtime has ended."""

    def on_extension_exited(self, name: str, wait_status: int) -> None:
        """An external extension's process has ended."""

    def on_cleared(self) -> None:
        """No process is left but the init process, as was asked for."""

    def on_memory(self, peak_memory_kb: int) -> None:
        """The processes together have used so much."""

    def on_frozen(self) -> None:
        """Every process is stopped."""

    def on_log(self, text: str) -> None:
        """A log record was written by the function."""

    def on_extension_log(self, text: str) -> None:
        """A line was written by an extension."""

    def on_network_lost(self, problem: str) -> None:
        """Its own network is connected to the outside no longer, and why."""

    def on_ended(self, problem: str | None) -> None:
        """The environment is gone; the problem says why it never stood, if that is so."""
