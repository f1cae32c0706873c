"""What an environment's beginning adds to the REPORT of its first invocation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Durations that have not been reported yet; empty for what is not, or on another bill."""

    init_duration_ms: float | None = None
    restore_duration_ms: float | None = None
    billed_restore_duration_ms: int | None = None
    """Only the runtime's own part, as on AWS."""


REPORTED = ColdStart()
"""Nothing is left to be reported."""
