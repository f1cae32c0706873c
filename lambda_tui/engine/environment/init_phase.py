"""The Init phase, and the Restore phase in its place: its limit, its course and its records."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from lambda_tui import limits
from lambda_tui.engine.environment.outcome import Failure, Outcome
from lambda_tui.engine.events import (
    ExtensionInit,
    ImportedModule,
    InitializationType,
    InitProfile,
    InitReport,
    InitRuntimeDone,
    InitStart,
    PhaseName,
    Record,
    RestoreReport,
    RestoreRuntimeDone,
    RestoreStart,
    Span,
    Status,
)
from lambda_tui.engine.runtime_api import Extension
from lambda_tui.engine.wire import RuntimeFrame
from lambda_tui.project.function import Function
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES

MOST_MODULES = 500
"""Modules that a profile of Init has at most."""
_LARGEST_PROFILE = 1 << 20
_MODULES = msgspec.json.Decoder(
    Annotated[tuple[ImportedModule, ...], msgspec.Meta(max_length=MOST_MODULES)]
)


@dataclass(frozen=True, slots=True)
class ColdStart:
    """The part of a REPORT that tells of the Init or Restore phase before the invocation."""

    init_duration_ms: float | None = None
    restore_duration_ms: float | None = None
    billed_restore_duration_ms: int | None = None
    """The runtime's own part, as on AWS."""


NO_COLD_START = ColdStart()
"""Nothing to report: already reported, or billed otherwise."""


@dataclass(slots=True)
class InitPhase:
    """One attempt to start the runtime and import the function."""

    name: PhaseName
    """``invoke`` when a failed or lost Init is repeated inside an invocation."""
    initialization_type: InitializationType
    began: float = 0.0
    """Monotonic time at which the first process was started."""
    runtime_started: float | None = None
    """Monotonic time at which the runtime was started, after the extensions."""
    function_init_began: float | None = None
    """Monotonic time at which the runtime began to import the function, as it reports."""
    runtime_ready: float = 0.0
    """Monotonic time at which the runtime was ready, as it reports."""
    is_over: bool = False
    error_type: str | None = None
    """The caller's error type, if it failed."""
    modules: tuple[ImportedModule, ...] = ()
    """The modules that the function has imported, as far as its runtime tells."""
    _duration_ms: float = 0.0

    def limit(self, timeout: int) -> float | None:
        """Return its limit in seconds; None inside an invocation, whose timeout counts."""
        if self.name == "invoke":
            return None
        if self.initialization_type == "on-demand":
            return limits.INIT_SECONDS
        return max(limits.PROVISIONED_INIT_SECONDS, timeout)

    def begin(self, at: float) -> None:
        """Begin at the monotonic time at which the first process was started."""
        self.began = at

    def note_runtime(self, frame: RuntimeFrame) -> None:
        """Take the times from the runtime's report that it is ready, or failed."""
        self.function_init_began = frame.function_init_at or None
        self.runtime_ready = frame.at

    def succeed(self, at: float) -> tuple[Record, Record]:
        """End it at a monotonic time; return the records of the runtime and of the phase."""
        return self._end("success", at, None)

    def fail(self, failure: Failure, request_id: str) -> tuple[Record, Record]:
        """End it by a failure; return the records of the runtime and of the phase."""
        outcome = Outcome.of_failure(failure, request_id)
        posted = failure.error_type if failure.posted is not None else None
        self.error_type = posted or outcome.error_type or failure.error_type
        record_type = outcome.error_type or "Runtime.Unknown"
        return self._end(outcome.record_status, failure.at, record_type)

    def cold_start(self) -> ColdStart:
        """Return what the next REPORT tells of it. Provisioned Inits are billed otherwise."""
        if self.name == "invoke" or self.initialization_type != "on-demand":
            return NO_COLD_START
        return ColdStart(init_duration_ms=self._duration_ms)

    def start_record(self, version: str, function: Function, log_stream: str) -> Record:
        """Return the record that announces its start."""
        return InitStart(
            version,
            runtime_version_arn(version, function.region),
            self.name,
            self.initialization_type,
            function.version,
            instance_id=log_stream,
            instance_max_memory=function.memory_size << 20,
        )

    def profile(
        self, created: float, build_began: float, extensions: Iterable[Extension]
    ) -> InitProfile:
        """Return the record of what it has spent its time on, given the times before it.

        The environment was ``created``, and its sandbox could be built, at these monotonic times.
        """
        if self.name == "invoke":
            # The sandbox is there already.
            created = build_began = self.began
        return InitProfile(
            self.name,
            (build_began - created) * 1000,
            max(self.began - build_began, 0.0) * 1000,
            self._since_began(self.runtime_ready or None),
            tuple(
                ExtensionInit(
                    one.name, self._since_began(one.registered_at), self._since_began(one.ready_at)
                )
                for one in extensions
            ),
            self.modules,
        )

    def _since_began(self, at: float | None) -> float | None:
        return None if at is None else (at - self.began) * 1000

    def _end(self, status: Status, at: float, error_type: str | None) -> tuple[Record, Record]:
        self.is_over = True
        self._duration_ms = (at - self.began) * 1000
        return self._end_records(status, at, error_type)

    def _end_records(
        self, status: Status, at: float, error_type: str | None
    ) -> tuple[Record, Record]:
        kind = self.initialization_type
        done = InitRuntimeDone(status, self.name, error_type, kind)
        spans = self._spans(at)
        return done, InitReport(status, self._duration_ms, self.name, error_type, kind, spans)

    def _spans(self, at: float) -> tuple[Span, ...]:
        """Return the sub-phases that were reached."""
        begins = {
            "extensionInit": self.began if self.runtime_started is not None else None,
            "runtimeInit": self.runtime_started or self.began,
            "functionInit": self.function_init_began,
        }
        reached = [(name, began) for name, began in begins.items() if began is not None]
        ends = [*(began for _, began in reached[1:]), at]
        return tuple(
            Span(name, (end - began) * 1000)
            for (name, began), end in zip(reached, ends, strict=True)
        )


@dataclass(slots=True)
class RestorePhase(InitPhase):
    """One attempt to fork a process from the snapshot and run the function's restore hooks."""

    began: float = field(default_factory=time.monotonic)
    """Monotonic time at which the snapshot was asked to fork."""

    def begin(self, _at: float) -> None:
        """Keep the earlier beginning: the fork itself is a good part of the phase."""

    def limit(self, timeout: int) -> float | None:
        """Return its limit in seconds; None inside an invocation, whose timeout counts."""
        return None if self.name == "invoke" else limits.RESTORE_SECONDS

    def cold_start(self) -> ColdStart:
        """Return what the next REPORT tells of it. Only the runtime's own part is billed."""
        if self.name == "invoke" or self.function_init_began is None:
            return NO_COLD_START
        return ColdStart(
            restore_duration_ms=(self.runtime_ready - self.began) * 1000,
            billed_restore_duration_ms=math.ceil(
                (self.runtime_ready - self.function_init_began) * 1000
            ),
        )

    def start_record(self, version: str, function: Function, log_stream: str) -> Record:
        """Return the record that announces its start."""
        return RestoreStart(
            version,
            runtime_version_arn(version, function.region),
            function.version,
            instance_id=log_stream,
            instance_max_memory=function.memory_size << 20,
        )

    def _end_records(
        self, status: Status, at: float, error_type: str | None
    ) -> tuple[Record, Record]:
        done = RestoreRuntimeDone(status, error_type)
        return done, RestoreReport(status, self._duration_ms, error_type)


def imported_modules(payload: bytes) -> tuple[ImportedModule, ...]:
    """Return the modules of a frame ``init_profile``; none where it is no list of such.

    A function can write such a frame itself.
    """
    try:
        return _MODULES.decode(payload) if len(payload) <= _LARGEST_PROFILE else ()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()


def runtime_version_arn(version: str, region: str) -> str:
    """Return an ARN in AWS's form, for a version that AWS does not know."""
    digest = hashlib.sha256(version.encode()).hexdigest()
    return f"arn:aws:lambda:{region}::runtime:{digest}"


def runtime_version(function: Function, version: str | None) -> str:
    """Return the runtime and its version in AWS's form, such as ``python:3.13.v7``."""
    if function.runtime in OS_ONLY_RUNTIMES:
        # AWS numbers its images, and there is none here.
        return f"provided:{function.runtime.partition('.')[2] or 'al'}.v0"
    if function.bootstrap and function.runtime:
        # A program of the user's replaces the runtime. Its version is unknown.
        name = function.runtime.removesuffix(".x")
        language = name.rstrip("0123456789.")
        return f"{language}:{name.removeprefix(language)}.v0"
    major, minor, patch = (version or "0.0.0").split(".")[:3]
    if function.language == "node":
        return f"nodejs:{major}.v{minor}"
    return f"python:{major}.{minor}.v{patch}"
