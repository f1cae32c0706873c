"""The rows of invocations: whatever the values and the width, no figure is cut."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from lambda_tui.history import InvocationRecord
from lambda_tui.ui.panes import invocations as pane
from lambda_tui.ui.panes.invocations import InvocationList, note

names = st.text(string.ascii_letters + "-_.", min_size=1, max_size=40)
durations = st.one_of(st.none(), st.floats(0.001, 900_000))
counts = st.integers(1, 10_000_000)

records = st.builds(
    InvocationRecord,
    session=st.just("now"),
    function=names,
    number=counts,
    request_id=st.just(""),
    started=st.integers(1_600_000_000, 2_000_000_000).map(float),
    event_name=names,
    attempt=st.integers(0, 3),
    attempts=st.just(3),
    environment=st.one_of(st.none(), counts),
    is_cold=st.booleans(),
    cold_because=st.just("env x was busy"),
    status=st.sampled_from(["pending", "running", "success", "error", "timeout", "throttled"]),
    answer=st.sampled_from(["", "200", "{12345 keys}", "KeyError"]),
    duration_ms=durations,
    init_ms=durations,
    billed_ms=st.one_of(st.none(), counts),
    max_memory_mb=st.one_of(st.none(), st.integers(1, 10_240)),
)


class _Plain(InvocationList):
    """The list without a stylesheet, as no screen is needed for its texts."""

    def style_of(self, *names: str) -> Style:
        return Style.null()


@given(records, st.integers(20, 220))
def test_a_figure_below_the_rows_is_whole_or_not_there(row: InvocationRecord, width: int) -> None:
    shown = _Plain(id="rows")
    shown.items = [row]
    text = shown.footing(width).plain
    figures = re.findall(r"[\d.,]*\d[\d.,]*(?!…)", text)

    assert f"└ #{row.number}" in text
    assert cell_len(text) <= width
    assert set(figures) <= {f"{row.number}", f"{row.billed_ms or 0:,}"}


@given(
    st.lists(records, min_size=1, max_size=5, unique_by=lambda each: each.number),
    st.integers(20, 220),
)
def test_a_figure_is_whole_or_not_there(rows: list[InvocationRecord], width: int) -> None:
    shown = _Plain(id="rows")
    shown._measure(rows)
    shown.items = rows
    columns = shown._columns(width)
    for row in rows:
        whole = " ".join(column.value(row) for column in pane._COLUMNS)
        text = shown.row(row, width).plain[:width]
        figures = re.findall(r"[\d.,:/]*\d[\d.,:/]*(?!…)", text)
        known = set(re.findall(r"[\d.,:/]*\d[\d.,:/]*", whole))
        assert set(figures) <= known, (text, columns)


def test_a_note_says_why_it_was_cold_why_it_failed_and_what_follows() -> None:
    record = InvocationRecord(
        session="now",
        function="Greet",
        number=1,
        request_id="",
        started=0.0,
        status="error",
        error_message="'customer_id'",
        error_place="app.py:11",
        is_cold=True,
        cold_because="env 1 was busy with #10",
        follow_up="next attempt at 14:52:10",
    )
    assert note(record) == (
        "app.py:11: 'customer_id' · next attempt at 14:52:10 · cold because env 1 was busy with #10"
    )


@pytest.mark.parametrize("width", [80, 118, 160])
def test_at_usual_widths_the_environment_and_the_duration_are_shown(width: int) -> None:
    shown = _Plain(id="rows")
    record = InvocationRecord(
        session="now",
        function="Greet",
        number=12,
        request_id="",
        started=0.0,
        status="success",
        environment=3,
        duration_ms=14.0,
        init_ms=157.0,
        answer="200",
    )
    shown._measure([record])
    shown.items = [record]
    text = shown.row(record, width).plain
    assert "env 3" in text
    assert "14.0 ms" in text
    assert "157 ms" in text


def test_what_stays_is_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = list[str]()

    def note_and_measure(text: str) -> int:
        measured.append(text)
        return len(text)

    monkeypatch.setattr(pane, "cell_len", note_and_measure)
    rows = [
        InvocationRecord(
            session="now",
            function="Greet",
            number=number,
            request_id="",
            started=0.0,
            status="running" if number == 3 else "success",
        )
        for number in (3, 2, 1)
    ]
    shown = _Plain(id="rows")
    shown._measure(rows)
    first = len(measured)
    measured.clear()
    shown._measure(rows)
    assert len(measured) == first / 3
    assert "#3" in measured


def test_columns_become_wider_with_what_an_invocation_gets_at_its_end() -> None:
    record = InvocationRecord(
        session="now", function="Greet", number=1, request_id="", started=0.0, status="running"
    )
    shown = _Plain(id="rows")
    shown._measure([record])
    record.status, record.duration_ms, record.answer = "success", 123_456.7, "a long answer"
    shown._measure([record])
    shown.items = [record]
    assert "a long answer" in shown.row(record, 160).plain
    assert "…" not in shown.row(record, 160).plain
