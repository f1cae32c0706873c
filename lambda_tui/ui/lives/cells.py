"""Draws a life in cells: the glyph and the look of each column of the axis."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from lambda_tui.ui.model.lives import INIT_KINDS, Axis, Life, Segment, SegmentKind

_LEFT = "▏▎▍▌▋▊▉█"
"""A cell of which one to eight eighths are filled, from the left."""
_RIGHT = "▕▐█"
"""A cell that is filled from the right; there are no finer ones."""

SEGMENT_GLYPHS: dict[SegmentKind, str] = {
    SegmentKind.CREATING: "░",
    SegmentKind.INIT: "▓",
    SegmentKind.EXTENSION_INIT: "▚",
    SegmentKind.RUNTIME_INIT: "▒",
    SegmentKind.FUNCTION_INIT: "▓",
    SegmentKind.RESTORE: "▞",
    SegmentKind.INVOKE: "█",
    SegmentKind.OVERHEAD: "▄",
    SegmentKind.IDLE: "─",
    SegmentKind.FROZEN: "·",
    SegmentKind.RESETTING: "▽",
    SegmentKind.RESET: "×",
    SegmentKind.SHUTDOWN: "▼",
}
"""The sign of a cell that one kind fills."""
FAILURE_GLYPH = "✗"
END_GLYPH = "┤"
FOLD_GLYPH = "⋯"
"""A cell of a quiet gap that is folded."""
SEVERAL_GLYPH = "║"
"""A cell with several short invocations."""

SEGMENT_LOOKS: dict[SegmentKind, str] = {
    kind: f"segment--{kind.replace(' ', '-')}" for kind in SegmentKind
}
"""The component class that colours a kind."""
FAILURE_LOOK = "segment--failure"
END_LOOK = "segment--end"
LOOKS = frozenset({*SEGMENT_LOOKS.values(), FAILURE_LOOK, END_LOOK})

_RANKED: tuple[tuple[str, str, int], ...] = (
    ("░", "sandbox", 9),
    ("▚", "extension init", 7),
    ("▒", "runtime init", 8),
    ("▓", "init", 0),
    ("▞", "restore", 11),
    ("█", "invoke", 1),
    (SEVERAL_GLYPH, "several", 10),
    ("▄", "extensions", 6),
    ("─", "idle", 12),
    ("·", "frozen", 2),
    (FOLD_GLYPH, "time left out", 14),
    (FAILURE_GLYPH, "failed", 4),
    ("▽", "resetting", 13),
    ("×", "reset", 3),
    ("▼", "shutdown", 5),
    (END_GLYPH, "ended", 15),
)
"""Signs, their meanings, and the order in which they are left out where there is no room."""
LEGEND: Mapping[str, str] = {glyph: name for glyph, name, _ in _RANKED}
"""The signs of the clock with their meanings."""

_MARKS = (
    SegmentKind.SHUTDOWN,
    SegmentKind.RESETTING,
    SegmentKind.FUNCTION_INIT,
    SegmentKind.INIT,
    SegmentKind.RESTORE,
    SegmentKind.RUNTIME_INIT,
    SegmentKind.EXTENSION_INIT,
    SegmentKind.CREATING,
)
"""The kinds that are shown even where they fill little of a cell, the most telling first."""


def legend(width: int) -> str:
    """Return signs with what they stand for, as many as the cells have room for."""
    shown: set[str] = set()
    for glyph, name, _ in sorted(_RANKED, key=lambda each: each[2]):
        width -= len(name) + 3
        if width < 0:
            break
        shown.add(glyph)
    return " ".join(f"{glyph} {name}" for glyph, name in LEGEND.items() if glyph in shown)


class Cell(NamedTuple):
    """One cell of the picture."""

    glyph: str = " "
    look: str = ""
    """The component class of the glyph."""
    behind: str = ""
    """The component class whose colour is behind the glyph; empty for none."""


class Part(NamedTuple):
    """The part of a segment that lies in one column."""

    segment: Segment
    start: float
    """From 0 to 1 within the column."""
    end: float
    is_end: bool
    """Whether the segment ends in the column."""

    @property
    def share(self) -> float:
        """How much of the column it fills."""
        return self.end - self.start


NOTHING = Cell()


def draw(life: Life, axis: Axis, now: float) -> list[Cell]:
    """Return the cells of a life, one for each column.

    What is under way lasts until ``now``, and a quiet state that lasts to the axis's end.
    """
    cells = [NOTHING] * axis.width
    parts: list[list[Part]] = [[] for _ in cells]
    for segment in _in_view(life.segments, axis):
        _lay(segment, axis, now, cells, parts)
    for column, inside in enumerate(parts):
        if inside:
            cells[column] = _mixed(inside)
    for fold in axis.folds:
        for column in fold.columns:
            if cells[column].look:
                cells[column] = cells[column]._replace(glyph=FOLD_GLYPH)
    if life.ended is not None and axis.start <= life.ended < axis.end:
        column = int(axis.position(life.ended))
        if cells[column].look != FAILURE_LOOK:
            cells[column] = Cell(END_GLYPH, END_LOOK, "")
    return cells


def segment_at(life: Life, axis: Axis, column: int) -> Segment | None:
    """Return the segment that a cell stands for: where several share it, the most telling one."""
    start, end = axis.starts[column], axis.end_of(column)
    inside = [
        segment
        for segment in life.segments
        if segment.start < end and (segment.end is None or segment.end >= start)
    ]

    def weight(segment: Segment) -> tuple[bool, bool, bool, float]:
        until = end if segment.end is None else min(segment.end, end)
        is_invoke = segment.kind is SegmentKind.INVOKE
        length = until - max(segment.start, start)
        return segment.has_failed, is_invoke, not segment.is_quiet, length

    return max(inside, key=weight, default=None)


def columns_of_segment(segment: Segment, axis: Axis) -> range:
    """Return the columns in which a segment lies; empty when it is out of view."""
    is_past = segment.end is not None and segment.end < axis.start
    if is_past or segment.start >= axis.end or not axis.width:
        return range(0)
    first = max(0, int(axis.position(segment.start)))
    is_open = segment.end is None or segment.end >= axis.end
    end = float(axis.width) if is_open else axis.position(segment.end or 0.0)
    # A segment that ends where a column begins is not in that column.
    return range(first, max(first + 1, math.ceil(end)))


def _in_view(segments: Sequence[Segment], axis: Axis) -> Iterable[Segment]:
    for segment in reversed(segments):
        if segment.end is not None and segment.end < axis.start:
            return
        if segment.start < axis.end:
            yield segment


def _lay(
    segment: Segment, axis: Axis, now: float, cells: list[Cell], parts: list[list[Part]]
) -> None:
    """Fill the columns that a segment covers; note its parts in those that it shares."""
    start = max(axis.position(segment.start), 0.0)
    until = segment.end
    if until is None and not segment.is_quiet:
        until = max(now, segment.start)
    is_open = segment.end is None or segment.end >= axis.end
    end = float(axis.width) if until is None or until >= axis.end else axis.position(until)
    first, last = int(start), min(int(end), axis.width - 1)
    whole = Cell(SEGMENT_GLYPHS[segment.kind], SEGMENT_LOOKS[segment.kind])
    for column in range(first, last + 1):
        left, right = max(start - column, 0.0), min(end - column, 1.0)
        is_whole = left == 0.0 and right == 1.0
        if is_whole and not parts[column] and not (segment.has_failed and column == last):
            cells[column] = whole
        elif right > left or column == first:
            is_end = column == last and not is_open
            parts[column].insert(0, Part(segment, left, max(right, left), is_end))


def _mixed(parts: list[Part]) -> Cell:
    """Return the cell of a column that several segments share."""
    if any(part.segment.has_failed and part.is_end for part in parts):
        return Cell(FAILURE_GLYPH, FAILURE_LOOK)
    working = [part for part in parts if not part.segment.is_quiet]
    if not working:
        longest = max(parts, key=lambda part: part.share)
        return Cell(SEGMENT_GLYPHS[longest.segment.kind], SEGMENT_LOOKS[longest.segment.kind])
    invokes = [part for part in working if part.segment.kind is SegmentKind.INVOKE]
    inits = [part for part in working if part.segment.kind in INIT_KINDS]
    if inits and invokes and sum(part.share for part in (*inits, *invokes)) > 0.8:
        return _two_tone(inits, invokes)
    for kind in _MARKS:
        if any(part.segment.kind is kind for part in working):
            behind = SEGMENT_LOOKS[SegmentKind.INVOKE] if invokes else ""
            return Cell(SEGMENT_GLYPHS[kind], SEGMENT_LOOKS[kind], behind)
    if not invokes:
        return Cell(SEGMENT_GLYPHS[SegmentKind.OVERHEAD], SEGMENT_LOOKS[SegmentKind.OVERHEAD])
    return Cell(_bar(working, invokes), SEGMENT_LOOKS[SegmentKind.INVOKE])


def _two_tone(inits: list[Part], invokes: list[Part]) -> Cell:
    """Return a cell in which an Init gives way to its invocation."""
    kind = max(inits, key=lambda part: part.share).segment.kind
    share = sum(part.share for part in inits)
    glyph = _LEFT[min(max(round(share * 8) - 1, 0), 6)]
    return Cell(glyph, SEGMENT_LOOKS[kind], SEGMENT_LOOKS[SegmentKind.INVOKE])


def _bar(working: list[Part], invokes: list[Part]) -> str:
    """Return the glyph for invocations that fill a part of a cell."""
    share = sum(part.share for part in invokes)
    eighths = round(share * 8)
    count = sum(part.segment.invocations for part in invokes if part.start > 0 or part.is_end)
    first, last = min(part.start for part in invokes), max(part.end for part in invokes)
    if len(invokes) == 1 and count <= 1:
        if first == 0.0:
            return _LEFT[max(eighths, 1) - 1]
        if last == 1.0:
            return _RIGHT[0 if share <= 0.25 else 1 if share <= 0.75 else 2]
        if eighths < 3:
            middle = (first + last) / 2
            return "▏" if middle < 0.25 else "▕" if middle > 0.75 else "│"
        return _LEFT[eighths - 1] if first < 1 - last else "▐"
    return SEVERAL_GLYPH if eighths < 3 else _LEFT[eighths - 1]
