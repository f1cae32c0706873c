"""Toasts: one line at a time, counted by topic, bounded, and gone after a while."""

from __future__ import annotations

from lambda_tui.engine import events
from lambda_tui.engine.events import Event
from lambda_tui.ui.model.toasts import (
    MOST_WAITING,
    SECONDS,
    BrokenFunctions,
    Toast,
    Toasts,
    toast_of,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_toast_goes_away_after_its_time() -> None:
    clock = Clock()
    toasts = Toasts(clock)
    assert toasts.advance() is None
    toasts.add(Toast("a", "something"))
    assert toasts.lines == ["something"]
    assert toasts.advance() == SECONDS["information"]
    clock.now += SECONDS["information"]
    assert toasts.advance() is None
    assert toasts.current is None


def test_fifty_of_a_topic_are_one() -> None:
    toasts = Toasts(Clock())
    for number in range(50):
        toasts.add(Toast("reload", f"reloaded {number}"))

    assert toasts.lines == ["reloaded 49 (×50)"]


def test_others_get_their_turn_though_one_is_repeated_for_ever() -> None:
    clock = Clock()
    toasts = Toasts(clock)
    toasts.add(Toast("reload", "reloaded"))
    toasts.add(Toast("other", "other"))
    for _ in range(30):
        clock.now += 0.1
        toasts.add(Toast("reload", "reloaded"))
        toasts.advance()

    assert toasts.current is not None
    assert toasts.current.topic == "other"


def test_only_so_many_wait_and_errors_stay() -> None:
    toasts = Toasts(Clock())
    for number in range(20):
        toasts.add(Toast(str(number), f"note {number}"))
    toasts.add(Toast("error", "broken", "error"))

    assert toasts.waiting == MOST_WAITING
    assert toasts.lines == ["note 0", "broken", "note 1", "note 2", "note 3", "note 4"]


def test_a_dismissed_toast_makes_room_for_the_next() -> None:
    toasts = Toasts(Clock())
    toasts.add(Toast("a", "first"))
    toasts.add(Toast("b", "second"))
    toasts.dismiss()
    assert toasts.lines == ["second"]
    toasts.dismiss()
    assert toasts.lines == []


def test_a_save_that_breaks_a_function_is_told_once_until_it_starts_again() -> None:
    broken = BrokenFunctions()

    def note(record: events.Record) -> Toast | None:
        return broken.note(Event(record=record, function="Greet"))

    failed = events.InitReport("error", 3.0, error_type="Runtime.UserCodeSyntaxError")
    assert note(failed) is None, "it failed before any save"
    assert note(events.EnvironmentStale(("app.py",))) is None
    toast = note(failed)
    assert toast is not None
    assert toast.text == "Greet: does not start since app.py changed (UserCodeSyntaxError)"
    assert note(failed) is None
    assert list(broken.sentences) == ["Greet"]
    note(events.InitReport("success", 3.0))
    assert broken.sentences == {}
    assert note(failed) is None


def test_what_happens_to_any_function_is_worth_a_toast() -> None:
    records = [
        (events.Reloaded(("app.py",), 3.0), "Greet: reloaded, as app.py changed"),
        (events.Throttled("1", "ReservedLimit"), "Greet: throttled, ReservedLimit"),
        (events.ProblemFound("template.yaml:3: no"), "template.yaml:3: no"),
        (
            events.Report("1", "error", 1.0, 1, 128, 10, error_type="Runtime.ExitError"),
            "Greet: crashed (Runtime.ExitError)",
        ),
        (events.Report("1", "timeout", 1.0, 1, 128, 10), "Greet: timed out"),
        (events.Notice("warning", "the API is not served"), "Greet: the API is not served"),
    ]
    texts = [toast_of(Event(record=record, function="Greet")) for record, _ in records]

    assert [toast.text if toast else None for toast in texts] == [text for _, text in records]
    for report in (
        events.Report("1", "success", 1.0, 1, 128, 10),
        events.Report("1", "error", 1.0, 1, 128, 10, error_type="Runtime.Unknown"),
    ):
        assert toast_of(Event(record=report, function="Greet")) is None
