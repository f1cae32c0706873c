"""The spine: everything observable is an event with a time, in one stream.

AWS's own Telemetry API vocabulary where AWS has a word (``platform.start``, ``function``, ...),
and a few of ours (``environment.*``) for what AWS keeps to itself. The screen, the log text and
every other view are projections of this stream.
"""

from __future__ import annotations

import time
from typing import ClassVar, Literal

from msgspec import Struct, field

Status = Literal["success", "failure", "error", "timeout"]
InitPhase = Literal["init", "invoke"]
InitializationType = Literal["on-demand", "provisioned-concurrency", "snap-start"]
CreationReason = Literal["invocation", "provisioned", "snapshot", "reload", "request"]
RemovalReason = Literal["idle", "reload", "request", "failure", "exit"]


class Record(Struct, frozen=True):
    """What happened. ``type`` is the word for it on the wire."""

    type: ClassVar[str]


class Span(Struct, frozen=True):
    """A named part of a phase; the parts follow one another, and the last ends with the event."""

    name: str
    duration_ms: float


class InitStart(Record, frozen=True):
    """The Init phase begins: the runtime is about to start."""

    type: ClassVar[str] = "platform.initStart"
    runtime_version: str
    """As AWS writes it: ``python:3.13.v7``; the last number is the patch release here."""
    runtime_version_arn: str
    phase: InitPhase = "init"
    """``invoke`` when a failed or lost init is made up for inside an invocation."""
    initialization_type: InitializationType = "on-demand"
    version: str = "$LATEST"
    instance_id: str = ""
    """The environment's log stream."""
    instance_max_memory: int = 0
    """Bytes."""


class InitRuntimeDone(Record, frozen=True):
    """The runtime has asked for its first event, or said why it cannot."""

    type: ClassVar[str] = "platform.initRuntimeDone"
    status: Status
    phase: InitPhase = "init"
    error_type: str | None = None
    initialization_type: InitializationType = "on-demand"


class InitReport(Record, frozen=True):
    """The Init phase is over."""

    type: ClassVar[str] = "platform.initReport"
    status: Status
    duration_ms: float
    phase: InitPhase = "init"
    error_type: str | None = None
    initialization_type: InitializationType = "on-demand"
    spans: tuple[Span, ...] = ()
    """The sub-phases: ``runtimeInit`` and ``functionInit``."""


class RestoreStart(Record, frozen=True):
    """The Restore phase begins: an environment is made from its function's snapshot."""

    type: ClassVar[str] = "platform.restoreStart"
    runtime_version: str
    """As in ``InitStart``."""
    runtime_version_arn: str
    version: str = "$LATEST"
    instance_id: str = ""
    """The environment's log stream."""
    instance_max_memory: int = 0
    """Bytes."""


class RestoreRuntimeDone(Record, frozen=True):
    """The runtime has taken up again and asked for its first event, or said why it cannot."""

    type: ClassVar[str] = "platform.restoreRuntimeDone"
    status: Status
    error_type: str | None = None


class RestoreReport(Record, frozen=True):
    """The Restore phase is over."""

    type: ClassVar[str] = "platform.restoreReport"
    status: Status
    duration_ms: float
    error_type: str | None = None


class Start(Record, frozen=True):
    """An invocation begins."""

    type: ClassVar[str] = "platform.start"
    request_id: str
    version: str = "$LATEST"
    trace_id: str = ""
    """As ``_X_AMZN_TRACE_ID`` has it."""


class RuntimeDone(Record, frozen=True):
    """The runtime is done with an invocation, well or not."""

    type: ClassVar[str] = "platform.runtimeDone"
    request_id: str
    status: Status
    duration_ms: float
    produced_bytes: int = 0
    error_type: str | None = None
    spans: tuple[Span, ...] = ()
    """``responseLatency``, ``responseDuration`` and ``runtimeOverhead``, as far as it came."""
    trace_id: str = ""


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
    """Of the Restore phase before it."""
    billed_restore_duration_ms: int | None = None
    """What of that is billed: the runtime's own part."""
    error_type: str | None = None
    spans: tuple[Span, ...] = ()
    """``extensionOverhead``, when extensions were waited for."""
    trace_id: str = ""


class FunctionLog(Record, frozen=True):
    """One log record that the function wrote: a line, or several kept together by their writer."""

    type: ClassVar[str] = "function"
    message: str
    """Without its final line end; inner lines are parted by ``\\r`` or ``\\n``. Untrusted."""
    request_id: str | None = None
    """None outside an invocation."""


class ExtensionLog(Record, frozen=True):
    """One line that an extension wrote."""

    type: ClassVar[str] = "extension"
    message: str
    """Without its line end. Untrusted."""


class ExtensionStatus(Record, frozen=True):
    """What an extension is doing at the end of an Init phase, and which events it wants."""

    type: ClassVar[str] = "platform.extension"
    name: str
    state: str
    """AWS's word, such as ``Ready``."""
    events: tuple[str, ...] = ()
    error_type: str | None = None


class TelemetrySubscription(Record, frozen=True):
    """An extension hears of this environment's events from now on."""

    type: ClassVar[str] = "platform.telemetrySubscription"
    name: str
    """The extension's."""
    types: tuple[str, ...]
    """``platform``, ``function``, ``extension``."""


class LogsSubscription(Record, frozen=True):
    """As ``TelemetrySubscription``, over the older Logs API."""

    type: ClassVar[str] = "platform.logsSubscription"
    name: str
    types: tuple[str, ...]


class LogsDropped(Record, frozen=True):
    """A subscriber was too slow or away, and has missed records."""

    type: ClassVar[str] = "platform.logsDropped"
    reason: str
    dropped_records: int
    dropped_bytes: int


class EnvironmentCreated(Record, frozen=True):
    """A sandbox is being built."""

    type: ClassVar[str] = "environment.created"
    reason: CreationReason


class EnvironmentFrozen(Record, frozen=True):
    """Every process of the environment is stopped."""

    type: ClassVar[str] = "environment.frozen"


class EnvironmentThawed(Record, frozen=True):
    """The environment's processes run on."""

    type: ClassVar[str] = "environment.thawed"


class EnvironmentReset(Record, frozen=True):
    """Every process but the init process was killed; ``/tmp`` is kept."""

    type: ClassVar[str] = "environment.reset"
    reason: Literal["timeout", "failure"]


class EnvironmentStale(Record, frozen=True):
    """Files that the function can see have changed; a new environment takes its place."""

    type: ClassVar[str] = "environment.stale"
    files: tuple[str, ...]
    """Relative to the code directory."""


class EnvironmentRemoved(Record, frozen=True):
    """The environment is gone, and its ``/tmp`` with it."""

    type: ClassVar[str] = "environment.removed"
    reason: RemovalReason


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


class Notice(Record, frozen=True):
    """Something that the user should know of: one clear sentence."""

    type: ClassVar[str] = "notice"
    severity: Literal["information", "warning", "error"]
    message: str


class Event(Struct, frozen=True, kw_only=True):
    """A record, when it happened, and to what."""

    record: Record
    function: str
    """The function's name; empty when the event concerns all."""
    environment: str = ""
    """The environment's id; empty when the event concerns none."""
    time: float = field(default_factory=time.time)
    """Seconds since the epoch."""
