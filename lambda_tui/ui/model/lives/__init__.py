"""The courses of environments on one clock: segments, figures over them, and the axis of time."""

from __future__ import annotations

from lambda_tui.ui.model.lives.axis import SCALES, USUAL_SCALE, Axis, duration
from lambda_tui.ui.model.lives.concurrency import Activity, AtOnce
from lambda_tui.ui.model.lives.facts import (
    clock_time,
    clock_with_milliseconds,
    facts,
    long_duration,
    title,
)
from lambda_tui.ui.model.lives.lives import (
    MOST_ENDED,
    MOST_SEGMENTS,
    RECORDS,
    FunctionLives,
    Life,
    Lives,
)
from lambda_tui.ui.model.lives.segments import INIT_KINDS, Segment, SegmentKind, joined

__all__ = [
    "INIT_KINDS",
    "MOST_ENDED",
    "MOST_SEGMENTS",
    "RECORDS",
    "SCALES",
    "USUAL_SCALE",
    "Activity",
    "AtOnce",
    "Axis",
    "FunctionLives",
    "Life",
    "Lives",
    "Segment",
    "SegmentKind",
    "clock_time",
    "clock_with_milliseconds",
    "duration",
    "facts",
    "joined",
    "long_duration",
    "title",
]
