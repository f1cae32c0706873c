"""The lives of environments, from the event stream to segments and to how many ran at once."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.engine import events
from lambda_tui.engine.events import Event, Record, Span
from lambda_tui.engine.lifecycle import TRANSITIONS, State
from lambda_tui.ui.model.lives import (
    MOST_ENDED,
    MOST_SEGMENTS,
    Activity,
    AtOnce,
    Life,
    Lives,
    Segment,
    SegmentKind,
    concurrency,
    joined,
)


def no_environment(_function: str, _id: str) -> None:
    return None


def at(time: float, record: Record, environment: str = "e") -> Event:
    return Event(record=record, function="Greet", environment=environment, time=time)


def told(*records: tuple[float, Record]) -> Life:
    """Return the life of an environment with these records."""
    lives = Lives(no_environment)
    lives.add(at(0.0, events.StateChange(State.CREATING, None, "invocation")))
    for time, record in records:
        lives.add(at(time, record))
    return lives.of("Greet").all[0]


def change(state: State, previous: State = State.IDLE, reason: Any = None) -> events.StateChange:
    return events.StateChange(state, previous, reason)


def times(life: Life) -> list[tuple[str, float, float | None]]:
    return [
        (str(one.kind), round(one.start, 6), one.end and round(one.end, 6)) for one in life.segments
    ]


def test_an_init_has_its_parts_on_the_clock() -> None:
    spans = (Span("extensionInit", 100), Span("runtimeInit", 200), Span("functionInit", 300))
    life = told(
        (1.0, change(State.INITIALISING)),
        (1.6, events.InitReport("success", 600, spans=spans)),
        (1.7, change(State.INVOKING)),
    )
    assert times(life) == [
        ("creating", 0.0, 1.0),
        ("extension init", 1.0, 1.1),
        ("runtime init", 1.1, 1.3),
        ("function init", 1.3, 1.7),
        ("invoke", 1.7, None),
    ]


def test_an_init_that_is_heard_of_too_late_begins_when_it_did() -> None:
    life = told(
        (1.0, change(State.INITIALISING)),
        (1.1, events.InitReport("success", 600, spans=(Span("functionInit", 600),))),
        (1.1, change(State.INVOKING)),
    )
    assert times(life)[:2] == [("creating", 0.0, 0.5), ("function init", 0.5, 1.1)]


def test_parts_of_an_init_that_are_longer_than_its_time_do_not_overlap() -> None:
    spans = (Span("runtimeInit", 5000), Span("functionInit", 5000))
    life = told(
        (1.0, change(State.INITIALISING)),
        (1.1, events.InitReport("success", 10_000, spans=spans)),
        (1.2, change(State.INVOKING)),
    )
    assert_contiguous(life)
    assert [one.start for one in life.segments][-2:] == [1.1, 1.2]


def test_a_restore_is_no_init() -> None:
    life = told(
        (1.0, change(State.INITIALISING)),
        (1.0, events.RestoreStart("python:3.13.v7", "arn")),
        (1.2, events.RestoreReport("success", 200)),
        (1.2, change(State.IDLE)),
    )
    assert times(life)[1] == ("restore", 1.0, 1.2)


def test_an_init_that_fails_says_so_and_the_reset_has_its_reason() -> None:
    life = told(
        (1.0, change(State.INITIALISING)),
        (1.5, events.InitReport("error", 500, error_type="Runtime.ImportModuleError")),
        (1.5, change(State.RESET, reason="failure")),
    )
    init, reset = life.segments[1:]
    assert (init.failure, init.error_type) == ("error", "Runtime.ImportModuleError")
    assert (reset.kind, reset.reason) == (SegmentKind.RESET, "failure")


def test_extensions_that_outlast_an_answer_have_a_segment() -> None:
    life = told(
        (2.0, change(State.INVOKING)),
        (2.0, events.Start("r1")),
        (2.3, events.RuntimeDone("r1", "success", 300)),
        (
            2.8,
            events.Report(
                "r1", "success", 800, 800, 128, 20, spans=(Span("extensionOverhead", 500),)
            ),
        ),
        (2.8, change(State.IDLE)),
    )
    assert times(life)[1:] == [
        ("invoke", 2.0, 2.3),
        ("extension overhead", 2.3, 2.8),
        ("idle", 2.8, None),
    ]
    assert (life.segments[1].request_id, life.segments[1].took_ms(0.0)) == ("r1", 300)
    assert life.last_duration_ms == 800


def test_without_extensions_an_invocation_lasts_until_its_report() -> None:
    life = told(
        (2.0, change(State.INVOKING)),
        (2.0, events.Start("r1")),
        (2.3, events.RuntimeDone("r1", "success", 300)),
        (2.3001, events.Report("r1", "success", 300, 300, 128, 20)),
        (2.3002, change(State.FROZEN)),
    )
    assert times(life)[1:] == [("invoke", 2.0, 2.3002), ("frozen", 2.3002, None)]


@pytest.mark.parametrize("has_extensions", [False, True])
def test_a_timeout_is_a_failure_of_its_invocation(has_extensions: bool) -> None:
    ending = [(5.0, change(State.RESETTING, reason="timeout"))] if has_extensions else []
    life = told(
        (2.0, change(State.INVOKING)),
        (2.0, events.Start("r1")),
        *ending,
        (5.0, events.RuntimeDone("r1", "timeout", 3000)),
        (5.0, events.Report("r1", "timeout", 3000, 3000, 128, 20)),
        (6.0, change(State.RESET, reason="timeout")),
    )
    invoke = life.segments[1]
    assert (invoke.kind, invoke.failure, invoke.failures) == (SegmentKind.INVOKE, "timeout", 1)
    assert life.failures == 1
    assert life.segments[-1].reason == "timeout"


def test_an_error_of_the_handler_is_a_failure_though_the_platform_calls_it_a_success() -> None:
    invocation = SimpleNamespace(request_id="r1", number=12, status="running")
    environment: Any = SimpleNamespace(number=4, invocation=invocation)
    lives = Lives(lambda _function, _id: environment)
    lives.add(at(0.0, events.StateChange(State.CREATING, None, "invocation")))
    lives.add(at(1.0, change(State.INVOKING)))
    lives.add(at(1.0, events.Start("r1")))
    invocation.status = "error"
    lives.add(at(1.1, events.RuntimeDone("r1", "success", 100)))
    lives.add(at(1.1, events.Report("r1", "success", 100, 100, 128, 20)))
    (life,) = lives.of("Greet").all
    assert (life.number, life.segments[1].number) == (4, 12)
    assert (life.segments[1].failure, life.failures) == ("error", 1)


def test_a_snapshot_is_no_environment_that_serves() -> None:
    lives = Lives(no_environment)
    lives.add(at(0.0, events.StateChange(State.CREATING, None, "snapshot")))
    lives.add(at(0.1, change(State.INITIALISING, State.CREATING)))
    assert lives.of("Greet").all == []


def test_an_environment_that_has_ended_stays_for_a_while_and_the_oldest_go() -> None:
    lives = Lives(no_environment)
    for number in range(MOST_ENDED + 5):
        lives.add(at(number, events.StateChange(State.CREATING, None, "invocation"), f"e{number}"))
        lives.add(at(number + 0.5, change(State.ENDED, State.CREATING, "exit"), f"e{number}"))
    kept = lives.of("Greet").ended
    assert [life.id for life in kept] == [f"e{number}" for number in range(5, MOST_ENDED + 5)]
    assert lives.of("Greet").living == []
    assert kept[-1].ended == MOST_ENDED + 4.5
    assert kept[-1].current is None


def test_a_function_that_is_removed_takes_its_lives_along() -> None:
    lives = Lives(no_environment)
    lives.add(at(0.0, events.StateChange(State.CREATING, None, "invocation")))
    lives.add(Event(record=events.FunctionRemoved(), function="Greet"))
    assert lives.of("Greet").all == []


def test_an_environment_that_nobody_saw_begin_has_a_life_from_now_on() -> None:
    lives = Lives(no_environment).of("Greet")
    environment: Any = SimpleNamespace(
        id="e", number=3, state=State.FROZEN, invocations=7, function=SimpleNamespace(name="Greet")
    )
    lives.notice([environment], 100.0)
    lives.notice([environment], 200.0)
    (life,) = lives.all
    assert times(life) == [("frozen", 100.0, None)]
    assert (life.number, life.invocations) == (3, 7)


def test_a_life_is_bounded_and_keeps_the_number_of_its_invocations() -> None:
    life = Life("e", "Greet", 1)
    count = 20 * MOST_SEGMENTS
    for number in range(count):
        start = number * 0.01
        life.add(change(State.INVOKING), start)
        life.add(events.Start(f"r{number}"), start)
        life.add(events.RuntimeDone(f"r{number}", "success", 5), start + 0.005)
        life.add(events.Report(f"r{number}", "success", 5, 5, 128, 20), start + 0.005)
        life.add(change(State.FROZEN), start + 0.006)
    assert len(life.segments) <= MOST_SEGMENTS
    assert sum(one.invocations for one in life.segments) == count
    assert life.start == 0.0
    assert_contiguous(life)
    busy = sum(one.busy_seconds or 0.0 for one in life.segments)
    assert 0.55 < busy / (life.segments[-1].start - life.start) < 0.65


def assert_contiguous(life: Life) -> None:
    for one, following in zip(life.segments, life.segments[1:], strict=False):
        assert one.end is not None
        assert one.start <= one.end
        assert one.end == following.start


# Any order of events


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Return events of some environments that go through the states as the engine lets them."""
    states: dict[str, State | None] = dict.fromkeys(("a", "b", "c", "d"))
    requests = dict.fromkeys(states, "")
    stream: list[Event] = []
    time = 1000.0
    for number in range(draw(st.integers(1, 60))):
        time += draw(st.sampled_from([0.0005, 0.004, 0.3, 2.0, 90.0]))
        name = draw(st.sampled_from(sorted(states)))
        state = states[name]
        if state is State.INVOKING and draw(st.booleans()):
            status: events.Status = draw(st.sampled_from(["success", "error", "timeout"]))
            stream.append(at(time, events.RuntimeDone(requests[name], status, 1.0), name))
            if draw(st.booleans()):
                time += draw(st.sampled_from([0.0, 0.001, 1.0]))
                spans = draw(st.sampled_from([(), (Span("extensionOverhead", 1.0),)]))
                report = events.Report(requests[name], status, 1.0, 1, 128, 20, spans=spans)
                stream.append(at(time, report, name))
            continue
        if state is State.INITIALISING and draw(st.booleans()):
            parts = draw(st.lists(st.floats(0, 5000), max_size=3))
            names = ("extensionInit", "runtimeInit", "functionInit")
            spans = tuple(Span(*each) for each in zip(names, parts, strict=False))
            stream.append(at(time, events.InitReport("success", 1.0, spans=spans), name))
            continue
        if state is None:
            following = State.CREATING
        elif not TRANSITIONS[state]:
            continue
        else:
            following = draw(st.sampled_from(sorted(TRANSITIONS[state])))
        states[name] = following
        stream.append(at(time, events.StateChange(following, state), name))
        if following is State.INVOKING:
            requests[name] = f"r{number}"
            stream.append(at(time, events.Start(requests[name]), name))
    return stream


def lives_of(stream: Iterable[Event]) -> Lives:
    lives = Lives(no_environment)
    for event in stream:
        lives.add(event)
    return lives


@given(histories())
def test_segments_of_an_environment_never_overlap_and_leave_no_gap(stream: list[Event]) -> None:
    for life in lives_of(stream).of("Greet").all:
        assert_contiguous(life)
        assert (life.segments[-1].end is None) == (life.ended is None)


def invoking(segment: Segment, moment: float) -> bool:
    busy = segment.kind in (SegmentKind.INVOKE, SegmentKind.OVERHEAD)
    return busy and segment.start <= moment and (segment.end is None or moment < segment.end)


@given(histories(), st.floats(-1, 400), st.floats(0.0001, 400))
def test_how_many_ran_at_once_is_what_counting_says(
    stream: list[Event], after: float, length: float
) -> None:
    lives = lives_of(stream).of("Greet")
    start, end = 1000.0 + after, 1000.0 + after + length
    segments = [segment for life in lives.all for segment in life.segments]
    moments = [start, *(one.start for one in segments if start <= one.start < end)]
    naive = max(sum(invoking(one, moment) for one in segments) for moment in moments)
    assert lives.at_once.most(start, end) == naive


@given(histories())
def test_nothing_is_under_way_in_a_quiet_gap(stream: list[Event]) -> None:
    lives = lives_of(stream).of("Greet")
    for start, end in lives.activity.quiet(0.0, 1e9):
        assert start < end
        for life in lives.all:
            for segment in life.segments:
                if not segment.is_quiet:
                    assert (
                        segment.start >= end or segment.seconds(end) <= start - segment.start + 1e-9
                    )


def test_the_history_of_how_many_ran_at_once_is_bounded_and_forgets_no_peak() -> None:
    at_once = AtOnce()
    for number in range(3 * concurrency.MOST_STEPS):
        at_once.change(number, 1 if number % 2 == 0 else -1)
    at_once.change(1e6, 1)
    assert len(at_once._times) <= concurrency.MOST_STEPS + 1
    assert at_once.most(0.0, 10.0) == 1
    assert at_once.most(-5.0, 0.0) == 0
    assert at_once.most(2e6, 3e6) == 1


def test_the_periods_of_activity_are_bounded_and_the_largest_gap_stays() -> None:
    activity = Activity()
    for number in range(3 * concurrency.MOST_PERIODS):
        time = number + (10_000 if number > concurrency.MOST_PERIODS else 0)
        activity.note("e", time, is_working=True)
        activity.note("e", time + 0.5, is_working=False)
    gaps = activity.quiet(0.0, 1e9)
    assert len(gaps) < concurrency.MOST_PERIODS
    assert max(end - start for start, end in gaps) == pytest.approx(10_000.5)


@given(st.integers(2, 40), st.integers(10, 200))
def test_joining_covers_the_same_time(count: int, most: int) -> None:
    segments = [
        Segment(
            SegmentKind.INVOKE if number % 2 else SegmentKind.FROZEN,
            number * 0.1,
            (number + 1) * 0.1,
            invocations=number % 2,
        )
        for number in range(count * 10)
    ]
    fewer = joined(segments, most)
    assert len(fewer) <= max(most, 1)
    assert fewer[-1].end == segments[-1].end
    assert sum(one.invocations for one in fewer) <= 5 * count
