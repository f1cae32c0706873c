"""What becomes of asynchronous invocations, as records of the event stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from lambda_tui.engine.events.records import Record

RetryReason = Literal["error", "throttled"]
Condition = Literal["Success", "RetriesExhausted", "EventAgeExceeded", "ZeroReservedConcurrency"]


class AsyncRetried(Record, frozen=True):
    """An asynchronous invocation is put back: it failed or was throttled."""

    type: ClassVar[str] = "asynchronous.retried"
    request_id: str
    reason: RetryReason
    delay_seconds: float


class AsyncDelivered(Record, frozen=True):
    """An asynchronous invocation is over, and what its destination gets."""

    type: ClassVar[str] = "asynchronous.delivered"
    request_id: str
    condition: Condition
    target: str | None
    """The destination's or the dead-letter queue's ARN; None when there is none."""
    payload: str
    """As JSON; the exact text that is or would be sent."""
    dead_letter_attributes: Mapping[str, str] | None = None
    """The message's attributes, when this is the event itself on its way to a dead-letter queue."""

    @property
    def is_dead_letter(self) -> bool:
        """Whether the event itself is sent, and not a record of it."""
        return self.dead_letter_attributes is not None
