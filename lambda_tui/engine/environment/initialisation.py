"""An environment's Init phase: one try at first, one after each reset, and how the last ended."""

from __future__ import annotations

import time

from lambda_tui.engine import events
from lambda_tui.engine.environment.init_attempt import InitAttempt, runtime_version
from lambda_tui.engine.environment.loss import Loss
from lambda_tui.engine.environment.outcome import lost_outcome
from lambda_tui.engine.environment.processes import Processes
from lambda_tui.engine.environment.sandboxed_environment import SandboxedEnvironment
from lambda_tui.engine.wire import RuntimeFrame


class Initialisation:
    """Has the processes started, and tells how that went."""

    def __init__(
        self,
        environment: SandboxedEnvironment,
        processes: Processes,
        attempt_type: type[InitAttempt],
    ) -> None:
        """``attempt_type`` is the phase that the environment has: Init, or Restore in its place."""
        self.attempt = attempt_type("init", environment.initialization_type)
        """The present try, or the last."""
        self.error: str | None = None
        """The error type of the last one, when it failed."""
        self.succeeded_at: float | None = None
        """Monotonic time at which the last one that is over was a success; None when it failed."""
        self._environment = environment
        self._processes = processes
        self._attempt_type = attempt_type

    def begin(self, phase: events.InitPhase) -> None:
        """Tries, with nothing of an earlier try left."""
        environment = self._environment
        self.attempt = self._attempt_type(phase, environment.initialization_type)
        self._processes.start(environment.log_stream, environment.initialization_type)

    def on_started(self, at: float) -> None:
        """The first process was started at this monotonic time."""
        environment, attempt = self._environment, self.attempt
        attempt.begin(at)
        version = runtime_version(environment.function, environment.fork_server.runtime_version)
        environment.emit(
            attempt.start_record(version, environment.function, environment.log_stream)
        )

    def on_runtime_initialised(self, frame: RuntimeFrame) -> None:
        """The runtime tells when it began to import the function, and when it was ready."""
        self.attempt.function_init_at = frame.function_init_at or None
        self.attempt.ready_at = frame.at

    def succeed(self) -> None:
        """Runtime and extensions wait for work."""
        self._processes.init.drain_logs()
        self.error = None
        at = time.monotonic() if self._processes.extensions else self.attempt.ready_at
        self._report("success", at, None)
        self._processes.finish_init()

    def fail(self, why: Loss, request_id: str) -> None:
        """The processes are lost before they were ready, where an invocation may wait for them."""
        outcome = lost_outcome(why, request_id)
        posted = why.error_type if why.posted is not None else None
        self.error = posted or outcome.error_type or why.error_type
        self._report(outcome.record_status, why.at, outcome.error_type or "Runtime.Unknown")

    def _report(self, status: events.Status, at: float, error_type: str | None) -> None:
        attempt, processes, emit = self.attempt, self._processes, self._environment.emit
        attempt.is_over = True
        if processes.extensions:
            attempt.runtime_init_at = processes.runtime_started_at
        attempt.reported_ms = attempt.duration_ms(at)
        self.succeeded_at = at if status == "success" else None
        done, report = attempt.end_records(status, at, error_type)
        if processes.runtime_started_at is not None:
            emit(done)
        for extension in processes.extensions:
            emit(extension.status_record())
        emit(report)
