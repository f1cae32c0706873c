"""The state of an environment's extensions: who is registered, who is busy, who waits.

The rules are those of AWS's Extensions API; ``apis`` serves it by HTTP.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from lambda_tui import limits
from lambda_tui.engine.events import ExtensionStatus
from lambda_tui.engine.runtime_api.errors import ApiError

ExtensionKind = Literal["external", "internal"]
ShutdownReason = Literal["spindown", "timeout", "failure"]
INVOKE, SHUTDOWN = "INVOKE", "SHUTDOWN"
_EVENTS = (INVOKE, SHUTDOWN)
FLUSH_SECONDS = 0.3
"""Seconds for which SHUTDOWN waits until a subscriber has its events; one may not listen by then.
"""


class ExtensionState(StrEnum):
    """The state of an extension. The values are AWS's words."""

    STARTED = "Started"
    """Running, and not registered yet."""
    REGISTERED = "Registered"
    READY = "Ready"
    """Waiting for the next event."""
    RUNNING = "Running"
    """Working on an event."""
    INIT_ERROR = "InitError"
    EXIT_ERROR = "ExitError"
    LAUNCH_ERROR = "LaunchError"
    EXITED = "Exited"
    """Ended on the SHUTDOWN event."""
    SHUTDOWN_FAILED = "ShutdownFailed"


@dataclass(frozen=True, slots=True)
class InvokeEvent:
    """Announces an invocation to an extension, without its payload."""

    request_id: str
    deadline_ms: int
    """Milliseconds since the epoch."""
    function_arn: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class ShutdownEvent:
    """Announces the end of the environment's processes."""

    reason: ShutdownReason
    deadline_ms: int
    """Milliseconds since the epoch, at which a process that still runs is killed."""

    def postponed(self, seconds: float) -> ShutdownEvent:
        """Return the event with a later deadline."""
        return ShutdownEvent(self.reason, self.deadline_ms + int(seconds * 1000))


class Extension:
    """One extension, external or internal, from its start to its end."""

    def __init__(self, name: str, kind: ExtensionKind) -> None:
        self.name = name
        """File name, for an external one."""
        self.kind = kind
        self.identifier = str(uuid.uuid4())
        self.state = ExtensionState.STARTED
        self.events: tuple[str, ...] = ()
        self.error_type: str | None = None
        self.has_exited = False
        """Whether its process has ended."""
        self.registered_at: float | None = None
        """Monotonic time at which it has registered."""
        self.ready_at: float | None = None
        """Monotonic time at which it asked for its first event."""
        self._waiting: asyncio.Future[InvokeEvent | ShutdownEvent] | None = None
        self._event: InvokeEvent | ShutdownEvent | None = None
        """One that arrived while it did not wait."""

    @property
    def is_registered(self) -> bool:
        """Whether it has called ``register``."""
        return self.state is not ExtensionState.STARTED

    @property
    def is_busy(self) -> bool:
        """Whether it has yet to ask for its next event."""
        return self.state in (ExtensionState.REGISTERED, ExtensionState.RUNNING)

    def register(self, events: tuple[str, ...]) -> None:
        """Take notice of its registration for these events."""
        self.events = events
        self.state = ExtensionState.REGISTERED
        self.registered_at = time.monotonic()

    def begin_wait(self) -> asyncio.Future[InvokeEvent | ShutdownEvent]:
        """Return the future of its next event.

        Raise ``ApiError`` while it waits already, and after an error.
        """
        if self._waiting is not None or not self._may_ask:
            raise self.state_error(ExtensionState.READY)
        self._waiting = asyncio.get_running_loop().create_future()
        self.state = ExtensionState.READY
        if self.ready_at is None:
            self.ready_at = time.monotonic()
        if self._event is not None:
            event, self._event = self._event, None
            self.deliver(event)
        return self._waiting

    def end_wait(self) -> None:
        """Forget the call that waited: it was answered, or has hung up."""
        self._waiting = None

    def deliver(self, event: InvokeEvent | ShutdownEvent) -> None:
        """Pass it an event, now if it waits, or when it asks."""
        if self._waiting is None or self._waiting.done():
            self._event = event
        else:
            self.state = ExtensionState.RUNNING
            self._waiting.set_result(event)

    def fail(self, state: ExtensionState, error_type: str) -> None:
        """Take notice of a failure that ends it."""
        self.state = state
        self.error_type = error_type

    def close(self) -> None:
        """Dismiss a waiting call: the process is gone."""
        if self._waiting is not None:
            self._waiting.cancel()

    def status_record(self) -> ExtensionStatus:
        """Return the record of it for the end of an Init phase."""
        return ExtensionStatus(self.name, self.state, self.events, self.error_type)

    def state_error(self, wanted: ExtensionState) -> ApiError:
        """Return the error for a call that its state does not allow, naming it as the call did."""
        called = self.name if wanted is ExtensionState.REGISTERED else self.identifier
        return ApiError(
            403,
            "Extension.InvalidExtensionState",
            f"State transition from {self.state} to {wanted} failed for extension {called}. "
            "Error: State transition is not allowed",
        )

    @property
    def _may_ask(self) -> bool:
        asking = (ExtensionState.REGISTERED, ExtensionState.READY, ExtensionState.RUNNING)
        return self.state in asking


class Extensions:
    """The extensions of one environment, from an Init phase to the next reset."""

    def __init__(
        self,
        external: Iterable[str],
        on_change: Callable[[], None],
        on_failure: Callable[[Extension, str, str], None],
        *,
        is_open: bool = True,
    ) -> None:
        """``external`` names those that are started as processes.

        ``on_change`` is called when one has registered, or waits for an event; ``on_failure`` with
        the fatal error type and a message when one reports an error.
        """
        self._is_open = is_open
        self._on_change = on_change
        self._on_failure = on_failure
        self._all: dict[str, Extension] = {name: Extension(name, "external") for name in external}

    def __iter__(self) -> Iterator[Extension]:
        """Iterate over all, in the order of their start or registration."""
        return iter(self._all.values())

    def __len__(self) -> int:
        """Return their number."""
        return len(self._all)

    @property
    def external(self) -> list[Extension]:
        """Extensions that are processes of their own."""
        return [one for one in self._all.values() if one.kind == "external"]

    @property
    def have_registered(self) -> bool:
        """Whether every external one has."""
        return all(one.is_registered for one in self._all.values())

    @property
    def are_busy(self) -> bool:
        """Whether any has yet to ask for its next event."""
        return any(one.is_busy for one in self._all.values())

    # Calls of the extensions ---------------------------------------------------------------------

    def register(self, name: str, events: Sequence[str]) -> Extension:
        """Register and return the external extension of this name, or a new internal one.

        Raise ``ApiError`` where AWS refuses the registration.
        """
        if not name:
            raise ApiError(403, "Extension.InvalidExtensionName", "Empty extension name")
        known = self._all.get(name)
        kind = known.kind if known is not None else "internal"
        self._check_events(kind, events)
        if known is not None and known.is_registered:
            raise _already_registered(known)
        if not self._is_open:
            raise ApiError(
                403, "Extension.RegistrationClosed", "Extension registration closed already"
            )
        if known is None and len(self._all) >= limits.EXTENSIONS:
            raise ApiError(
                403,
                "Extension.TooManyExtensions",
                f"Extension limit ({limits.EXTENSIONS}) reached",
            )
        extension = self._all.setdefault(name, Extension(name, kind))
        extension.register(tuple(dict.fromkeys(events)))
        self._on_change()
        return extension

    def find(self, identifier: str | None) -> Extension:
        """Return the extension that a request names. Raise ``ApiError`` where it names none."""
        if not identifier:
            raise ApiError(
                403,
                "Extension.MissingExtensionIdentifier",
                "Missing Lambda-Extension-Identifier header",
            )
        try:
            wanted = str(uuid.UUID(identifier))
        except ValueError:
            raise ApiError(
                403,
                "Extension.InvalidExtensionIdentifier",
                "Invalid Lambda-Extension-Identifier",
            ) from None
        for extension in self._all.values():
            if extension.identifier == wanted and extension.is_registered:
                return extension
        raise ApiError(403, "Extension.UnknownExtensionIdentifier", f"Unknown extension {wanted}")

    async def next(self, extension: Extension) -> InvokeEvent | ShutdownEvent:
        """Wait for the extension's next event. The first call ends its initialisation."""
        waiting = extension.begin_wait()
        try:
            if not waiting.done():
                self._on_change()
            return await waiting
        finally:
            extension.end_wait()

    def init_error(self, extension: Extension, error_type: str) -> None:
        """Report that it cannot initialise. Repeated calls are accepted; the first counts."""
        if extension.state is ExtensionState.INIT_ERROR:
            return
        if extension.state is not ExtensionState.REGISTERED:
            raise extension.state_error(ExtensionState.INIT_ERROR)
        extension.fail(ExtensionState.INIT_ERROR, error_type)
        self._on_failure(extension, "Extension.InitError", error_type)

    def exit_error(self, extension: Extension, error_type: str) -> None:
        """Report that it ends for an error. Repeated calls are accepted; the first counts."""
        if extension.state is ExtensionState.EXIT_ERROR:
            return
        if not extension.is_busy and extension.state is not ExtensionState.READY:
            raise extension.state_error(ExtensionState.EXITED)
        extension.fail(ExtensionState.EXIT_ERROR, error_type)
        self._on_failure(extension, "Extension.ExitError", error_type)

    # Commands of the environment -----------------------------------------------------------------

    def invoke(self, event: InvokeEvent) -> None:
        """Pass the event to those that registered for it, external ones first."""
        for extension in sorted(self._all.values(), key=lambda one: one.kind):
            if INVOKE in extension.events:
                extension.deliver(event)

    def shut_down(self, event: ShutdownEvent) -> list[Extension]:
        """Pass the event to external ones that registered for it, and return them."""
        told = [one for one in self.external if SHUTDOWN in one.events and not one.has_exited]
        for extension in told:
            extension.deliver(event)
        return told

    def named(self, name: str) -> Extension | None:
        """Return the extension of this name."""
        return self._all.get(name)

    def close_registration(self) -> None:
        """Accept no more extensions: the runtime has asked for its first event."""
        self._is_open = False

    def close(self) -> None:
        """Close registration and dismiss waiting calls: the processes are gone."""
        self._is_open = False
        for extension in self._all.values():
            extension.close()

    def _check_events(self, kind: str, events: Sequence[str]) -> None:
        for event in events:
            if event not in _EVENTS:
                raise ApiError(403, "Extension.InvalidEventType", f"{event}: ErrorInvalidEventType")
            if kind == "internal" and event == SHUTDOWN:
                raise ApiError(
                    403,
                    "Extension.InvalidEventType",
                    f"{event}: ShutdownEventNotSupportedForInternalExtension",
                )


def _already_registered(extension: Extension) -> ApiError:
    if extension.kind == "external":
        return extension.state_error(ExtensionState.REGISTERED)
    return ApiError(
        403, "Extension.InvalidExtensionState", "Extension with this name already registered"
    )
