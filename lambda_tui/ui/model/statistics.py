"""Figures over many invocations: latency of cold and warm ones, and memory."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lambda_tui.history import InvocationRecord

SPARKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Summary:
    """The distribution of some values; each percentile is a value that has occurred."""

    count: int
    minimum: float
    p50: float
    p90: float
    p99: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Latency:
    """How long one invocation took as a whole."""

    record: InvocationRecord
    milliseconds: float

    @property
    def is_cold(self) -> bool:
        """Whether it waited for an Init or a Restore."""
        return self.record.is_cold


def summary(values: Iterable[float]) -> Summary | None:
    """Return the distribution of values; None when there are none."""
    ordered = sorted(values)
    if not ordered:
        return None

    def percentile(share: float) -> float:
        # The nearest rank: the least value that this share of all does not exceed.
        return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]

    return Summary(
        len(ordered), ordered[0], percentile(0.5), percentile(0.9), percentile(0.99), ordered[-1]
    )


def latency_ms(record: InvocationRecord) -> float | None:
    """Return the time that a caller waits for an environment's work, in milliseconds.

    It is the duration, and the Init or the Restore before it; None without a REPORT.
    """
    if record.duration_ms is None:
        return None
    return record.duration_ms + (record.init_ms or 0.0) + (record.restore_ms or 0.0)


def latencies(records: Iterable[InvocationRecord]) -> list[Latency]:
    """Return the latencies of those that have run, in the order in which they began."""
    found = [
        Latency(record, took) for record in records if (took := latency_ms(record)) is not None
    ]
    return sorted(found, key=lambda latency: latency.record.started)


def in_environment(
    records: Iterable[InvocationRecord], session: str, number: int
) -> list[InvocationRecord]:
    """Return what an environment of a session has served, in that order, where memory is known."""
    served = (
        record
        for record in records
        if record.session == session
        and record.environment == number
        and record.max_memory_mb is not None
    )
    return sorted(served, key=lambda record: record.started)


def environments_of(records: Iterable[InvocationRecord]) -> list[tuple[str, int]]:
    """Return sessions and numbers of the environments that have served, the last one first."""
    newest_first = sorted(records, key=lambda record: record.started, reverse=True)
    served = (
        (record.session, record.environment)
        for record in newest_first
        if record.environment is not None and record.max_memory_mb is not None
    )
    return list(dict.fromkeys(served))


def sparkline(values: Sequence[float], cells: int) -> str:
    """Return the last ``cells`` values as bars from 0 to the greatest: ``▁▂▁▇▁▁▃``."""
    shown = values[-cells:] if cells > 0 else ()
    greatest = max(shown, default=0.0)
    if greatest <= 0:
        return SPARKS[0] * len(shown)
    last = len(SPARKS) - 1
    return "".join(SPARKS[max(0, math.ceil(value / greatest * (last + 1)) - 1)] for value in shown)
