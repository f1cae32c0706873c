"""The Invoke phase: one invocation in the environment that serves it, its times and records."""

from __future__ import annotations

import math
import time

from msgspec import Struct, field

from lambda_tui import limits
from lambda_tui.engine.environment.init_phase import ColdStart
from lambda_tui.engine.environment.outcome import Outcome
from lambda_tui.engine.events import Report, RuntimeDone, Span, Start
from lambda_tui.engine.invocation import TRUNCATED_RESPONSE, Invocation
from lambda_tui.engine.runtime_api import InvokeEvent
from lambda_tui.engine.wire import Message, RuntimeFrame
from lambda_tui.project.function import Function


class InvokePhase(Struct):
    """Begins with the function's time limit, which includes an Init that is repeated inside it."""

    invocation: Invocation
    function: Function
    function_arn: str
    """With the version or alias that the caller named."""
    cold_start: ColdStart
    """The phase before it, when this is the first invocation to report that."""
    began: float = field(default_factory=time.monotonic)
    dispatched: float = 0.0
    """Monotonic time at which the runtime was sent the event; 0 before."""
    answering_since: float | None = None
    """Monotonic time at which the first part of an answer arrived."""
    answered: float | None = None
    """Monotonic time at which the answer was complete."""
    outcome: Outcome | None = None
    """The function's answer."""
    runtime_done: float | None = None
    """Monotonic time at which the runtime had finished the invocation."""

    def dispatch(self) -> Message:
        """Return the message for the runtime, beside the event, and note the time."""
        now = self.dispatched = time.monotonic()
        invocation = self.invocation
        message: Message = {
            "kind": "invoke",
            "request_id": invocation.request_id,
            "deadline_ms": self._deadline_ms(now),
            "function_arn": self.function_arn,
            "trace_id": invocation.trace_id,
        }
        if invocation.tenant_id is not None:
            message["tenant_id"] = invocation.tenant_id
        if invocation.client_context is not None:
            message["client_context"] = invocation.client_context
        if invocation.is_streamed:
            message["is_streamed"] = True
        return message

    def extension_event(self) -> InvokeEvent:
        """Return the INVOKE event for extensions."""
        invocation = self.invocation
        return InvokeEvent(
            invocation.request_id,
            self._deadline_ms(time.monotonic()),
            self.function_arn,
            invocation.trace_id,
        )

    def start_record(self) -> Start:
        """Return the record that announces its start."""
        invocation = self.invocation
        return Start(
            invocation.request_id, invocation.version, invocation.trace_id, invocation.tenant_id
        )

    @property
    def is_answering(self) -> bool:
        """Whether a part of the answer has arrived, and not all of it."""
        return self.answering_since is not None and self.answered is None

    def note_part(self) -> None:
        """Note the time of the first part of an answer."""
        if self.answering_since is None:
            self.answering_since = time.monotonic()

    def answer(self, frame: RuntimeFrame) -> Outcome:
        """Return the outcome of the handler's answer, or of an answer that is refused."""
        self.answered = time.monotonic()
        if self.answering_since is None:
            self.answering_since = self.answered
        payload = frame.payload
        if frame.kind == "fault":
            error_type = frame.error_type
            is_truncated = error_type == TRUNCATED_RESPONSE
            outcome = Outcome("error", "error", payload, error_type, is_truncated=is_truncated)
        elif max(frame.response_size, len(payload)) > limits.RESPONSE_BYTES:
            outcome = Outcome.of_too_large_response()
        else:
            outcome = Outcome(
                "success" if frame.kind == "response" else "error", "success", payload
            )
        self.outcome = outcome
        return outcome

    def runtime_done_record(self, outcome: Outcome, at: float) -> RuntimeDone:
        """Return the record that the runtime has finished at a monotonic time, and note that."""
        self.runtime_done = at
        # Without an answer there are no parts: the phase was cut off.
        spans: tuple[Span, ...] = ()
        if self.answering_since is not None and self.answered is not None:
            spans = (
                Span("responseLatency", (self.answering_since - self.dispatched) * 1000),
                Span("responseDuration", (self.answered - self.answering_since) * 1000),
                Span("runtimeOverhead", (at - self.answered) * 1000),
            )
        return RuntimeDone(
            self.invocation.request_id,
            outcome.record_status,
            (at - (self.dispatched or self.began)) * 1000,
            len(outcome.payload) if outcome.record_status == "success" else 0,
            outcome.error_type,
            spans,
            self.invocation.trace_id,
            self.invocation.tenant_id,
        )

    def report(
        self, outcome: Outcome, at: float, memory_used_mb: float, *, has_extensions: bool
    ) -> Report:
        """Return the REPORT of the invocation, which has ended at a monotonic time."""
        # AWS reports the limit itself as the duration of a timeout.
        duration_ms = outcome.limit_ms or (at - self.began) * 1000
        spans: tuple[Span, ...] = ()
        if has_extensions and self.runtime_done is not None:
            spans = (Span("extensionOverhead", (at - self.runtime_done) * 1000),)
        cold = self.cold_start
        return Report(
            request_id=self.invocation.request_id,
            status=outcome.record_status,
            duration_ms=duration_ms,
            # Init is added before the sum is rounded up; the billed part of Restore after that.
            billed_duration_ms=math.ceil(duration_ms + (cold.init_duration_ms or 0.0))
            + (cold.billed_restore_duration_ms or 0),
            memory_size_mb=self.function.memory_size,
            # Here processes can exceed the limit a little before that is noticed.
            max_memory_used_mb=min(math.ceil(memory_used_mb), self.function.memory_size),
            init_duration_ms=cold.init_duration_ms,
            restore_duration_ms=cold.restore_duration_ms,
            billed_restore_duration_ms=cold.billed_restore_duration_ms,
            error_type=outcome.error_type,
            spans=spans,
            trace_id=self.invocation.trace_id,
            tenant_id=self.invocation.tenant_id,
        )

    def _deadline_ms(self, now: float) -> int:
        """Return when the function's time is over, in milliseconds since the epoch."""
        remaining = self.began + self.function.timeout - now
        return int((time.time() + remaining) * 1000)
