"""One try at the Init phase: when it began, how it failed, and the records that tell of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from lambda_tui import limits
from lambda_tui.engine import events
from lambda_tui.engine.environment.cold_start import REPORTED, ColdStart
from lambda_tui.project.function import Function
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES


@dataclass(slots=True)
class InitAttempt:
    """A runtime is started and imports the function."""

    phase: events.InitPhase
    """``invoke`` when it makes up for a failed or lost init inside an invocation."""
    initialization_type: events.InitializationType
    began: float = 0.0
    """Monotonic time at which the first process was started."""
    runtime_init_at: float | None = None
    """Monotonic time at which the runtime was started, where extensions were before."""
    function_init_at: float | None = None
    """Monotonic time at which the runtime began to import the function, as it tells."""
    ready_at: float = 0.0
    """Monotonic time at which the runtime was, as it tells."""
    is_over: bool = False
    reported_ms: float = 0.0
    """What its report says that it took."""

    def limit(self, timeout: int) -> float | None:
        """Seconds that it may take; None inside an invocation, which has a limit of its own."""
        if self.phase == "invoke":
            return None
        if self.initialization_type == "on-demand":
            return limits.INIT_SECONDS
        return max(limits.PROVISIONED_INIT_SECONDS, timeout)

    def begin(self, at: float) -> None:
        """The runtime is forked, or the first extension started, at a monotonic time."""
        self.began = at

    def duration_ms(self, at: float) -> float:
        """Until a monotonic time."""
        return (at - self.began) * 1000

    def cold_start(self) -> ColdStart:
        """What the next REPORT says of it, when it is over: provisioned ones have another bill."""
        if self.phase == "invoke" or self.initialization_type != "on-demand":
            return REPORTED
        return ColdStart(init_duration_ms=self.reported_ms)

    def start_record(self, version: str, function: Function, instance: str) -> events.Record:
        """That it begins."""
        return events.InitStart(
            version,
            runtime_version_arn(version, function.region),
            self.phase,
            self.initialization_type,
            instance_id=instance,
            instance_max_memory=function.memory_size << 20,
        )

    def end_records(
        self, status: events.Status, at: float, error_type: str | None
    ) -> tuple[events.Record, events.Record]:
        """That it is over, at a monotonic time."""
        kind = self.initialization_type
        done = events.InitRuntimeDone(status, self.phase, error_type, kind)
        report = events.InitReport(
            status, self.duration_ms(at), self.phase, error_type, kind, self._spans(at)
        )
        return done, report

    def _spans(self, at: float) -> tuple[events.Span, ...]:
        """The sub-phases that were reached, with their shares of the time."""
        begins = {
            "extensionInit": self.began if self.runtime_init_at is not None else None,
            "runtimeInit": self.runtime_init_at or self.began,
            "functionInit": self.function_init_at,
        }
        reached = [(name, begun) for name, begun in begins.items() if begun is not None]
        ends = [*(begun for _, begun in reached[1:]), at]
        return tuple(
            events.Span(name, (end - begun) * 1000)
            for (name, begun), end in zip(reached, ends, strict=True)
        )


def runtime_version_arn(version: str, region: str) -> str:
    """In AWS's form, for a version that AWS does not know."""
    digest = hashlib.sha256(version.encode()).hexdigest()
    return f"arn:aws:lambda:{region}::runtime:{digest}"


def runtime_version(function: Function, version: str | None) -> str:
    """The runtime and its version, as AWS writes them."""
    if function.runtime in OS_ONLY_RUNTIMES:
        # AWS numbers its images, and there is none here.
        return f"provided:{function.runtime.partition('.')[2] or 'al'}.v0"
    if function.bootstrap and function.runtime:
        # Another program runs in its place, whose version nobody knows.
        name = function.runtime.removesuffix(".x")
        language = name.rstrip("0123456789.")
        return f"{language}:{name.removeprefix(language)}.v0"
    major, minor, patch = (version or "0.0.0").split(".")[:3]
    if function.language == "node":
        return f"nodejs:{major}.v{minor}"
    return f"python:{major}.{minor}.v{patch}"
