"""One invocation in the environment that serves it: its time, its frame, its records."""

from __future__ import annotations

import math
import time

from msgspec import Struct, field

from lambda_tui.engine import events
from lambda_tui.engine.environment.cold_start import ColdStart
from lambda_tui.engine.environment.outcome import Outcome
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.runtime_api import InvokeEvent
from lambda_tui.engine.wire import Message
from lambda_tui.project.function import Function


class InvokeAttempt(Struct):
    """The function's time runs from here, a repeated init included."""

    invocation: Invocation
    function: Function
    cold_start: ColdStart
    """What went before it, when this is the first to report it."""
    began: float = field(default_factory=time.monotonic)

    released: float = 0.0
    """Monotonic time at which the runtime was given the event."""
    answering_since: float | None = None
    """Monotonic time at which the first part of an answer came."""
    answered: float | None = None
    """Monotonic time at which the answer was whole."""
    outcome: Outcome | None = None
    """What the function has answered."""
    runtime_done_at: float | None = None
    """Monotonic time at which the runtime had nothing more to do with it."""

    @property
    def is_released(self) -> bool:
        """Whether the runtime was given the event; an Init phase may go before."""
        return self.released > 0.0

    def frame(self) -> Message:
        """What the runtime is told beside the event, now."""
        self.released = time.monotonic()
        invocation = self.invocation
        message: Message = {
            "kind": "invoke",
            "request_id": invocation.request_id,
            "deadline_ms": self.deadline_ms,
            "function_arn": self.function_arn,
            "trace_id": invocation.trace_id,
        }
        if invocation.client_context is not None:
            message["client_context"] = invocation.client_context
        if invocation.is_streamed:
            message["is_streamed"] = True
        return message

    @property
    def deadline_ms(self) -> int:
        """When the function's time is over, since the epoch."""
        remaining = self.began + self.function.timeout - time.monotonic()
        return int((time.time() + remaining) * 1000)

    @property
    def function_arn(self) -> str:
        """As the caller named it."""
        qualifier = self.invocation.qualifier
        return f"{self.function.arn}:{qualifier}" if qualifier else self.function.arn

    def start(self) -> events.Start:
        """That it begins."""
        invocation = self.invocation
        return events.Start(invocation.request_id, trace_id=invocation.trace_id)

    def note_part(self) -> None:
        """A part of an answer has come, now."""
        if self.answering_since is None:
            self.answering_since = time.monotonic()

    def note_answer(self, outcome: Outcome) -> None:
        """The answer is whole, now."""
        self.note_part()
        self.answered = time.monotonic()
        self.outcome = outcome

    def event(self) -> InvokeEvent:
        """What extensions are told."""
        invocation = self.invocation
        return InvokeEvent(
            invocation.request_id, self.deadline_ms, self.function_arn, invocation.trace_id
        )

    def runtime_done(self, outcome: Outcome, at: float) -> events.RuntimeDone:
        """That the runtime has nothing more to do with it, since a monotonic time."""
        self.runtime_done_at = at
        produced = len(outcome.payload) if outcome.record_status == "success" else 0
        return events.RuntimeDone(
            self.invocation.request_id,
            outcome.record_status,
            (at - (self.released or self.began)) * 1000,
            produced,
            outcome.error_type,
            self._runtime_spans(at),
            self.invocation.trace_id,
        )

    def report(
        self, outcome: Outcome, at: float, memory_used_mb: float, *, has_extensions: bool
    ) -> events.Report:
        """What it has cost, until a monotonic time."""
        # A timeout's duration is the limit itself.
        duration_ms = outcome.limit_ms or (at - self.began) * 1000
        spans: tuple[events.Span, ...] = ()
        if has_extensions and self.runtime_done_at is not None:
            spans = (events.Span("extensionOverhead", (at - self.runtime_done_at) * 1000),)
        cold = self.cold_start
        return events.Report(
            request_id=self.invocation.request_id,
            status=outcome.record_status,
            duration_ms=duration_ms,
            # Init is billed with it, before all is rounded up; a part of Restore is besides.
            billed_duration_ms=math.ceil(duration_ms + (cold.init_duration_ms or 0.0))
            + (cold.billed_restore_duration_ms or 0),
            memory_size_mb=self.function.memory_size,
            # Here a process may be a little over the limit before it is found out.
            max_memory_used_mb=min(math.ceil(memory_used_mb), self.function.memory_size),
            init_duration_ms=cold.init_duration_ms,
            restore_duration_ms=cold.restore_duration_ms,
            billed_restore_duration_ms=cold.billed_restore_duration_ms,
            error_type=outcome.error_type,
            spans=spans,
            trace_id=self.invocation.trace_id,
        )

    def _runtime_spans(self, at: float) -> tuple[events.Span, ...]:
        """None without an answer: what it would be a part of was cut off."""
        if self.answering_since is None or self.answered is None:
            return ()
        return (
            events.Span("responseLatency", (self.answering_since - self.released) * 1000),
            events.Span("responseDuration", (self.answered - self.answering_since) * 1000),
            events.Span("runtimeOverhead", (at - self.answered) * 1000),
        )
