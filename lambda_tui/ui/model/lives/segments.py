"""The segments of an environment's life: one for each stretch of time in which it did one thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from lambda_tui.engine.events import Span


class SegmentKind(StrEnum):
    """The things that an environment does. The values are the words on the screen."""

    CREATING = "creating"
    """The sandbox is being built."""
    INIT = "init"
    """An Init phase whose parts are not known: it is under way, or has reached none of them."""
    EXTENSION_INIT = "extension init"
    RUNTIME_INIT = "runtime init"
    FUNCTION_INIT = "function init"
    RESTORE = "restore"
    INVOKE = "invoke"
    OVERHEAD = "extension overhead"
    """The runtime has answered, and extensions go on working."""
    IDLE = "idle"
    """The processes run without work."""
    FROZEN = "frozen"
    RESETTING = "resetting"
    RESET = "reset"
    """Every process is gone; the next invocation repeats Init."""
    SHUTDOWN = "shutdown"


INIT_KINDS = frozenset(
    {
        *(SegmentKind.INIT, SegmentKind.EXTENSION_INIT, SegmentKind.RUNTIME_INIT),
        *(SegmentKind.FUNCTION_INIT, SegmentKind.RESTORE),
    }
)
"""The kinds that initialise a function."""
QUIET_KINDS = frozenset({SegmentKind.IDLE, SegmentKind.FROZEN, SegmentKind.RESET})
"""The kinds in which nothing is under way."""
_JOINABLE = frozenset(
    {SegmentKind.INVOKE, SegmentKind.OVERHEAD, SegmentKind.IDLE, SegmentKind.FROZEN}
)
"""The kinds that may become one segment when they lie far back."""

_SHORTEST_JOINED = 0.01
_LONGEST_JOINED = 3600.0
"""Seconds that neighbours may last together when they are joined, at first and at last."""


@dataclass(slots=True, eq=False)
class Segment:
    """One stretch of an environment's life, or several close ones that were joined."""

    kind: SegmentKind
    start: float
    """Seconds since the epoch."""
    end: float | None = None
    """Seconds since the epoch; None while it lasts."""
    failure: str = ""
    """How it failed: ``error``, ``timeout`` or ``failure``; empty while it has not."""
    reason: str = ""
    """Why it began, such as ``timeout`` for a reset, in the words of ``StateChange.reason``."""
    error_type: str = ""
    request_id: str = ""
    """The invocation's; empty where several are joined."""
    number: int | None = None
    """The invocation's: ``#12``."""
    spans: tuple[Span, ...] = ()
    """The parts of an invocation, as the records tell them."""
    invocations: int = 0
    """Invocations in it; more than one where several are joined."""
    failures: int = 0
    """Failed invocations among them."""
    duration_ms: float | None = None
    """The invocation's, as the records tell it; None before, and for what is none."""
    busy_seconds: float | None = None
    """Seconds of invoking in a segment that was joined from several; None in any other."""

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is under way in it."""
        return self.kind in QUIET_KINDS

    @property
    def has_failed(self) -> bool:
        """Whether it, or an invocation in it, has failed."""
        return bool(self.failure or self.failures)

    def seconds(self, now: float) -> float:
        """Return how long it lasted, or has lasted so far."""
        return max(0.0, (now if self.end is None else self.end) - self.start)

    def took_ms(self, now: float) -> float:
        """Return its duration in milliseconds, in agreement with the log where that tells it."""
        return self.seconds(now) * 1000 if self.duration_ms is None else self.duration_ms


def joined(segments: list[Segment], most: int) -> list[Segment]:
    """Return at most ``most`` segments that cover the same time in less detail.

    Close invocations, with the pauses between them, become one segment. What is newest, and what
    is not about invocations, stays as it is; the oldest is dropped when that does not suffice.
    """
    newest = segments[-(most // 2) :]
    older = segments[: len(segments) - len(newest)]
    longest = _SHORTEST_JOINED
    while len(older) + len(newest) > most and longest <= _LONGEST_JOINED:
        older = list(_join(older, longest))
        longest *= 2
    return [*older[-(most - len(newest)) :], *newest]


def _join(segments: Iterable[Segment], longest: float) -> Iterator[Segment]:
    """Yield the segments, with neighbours as one while that lasts no longer than ``longest``."""
    last: Segment | None = None
    for segment in segments:
        if last is not None and _may_join(last, segment, longest):
            last = _one(last, segment)
        else:
            if last is not None:
                yield last
            last = segment
    if last is not None:
        yield last


def _may_join(first: Segment, second: Segment, longest: float) -> bool:
    return (
        first.kind in _JOINABLE
        and second.kind in _JOINABLE
        and second.end is not None
        and second.end - first.start <= longest
    )


def _one(first: Segment, second: Segment) -> Segment:
    invocations = first.invocations + second.invocations
    return Segment(
        SegmentKind.INVOKE if invocations else second.kind,
        first.start,
        second.end,
        invocations=invocations,
        failures=first.failures + second.failures,
        busy_seconds=_busy(first) + _busy(second),
    )


def _busy(segment: Segment) -> float:
    if segment.busy_seconds is not None:
        return segment.busy_seconds
    is_busy = segment.kind in (SegmentKind.INVOKE, SegmentKind.OVERHEAD)
    return segment.seconds(segment.start) if is_busy else 0.0
