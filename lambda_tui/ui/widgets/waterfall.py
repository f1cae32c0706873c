"""Bars of a waterfall: when each part of a time ran, and how much of each cell is its own."""

from __future__ import annotations

from collections.abc import Iterable

_HEIGHTS = "▁▂▃▄▅▆▇█"
_UNDER_WAY = "▁"
_SHORTEST_SCALE = 1e-6

Interval = tuple[float, float]
"""Beginning and end."""


def bar(whole: Interval, others: Iterable[Interval], scale: float, cells: int) -> str:
    """Return a bar of ``cells`` cells on a scale that ends at ``scale``.

    The height of a cell is the share of it in which the part worked itself; where only ``others``
    within it did, it has the lowest. However short, a part has one cell.
    """
    if cells <= 0 or scale < _SHORTEST_SCALE:
        return " " * max(cells, 0)
    width = scale / cells
    began, ended = whole
    first = min(int(began / width), cells - 1)
    last = min(max(int((ended - 1e-9) / width), first), cells - 1)
    own = [0.0] * (last - first + 1)
    _add(own, whole, width, first, 1.0)
    for other in others:
        _add(own, other, width, first, -1.0)
    drawn = "".join(_height(share / width) for share in own)
    return " " * first + drawn + " " * (cells - 1 - last)


def _add(own: list[float], interval: Interval, width: float, first: int, sign: float) -> None:
    began, ended = interval
    low = max(int(began / width) - first, 0)
    high = min(int(ended / width) - first, len(own) - 1)
    for index in range(low, high + 1):
        start = (first + index) * width
        covered = min(ended, start + width) - max(began, start)
        if covered > 0:
            own[index] += sign * covered


def _height(share: float) -> str:
    if share <= 0:
        return _UNDER_WAY
    return _HEIGHTS[min(round(share * len(_HEIGHTS)), len(_HEIGHTS)) - 1 if share > 1 / 16 else 0]
