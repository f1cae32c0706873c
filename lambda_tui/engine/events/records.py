"""The records of everything observable, each put on the stream as an event with a time.

They use the vocabulary of AWS's Telemetry API where AWS has a word (``platform.start``,
``function``, ...), and ``environment.*`` for what AWS does not disclose. The screen, the log text
and every other view are drawn from these records and from nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct, field

from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import LATEST

Status = Literal["success", "failure", "error", "timeout"]
PhaseName = Literal["init", "invoke"]
"""Where an Init runs: in a phase of its own, or repeated inside an invocation."""
InitializationType = Literal["on-demand", "provisioned-concurrency", "snap-start"]
CreationReason = Literal["invocation", "provisioned", "snapshot", "reload", "request"]
ResetReason = Literal["timeout", "failure"]
RemovalReason = Literal["idle", "reload", "request", "failure", "exit"]
RetryReason = Literal["error", "throttled"]
Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]


class Record(Struct, frozen=True):
    """One observation. ``type`` is its name on the wire."""

    type: ClassVar[str]


class Span(Struct, frozen=True):
    """A named part of a phase. Parts follow one another; the last ends with the event."""

    name: str
    duration_ms: float


class InitStart(Record, frozen=True):
    """The Init phase begins: the runtime is about to start."""

    type: ClassVar[str] = "platform.initStart"
    runtime_version: str
    """In AWS's form, ``python:3.13.v7``; the last number is the patch release here."""
    runtime_version_arn: str
    phase: PhaseName = "init"
    initialization_type: InitializationType = "on-demand"
    version: str = LATEST
    instance_id: str = ""
    """The environment's log stream."""
    instance_max_memory: int = 0
    """Bytes."""


class InitRuntimeDone(Record, frozen=True):
    """The runtime has asked for its first event, or said why it cannot."""

    type: ClassVar[str] = "platform.initRuntimeDone"
    status: Status
    phase: PhaseName = "init"
    error_type: str | None = None
    initialization_type: InitializationType = "on-demand"


class InitReport(Record, frozen=True):
    """The Init phase is over."""

    type: ClassVar[str] = "platform.initReport"
    status: Status
    duration_ms: float
    phase: PhaseName = "init"
    error_type: str | None = None
    initialization_type: InitializationType = "on-demand"
    spans: tuple[Span, ...] = ()
    """The sub-phases: ``runtimeInit`` and ``functionInit``."""


class ExtensionInit(Struct, frozen=True):
    """The part that an extension has in an Init phase. Times are from its beginning."""

    name: str
    registered_ms: float | None = None
    """None for one that has not registered."""
    ready_ms: float | None = None
    """The time at which it asked for its first event; None for one that has not."""


_Milliseconds = Annotated[float, Meta(ge=0, le=1e9)]


class ImportedModule(Struct, frozen=True, array_like=True):
    """A module that was imported while the function was initialised. Its texts are untrusted."""

    depth: Annotated[int, Meta(ge=0, le=10_000)]
    """0 for the handler's module, 1 for what it imports, and so on."""
    name: Annotated[str, Meta(max_length=256)]
    began_ms: _Milliseconds
    """From the beginning of the function's initialisation."""
    duration_ms: _Milliseconds
    """With all that it imports itself."""
    error_type: Annotated[str, Meta(max_length=256)] = ""
    """The type of the error that its import has raised; empty where it has succeeded."""
    file: Annotated[str, Meta(max_length=512)] = ""
    """The file of the module which imports it, as the function has it; empty for the handler's."""
    line: Annotated[int, Meta(ge=0, le=1 << 31)] = 0
    """The line in that file, outside of functions, that has led to the import."""


class InitProfile(Record, frozen=True):
    """The parts of the time that an Init phase, or the Restore phase in its place, has taken.

    AWS tells nobody. It is measured where the screen asks for it.
    """

    type: ClassVar[str] = "environment.initProfile"
    phase: PhaseName = "init"
    waiting_ms: float = 0.0
    """From the environment's beginning until its sandbox could be built: the interpreter starts, a
    snapshot is taken, another environment ends. 0 in an Init that is repeated."""
    sandbox_ms: float = 0.0
    """From there to the start of the first process."""
    ready_ms: float | None = None
    """From the beginning of the phase until the runtime was ready, which extensions may not have
    been by then; None where it was not."""
    extensions: tuple[ExtensionInit, ...] = ()
    modules: tuple[ImportedModule, ...] = ()
    """In the order of their beginning: the longest imports, none where they are not known."""


class RestoreStart(Record, frozen=True):
    """The Restore phase begins: an environment is restored from its function's snapshot."""

    type: ClassVar[str] = "platform.restoreStart"
    runtime_version: str
    """In the form of ``InitStart``."""
    runtime_version_arn: str
    version: str = LATEST
    instance_id: str = ""
    """The environment's log stream."""
    instance_max_memory: int = 0
    """Bytes."""


class RestoreRuntimeDone(Record, frozen=True):
    """The restored runtime has asked for its first event, or said why it cannot."""

    type: ClassVar[str] = "platform.restoreRuntimeDone"
    status: Status
    error_type: str | None = None


class RestoreReport(Record, frozen=True):
    """The Restore phase is over."""

    type: ClassVar[str] = "platform.restoreReport"
    status: Status
    duration_ms: float
    error_type: str | None = None


class InvocationAccepted(Record, frozen=True):
    """The function is asked to serve an invocation, whatever comes of it."""

    type: ClassVar[str] = "invocation.accepted"
    request_id: str
    number: int
    """Counted from 1 within the function."""
    caller: str
    """``key``, ``API``, ``command``, ``asynchronous`` or ``destination of <function>``."""
    attempt: int = 0
    """The number of this attempt of an asynchronous invocation, counted from 1; 0 for others."""


class Start(Record, frozen=True):
    """An invocation begins."""

    type: ClassVar[str] = "platform.start"
    request_id: str
    version: str = LATEST
    trace_id: str = ""
    """In the form of ``_X_AMZN_TRACE_ID``."""
    tenant_id: str | None = None


class RuntimeDone(Record, frozen=True):
    """The runtime has finished an invocation, with whatever outcome."""

    type: ClassVar[str] = "platform.runtimeDone"
    request_id: str
    status: Status
    duration_ms: float
    produced_bytes: int = 0
    error_type: str | None = None
    spans: tuple[Span, ...] = ()
    """``responseLatency``, ``responseDuration``, ``runtimeOverhead``; empty without an answer."""
    trace_id: str = ""
    tenant_id: str | None = None


class Report(Record, frozen=True):
    """An invocation is over, with what it cost."""

    type: ClassVar[str] = "platform.report"
    request_id: str
    status: Status
    duration_ms: float
    billed_duration_ms: int
    memory_size_mb: int
    max_memory_used_mb: int
    init_duration_ms: float | None = None
    restore_duration_ms: float | None = None
    """Duration of the Restore phase before it."""
    billed_restore_duration_ms: int | None = None
    """The runtime's own part of it, which is billed."""
    error_type: str | None = None
    spans: tuple[Span, ...] = ()
    """``extensionOverhead``, when extensions were waited for."""
    trace_id: str = ""
    tenant_id: str | None = None


class FunctionLog(Record, frozen=True):
    """One log record of the function: a line, or several lines that were written in one frame."""

    type: ClassVar[str] = "function"
    message: str
    """Without the final line end; inner lines are separated by ``\\r`` or ``\\n``. Untrusted."""
    request_id: str | None = None
    """None outside an invocation."""
    level: str | None = None
    """AWS's name of the level that the runtime gave it; None where the text alone says it."""


class ExtensionLog(Record, frozen=True):
    """One line that an extension wrote."""

    type: ClassVar[str] = "extension"
    message: str
    """Without its line end. Untrusted."""


class ExtensionStatus(Record, frozen=True):
    """The state of an extension at the end of an Init phase, and the events it registered for."""

    type: ClassVar[str] = "platform.extension"
    name: str
    state: str
    """AWS's word, such as ``Ready``."""
    events: tuple[str, ...] = ()
    error_type: str | None = None


class TelemetrySubscription(Record, frozen=True):
    """An extension has subscribed to this environment's events by the Telemetry API."""

    type: ClassVar[str] = "platform.telemetrySubscription"
    name: str
    """Name of the extension."""
    types: tuple[str, ...]
    """``platform``, ``function``, ``extension``."""


class LogsSubscription(Record, frozen=True):
    """An extension has subscribed to this environment's events by the older Logs API."""

    type: ClassVar[str] = "platform.logsSubscription"
    name: str
    types: tuple[str, ...]


class LogsDropped(Record, frozen=True):
    """A subscriber was too slow or unreachable, and has missed records."""

    type: ClassVar[str] = "platform.logsDropped"
    reason: str
    dropped_records: int
    dropped_bytes: int


class StateChange(Record, frozen=True):
    """An execution environment has entered a state: the one record of its life cycle."""

    type: ClassVar[str] = "environment.state"
    state: State
    previous: State | None = None
    """None for ``creating``, the first state."""
    reason: CreationReason | ResetReason | RemovalReason | None = None
    """Set with ``creating``, ``resetting``, ``reset``, ``shutting down`` and ``ended``."""


class EnvironmentStale(Record, frozen=True):
    """Files that the function can see have changed; a new environment takes its place."""

    type: ClassVar[str] = "environment.stale"
    files: tuple[str, ...]
    """Relative to the code directory."""


class Reloaded(Record, frozen=True):
    """A changed function is initialised again."""

    type: ClassVar[str] = "environment.reloaded"
    files: tuple[str, ...]
    duration_ms: float
    """From the change being seen to the new environment being ready."""


class Throttled(Record, frozen=True):
    """No environment was free and none more may be made."""

    type: ClassVar[str] = "environment.throttled"
    request_id: str
    reason: str


class AsyncRetried(Record, frozen=True):
    """An asynchronous invocation failed or was throttled, and is queued for another attempt."""

    type: ClassVar[str] = "asynchronous.retried"
    request_id: str
    reason: RetryReason
    delay_seconds: float
    attempt: int
    """The number of attempts that have reached the function; throttled ones do not count."""


class AsyncDelivered(Record, frozen=True):
    """An asynchronous invocation is over, with the record that its destination receives."""

    type: ClassVar[str] = "asynchronous.delivered"
    request_id: str
    condition: Condition
    target: str | None
    """The destination's or the dead-letter queue's ARN; None when there is none."""
    payload: str
    """The exact JSON text that is or would be sent."""
    dead_letter_attributes: Mapping[str, str] | None = None
    """The message's attributes, when this is the event itself on its way to a dead-letter queue."""

    @property
    def is_dead_letter(self) -> bool:
        """Whether the event itself is sent to a dead-letter queue, not a record of it."""
        return self.dead_letter_attributes is not None


class ProblemFound(Record, frozen=True):
    """Something in the user's files has to be corrected."""

    type: ClassVar[str] = "project.problemFound"
    message: str
    """One sentence with its position."""


class ProblemSolved(Record, frozen=True):
    """A problem that was found is there no more."""

    type: ClassVar[str] = "project.problemSolved"
    message: str
    """The sentence with which it was found."""


class FunctionAdded(Record, frozen=True):
    """The project has a new function."""

    type: ClassVar[str] = "project.functionAdded"


class FunctionRemoved(Record, frozen=True):
    """The project has a function no more."""

    type: ClassVar[str] = "project.functionRemoved"


class ApiServed(Record, frozen=True):
    """The Lambda API answers clients from now on."""

    type: ClassVar[str] = "api.served"
    address: str
    """The URL."""
    client_variables: str
    """The command for a shell in which clients are to call it."""
    example: str
    """The command that invokes a function in that shell."""


class Notice(Record, frozen=True):
    """One clear sentence for the user."""

    type: ClassVar[str] = "notice"
    severity: Literal["information", "warning", "error"]
    message: str


class Event(Struct, frozen=True, kw_only=True):
    """A record with its time, its function and its environment."""

    record: Record
    function: str
    """Name of the function; empty when the event concerns all."""
    environment: str = ""
    """Id of the environment; empty when the event concerns none."""
    time: float = field(default_factory=time.time)
    """Seconds since the epoch."""
