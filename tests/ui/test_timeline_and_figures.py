"""Timelines, signs and figures: how states and numbers are written."""

from __future__ import annotations

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.events import Event, Record
from lambda_tui.engine.lifecycle import State
from lambda_tui.ui import figures
from lambda_tui.ui.glyphs import STATE_GLYPHS, STRIP_GLYPHS
from lambda_tui.ui.timeline import STRIP_CELLS, Timeline
from lambda_tui.wording import counted


def at(time: float, record: Record) -> Event:
    return Event(record=record, function="Greet", environment="e", time=time)


def test_a_timeline_has_a_cell_for_each_phase_and_each_second() -> None:
    timeline = Timeline()
    timeline.add(at(0.0, events.StateChange(State.CREATING, None, "invocation")))
    timeline.add(at(0.1, events.StateChange(State.INITIALISING)))
    timeline.add(at(0.1, events.InitStart("python:3.13.v7", "arn")))
    timeline.add(at(0.2, events.StateChange(State.INVOKING)))
    timeline.add(at(0.3, events.StateChange(State.IDLE)))
    timeline.add(at(0.3, events.StateChange(State.FROZEN)))
    timeline.tick(2.5)
    strip = "".join(STRIP_GLYPHS[state] for state in timeline.last(20))
    assert strip == "▒▓█···"


def test_a_timeline_shows_extensions_that_end_before_a_reset_and_before_the_end() -> None:
    timeline = Timeline()
    states = (State.INVOKING, State.RESETTING, State.RESET, State.SHUTTING_DOWN)
    for state in states:
        timeline.add(at(0.0, events.StateChange(state)))
    assert timeline.last(20) == list(states)


def test_a_timeline_is_bounded() -> None:
    timeline = Timeline()
    timeline.add(at(0.0, events.StateChange(State.FROZEN)))
    timeline.tick(100_000.0)
    assert len(timeline.cells) == STRIP_CELLS


def test_every_state_has_a_sign_of_its_own() -> None:
    assert set(STATE_GLYPHS) == set(STRIP_GLYPHS) == set(State)
    assert len(set(STATE_GLYPHS.values())) == len(State)
    assert len(set(STRIP_GLYPHS.values())) == len(State)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (figures.seconds(59.9), "59s"),
        (figures.seconds(200), "3m20"),
        (figures.seconds(7500), "2h05"),
        (figures.milliseconds(1.416), "1.42 ms"),
        (figures.milliseconds(318.4), "318 ms"),
        (figures.milliseconds(2100), "2.10 s"),
        (figures.size(812), "812 B"),
        (figures.size(6 * 1024 * 1024), "6.0 MB"),
        (figures.megabytes(0.0), "0"),
        (figures.megabytes(128.4), "128"),
        (counted(1, "line"), "1 line"),
        (counted(1200, "line"), "1,200 lines"),
    ],
)
def test_figures_are_short_and_have_a_unit(shown: str, expected: str) -> None:
    assert shown == expected
