"""The results of a measure, rows of a table, and the amount of work that it is to do."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """How often things are repeated."""

    rounds: int
    """Rounds in which the floor and what stands beside it take turns."""
    repetitions: int
    """The number of what takes milliseconds: cold starts, saves, crashes."""
    calls: int
    """The number of what takes microseconds, in each round."""
    seconds: float
    """The length of a count over time, in each round."""
    launches: int
    keys: int
    environments: int
    """Frozen ones whose memory is measured."""
    invocations: int
    """After which an invocation must cost what it did at the start."""
    lines: int
    """Lines of the log that are searched."""
    all_lines: int
    """Lines of the log after which its memory must be what it was after those."""
    shown_invocations: int
    """After which the screen's memory must be what it was after a tenth of them."""


FULL = Effort(
    rounds=15,
    repetitions=30,
    calls=200,
    seconds=0.3,
    launches=7,
    keys=100,
    environments=8,
    invocations=20_000,
    lines=1_000_000,
    all_lines=10_000_000,
    shown_invocations=100_000,
)
QUICK = Effort(
    rounds=2,
    repetitions=3,
    calls=30,
    seconds=0.1,
    launches=1,
    keys=5,
    environments=2,
    invocations=300,
    lines=20_000,
    all_lines=40_000,
    shown_invocations=300,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, and whether it is within its budget."""

    measure: str
    figure: float
    unit: str
    spread: str = ""
    """How far the single values lie apart."""
    ratio: float | None = None
    """To the floor measured beside it."""
    budget: str = ""
    """The design's, in words."""
    is_within: bool | None = None
    """None where there is no budget."""


def median_row(measure: str, values: Sequence[float], unit: str, limit: float | None = None) -> Row:
    """Return a row of the median of values, which may be ``limit`` at most."""
    figure = statistics.median(values)
    return Row(
        measure,
        figure,
        unit,
        spread(values),
        budget="" if limit is None else f"{limit:g} {unit}",
        is_within=None if limit is None else figure <= limit,
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that the given percentage of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def spread(values: Sequence[float]) -> str:
    """``p10–p90`` of values."""
    return f"{short(percentile(values, 10))}–{short(percentile(values, 90))}"


def short(value: float) -> str:
    """Three significant digits, thousands with commas."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 else f"{value:.1g}"
