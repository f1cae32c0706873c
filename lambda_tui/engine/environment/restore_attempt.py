"""One try at the Restore phase, which an environment that comes from a snapshot has for an Init."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from lambda_tui import limits
from lambda_tui.engine import events
from lambda_tui.engine.environment.cold_start import REPORTED, ColdStart
from lambda_tui.engine.environment.init_attempt import InitAttempt, runtime_version_arn
from lambda_tui.project.function import Function


@dataclass(slots=True)
class RestoreAttempt(InitAttempt):
    """A process is forked from the snapshot and the function's hooks are run."""

    began: float = field(default_factory=time.monotonic)
    """Monotonic time at which the snapshot was asked."""

    def begin(self, _at: float) -> None:
        """That the runtime is forked is the end of a good part of it."""

    def limit(self, timeout: int) -> float | None:
        """Seconds that it may take; None inside an invocation, which has a limit of its own."""
        return None if self.phase == "invoke" else limits.RESTORE_SECONDS

    def cold_start(self) -> ColdStart:
        """Billed is only what the runtime does itself, as on AWS."""
        if self.phase == "invoke" or self.function_init_at is None:
            return REPORTED
        return ColdStart(
            restore_duration_ms=self.duration_ms(self.ready_at),
            billed_restore_duration_ms=math.ceil((self.ready_at - self.function_init_at) * 1000),
        )

    def start_record(self, version: str, function: Function, instance: str) -> events.RestoreStart:
        """That it begins."""
        return events.RestoreStart(
            version,
            runtime_version_arn(version, function.region),
            instance_id=instance,
            instance_max_memory=function.memory_size << 20,
        )

    def end_records(
        self, status: events.Status, at: float, error_type: str | None
    ) -> tuple[events.RestoreRuntimeDone, events.RestoreReport]:
        """That it is over, at a monotonic time."""
        done = events.RestoreRuntimeDone(status, error_type)
        return done, events.RestoreReport(status, self.duration_ms(at), error_type)
