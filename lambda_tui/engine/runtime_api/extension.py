"""One extension of an environment: its state and the event that it waits for."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from lambda_tui.engine.events import ExtensionStatus
from lambda_tui.engine.runtime_api.api_refusal import ApiRefusal

ExtensionKind = Literal["external", "internal"]
ShutdownReason = Literal["spindown", "timeout", "failure"]
INVOKE, SHUTDOWN = "INVOKE", "SHUTDOWN"


class ExtensionState(StrEnum):
    """AWS's words for what an extension is doing."""

    STARTED = "Started"
    """Its process runs and has not registered yet."""
    REGISTERED = "Registered"
    READY = "Ready"
    """It waits for its next event."""
    RUNNING = "Running"
    """It works on an event."""
    INIT_ERROR = "InitError"
    EXIT_ERROR = "ExitError"
    LAUNCH_ERROR = "LaunchError"
    EXITED = "Exited"
    """It has ended in answer to its SHUTDOWN event."""
    SHUTDOWN_FAILED = "ShutdownFailed"


@dataclass(frozen=True, slots=True)
class InvokeEvent:
    """What an extension is told of an invocation: never the payload."""

    request_id: str
    deadline_ms: int
    """Since the epoch."""
    function_arn: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class ShutdownEvent:
    """The environment is about to end."""

    reason: ShutdownReason
    deadline_ms: int
    """Since the epoch: who still runs then is killed."""


def launch_error_type(problem: str) -> str:
    """AWS's word for why an extension could not be executed."""
    return "PermissionDenied" if "permission denied" in problem else "UnknownError"


class Extension:
    """One extension, external or internal, from its start to its end."""

    def __init__(self, name: str, kind: ExtensionKind) -> None:
        self.name = name
        """The file's name, of an external one."""
        self.kind = kind
        self.identifier = str(uuid.uuid4())
        self.state = ExtensionState.STARTED
        self.events: tuple[str, ...] = ()
        self.error_type: str | None = None
        self.has_exited = False
        """Whether its process has ended."""
        self._waiting: asyncio.Future[InvokeEvent | ShutdownEvent] | None = None
        self._event: InvokeEvent | ShutdownEvent | None = None
        """One that has come while it did not wait."""

    @property
    def is_registered(self) -> bool:
        """Whether it has called ``register``."""
        return self.state is not ExtensionState.STARTED

    @property
    def is_busy(self) -> bool:
        """Whether it has yet to ask for its next event."""
        return self.state in (ExtensionState.REGISTERED, ExtensionState.RUNNING)

    def register(self, events: tuple[str, ...]) -> None:
        """It is here, and wants to hear of these events."""
        self.events = events
        self.state = ExtensionState.REGISTERED

    def begin_wait(self) -> asyncio.Future[InvokeEvent | ShutdownEvent]:
        """It asks for its next event; refused while it waits already, and after an error."""
        if self._waiting is not None or not self._may_ask:
            raise self.refusal(ExtensionState.READY)
        self._waiting = asyncio.get_running_loop().create_future()
        self.state = ExtensionState.READY
        if self._event is not None:
            event, self._event = self._event, None
            self.deliver(event)
        return self._waiting

    def end_wait(self) -> None:
        """It was answered, or has hung up."""
        self._waiting = None

    def deliver(self, event: InvokeEvent | ShutdownEvent) -> None:
        """Gives it an event: now if it waits, else when it asks."""
        if self._waiting is None or self._waiting.done():
            self._event = event
        else:
            self.state = ExtensionState.RUNNING
            self._waiting.set_result(event)

    def fail(self, state: ExtensionState, error_type: str) -> None:
        """It can go on no longer."""
        self.state = state
        self.error_type = error_type

    def close(self) -> None:
        """Its process is gone: nobody waits."""
        if self._waiting is not None:
            self._waiting.cancel()

    def status_record(self) -> ExtensionStatus:
        """What is told of it at the end of an Init phase."""
        return ExtensionStatus(self.name, self.state, self.events, self.error_type)

    def refusal(self, wanted: ExtensionState) -> ApiRefusal:
        """The answer to a call that its state does not allow, with what the call named it by."""
        called = self.name if wanted is ExtensionState.REGISTERED else self.identifier
        return ApiRefusal(
            403,
            "Extension.InvalidExtensionState",
            f"State transition from {self.state} to {wanted} failed for extension {called}. "
            "Error: State transition is not allowed",
        )

    @property
    def _may_ask(self) -> bool:
        asking = (ExtensionState.REGISTERED, ExtensionState.READY, ExtensionState.RUNNING)
        return self.state in asking
