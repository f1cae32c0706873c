"""The loop stays awake for a moment after an invocation's begin and end, and then sleeps."""

from __future__ import annotations

import asyncio
import os
import selectors
from collections.abc import Sequence
from itertools import count
from types import SimpleNamespace

import pytest

from lambda_tui.engine import event_loop
from lambda_tui.engine.event_loop import poll_after_invocations
from lambda_tui.engine.events import Event, EventStream, FunctionLog, Record, Report, Start

BEGIN = Start("id")
END = Report("id", "success", 1.0, 1, 128, 16)


class SleeplessSelector(selectors.DefaultSelector):
    """Stops its loop when that would go to sleep, and counts its looks until then."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.SelectorEventLoop(self)
        self.looks = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout == 0:
            self.looks += 1
        else:
            self.loop.stop()
        found: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        return found


def _looks_after(records: Sequence[Record]) -> int:
    """How often the loop looks, from these records to its first sleep."""
    selector = SleeplessSelector()

    def note_all() -> None:
        stream = EventStream()
        poll_after_invocations(stream)
        for record in records:
            stream.emit(Event(record=record, function="any"))
        selector.looks = 0

    selector.loop.call_soon(note_all)
    selector.loop.run_forever()
    selector.loop.close()
    return selector.looks


@pytest.fixture(autouse=True)
def two_cores_and_a_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has; the moment is over when the clock has been read ten times."""
    ticks = count()
    monkeypatch.setattr(event_loop, "POLLING_SECONDS", 10)
    monkeypatch.setattr(event_loop, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1}, raising=False)


@pytest.mark.parametrize("record", [BEGIN, END])
def test_the_loop_looks_again_at_once_for_a_moment_only(record: Record) -> None:
    assert _looks_after([record]) == 10


def test_an_end_that_follows_a_begin_is_the_beginning_of_another_moment() -> None:
    assert _looks_after([BEGIN, END]) == 10


def test_logs_do_not_keep_the_loop_awake() -> None:
    assert _looks_after([FunctionLog("text", "id")] * 3) == 0


def test_the_only_core_is_left_to_the_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0}, raising=False)
    assert _looks_after([BEGIN, END]) == 0
