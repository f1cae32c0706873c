"""The loop stays awake for a moment after an invocation's begin and end, and then sleeps."""

from __future__ import annotations

import asyncio
import os
import selectors
from collections.abc import Sequence

import pytest

from lambda_tui.engine import wakefulness
from lambda_tui.engine.event_stream import EventStream
from lambda_tui.engine.events import Event, FunctionLog, Record, Report, Start
from lambda_tui.engine.wakefulness import Wakefulness

BEGIN = Start("id")
MOMENT = 0.05
"""Seconds: more than a loaded machine makes a process wait for its turn."""
END = Report("id", "success", 1.0, 1, 128, 16)


class NotingSelector(selectors.DefaultSelector):
    """Notes for how long the loop would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.waits.append(timeout)
        found: list[tuple[selectors.SelectorKey, int]] = super().select(timeout)
        return found


def _waits_after(records: Sequence[Record]) -> list[bool]:
    """Whether the loop waited, look after look, from these records to its first sleep."""
    selector = NotingSelector()

    async def note_all() -> None:
        stream = EventStream()
        Wakefulness(stream)
        selector.waits.clear()
        for record in records:
            stream.emit(Event(record=record, function="any"))
        await asyncio.sleep(3 * MOMENT)

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        runner.run(note_all())
    waited = [wait is None or wait > 0 for wait in selector.waits]
    return waited[: waited.index(True)]


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has; and time to look."""
    monkeypatch.setattr(wakefulness, "MOMENT", MOMENT)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0, 1}, raising=False)


@pytest.mark.parametrize("record", [BEGIN, END])
def test_the_loop_looks_again_at_once_for_a_moment_only(record: Record) -> None:
    # Once would be for what has been called itself.
    assert len(_waits_after([record])) > 1


def test_logs_do_not_keep_the_loop_awake() -> None:
    assert _waits_after([FunctionLog("text", "id")] * 3) == []


def test_the_only_core_is_left_to_the_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {0}, raising=False)
    assert _waits_after([BEGIN, END]) == []
