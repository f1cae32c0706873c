"""One invocation in the environment that serves it: its time, its frame, its records."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from lambda_tui.engine import events
from lambda_tui.engine.channel import Message
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.outcome import Outcome, report_of
from lambda_tui.project.function import Function


@dataclass(frozen=True, slots=True)
class InvokeAttempt:
    """The function's time runs from here, a repeated init included."""

    invocation: Invocation
    function: Function
    init_duration_ms: float | None
    """Of the Init phase before it, when this is the first to report it."""
    began: float = field(default_factory=time.monotonic)

    def frame(self) -> Message:
        """What the runtime is told beside the event."""
        remaining = self.began + self.function.timeout - time.monotonic()
        invocation, arn = self.invocation, self.function.arn
        return {
            "kind": "invoke",
            "request_id": invocation.request_id,
            "deadline_ms": int((time.time() + remaining) * 1000),
            "function_arn": f"{arn}:{invocation.qualifier}" if invocation.qualifier else arn,
            "trace_id": invocation.trace_id,
            "client_context": invocation.client_context,
        }

    def end_records(
        self, outcome: Outcome, memory_used_mb: float
    ) -> tuple[events.RuntimeDone, events.Report]:
        """That it is over, now."""
        measured_ms = (time.monotonic() - self.began) * 1000
        report = report_of(
            self.invocation.request_id,
            self.function,
            outcome,
            measured_ms,
            self.init_duration_ms,
            memory_used_mb,
        )
        produced = len(outcome.payload) if outcome.record_status == "success" else 0
        done = events.RuntimeDone(
            report.request_id, report.status, measured_ms, produced, report.error_type
        )
        return done, report
