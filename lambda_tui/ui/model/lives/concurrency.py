"""How many environments of a function invoked at once, and when nothing was under way at all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise

MOST_STEPS = 4_000
"""Changes of the number that are kept."""
MOST_PERIODS = 1_000
"""Periods of activity that are kept."""
_CLOSE = 0.05
"""Seconds between two periods of activity below which they count as one."""


class AtOnce:
    """The number of environments that invoke, as steps in time.

    Where steps lie far back, close ones become one with the largest of their numbers.
    """

    def __init__(self) -> None:
        self._times: list[float] = []
        self._counts: list[int] = []

    @property
    def now(self) -> int:
        """The number at present."""
        return self._counts[-1] if self._counts else 0

    def change(self, time: float, by: int) -> None:
        """Change the number from a time on, which is not before the last change."""
        count = max(0, self.now + by)
        if self._times and time <= self._times[-1]:
            self._counts[-1] = count
            return
        self._times.append(time)
        self._counts.append(count)
        if len(self._times) > MOST_STEPS:
            self._thin_out()

    def most(self, start: float, end: float) -> int:
        """Return the largest number at any moment from ``start`` until before ``end``."""
        first = bisect_right(self._times, start) - 1
        last = bisect_left(self._times, end)
        return max(self._counts[max(first, 0) : last], default=0)

    def _thin_out(self) -> None:
        """Make one step of each two in the older half."""
        half = MOST_STEPS // 2 // 2 * 2
        times, counts = self._times, self._counts
        larger = [max(pair) for pair in zip(counts[0:half:2], counts[1:half:2], strict=True)]
        self._times = times[0:half:2] + times[half:]
        self._counts = larger + counts[half:]


class Activity:
    """The periods in which any of a function's environments did something."""

    def __init__(self) -> None:
        self._working: set[str] = set()
        self._starts: list[float] = []
        self._ends: list[float] = []

    @property
    def is_under_way(self) -> bool:
        """Whether an environment does something now."""
        return bool(self._working)

    @property
    def last(self) -> float | None:
        """The end of the last period, or its last sign of life while it lasts."""
        return self._ends[-1] if self._ends else None

    def note(self, environment: str, time: float, *, is_working: bool) -> None:
        """Note that an environment has begun or ended to work, or has changed in another way."""
        self._begin_period(time)
        self._ends[-1] = max(self._ends[-1], time)
        if is_working:
            self._working.add(environment)
        else:
            self._working.discard(environment)

    def quiet(self, start: float, end: float) -> list[tuple[float, float]]:
        """Return the gaps between periods that overlap an interval, oldest first.

        The time after the last period is none: whether it is one shows only at its end.
        """
        first = max(0, bisect_right(self._ends, start) - 1)
        gaps = []
        for index in range(first, len(self._starts) - 1):
            if self._ends[index] >= end:
                break
            gaps.append((self._ends[index], self._starts[index + 1]))
        return gaps

    def _begin_period(self, time: float) -> None:
        """Begin a period, unless one lasts or has just ended."""
        is_close = bool(self._ends) and time - self._ends[-1] < _CLOSE
        if self._working or is_close:
            return
        self._starts.append(time)
        self._ends.append(time)
        if len(self._starts) > MOST_PERIODS:
            self._close_smallest_gaps()

    def _close_smallest_gaps(self) -> None:
        """Make one period of those that lie closest, until half as many are left."""
        gaps = [start - end for (_, end), (start, _) in pairwise(self._periods())]
        limit = sorted(gaps)[len(gaps) // 2]
        kept = [(self._starts[0], self._ends[0])]
        for start, end in self._periods()[1:]:
            if start - kept[-1][1] <= limit:
                kept[-1] = (kept[-1][0], end)
            else:
                kept.append((start, end))
        self._starts = [start for start, _ in kept]
        self._ends = [end for _, end in kept]

    def _periods(self) -> list[tuple[float, float]]:
        return list(zip(self._starts, self._ends, strict=True))
