"""Figures over many invocations, and the plots that show them."""

from __future__ import annotations

import itertools
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.history import InvocationRecord
from lambda_tui.ui.model.statistics import (
    Summary,
    environments_of,
    in_environment,
    latencies,
    latency_ms,
    sparkline,
    summary,
)
from lambda_tui.ui.screens.statistics import Statistics
from lambda_tui.ui.widgets.plot import Axis
from support.app_driver import OpenApp
from support.records import record


def test_percentiles_are_values_that_have_occurred() -> None:
    assert summary(range(100, 0, -1)) == Summary(100, 1, 50, 90, 99, 100)
    assert summary([7.5]) == Summary(1, 7.5, 7.5, 7.5, 7.5, 7.5)
    assert summary([]) is None


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_at_least_its_share_of_the_values_is_not_above_a_percentile(values: list[float]) -> None:
    found = summary(values)

    assert found is not None
    for share, percentile in ((0.5, found.p50), (0.9, found.p90), (0.99, found.p99)):
        assert percentile in values
        below = sum(value <= percentile for value in values)
        assert below >= math.ceil(share * len(values))
        assert sum(value < percentile for value in values) < share * len(values)


def test_the_latency_of_a_cold_start_has_its_init_or_restore_in_it() -> None:
    assert latency_ms(record(1, duration_ms=2.0)) == 2.0
    assert latency_ms(record(1, duration_ms=2.0, init_ms=150.0)) == 152.0
    assert latency_ms(record(1, duration_ms=2.0, restore_ms=30.0)) == 32.0
    assert latency_ms(record(1, duration_ms=None, status="throttled")) is None


def test_latencies_come_in_the_order_of_their_starts() -> None:
    records = [record(3), record(1, is_cold=True), record(2, duration_ms=None)]

    assert [(one.record.number, one.is_cold) for one in latencies(records)] == [
        (1, True),
        (3, False),
    ]


def test_the_memory_of_an_environment_is_that_of_its_own_invocations() -> None:
    records = [
        record(3, environment=2),
        record(2, environment=1),
        record(1, environment=1),
        record(4, environment=1, max_memory_mb=None),
        record(5, environment=1, session="earlier", started=1.0),
        record(6, environment=None),
    ]
    session = records[0].session

    assert [one.number for one in in_environment(records, session, 1)] == [1, 2]
    assert environments_of(records) == [(session, 2), (session, 1), ("earlier", 1)]


@pytest.mark.parametrize(
    ("values", "cells", "bars"),
    [
        ([1, 2, 1, 8, 1, 4], 6, "▁▂▁█▁▄"),
        ([1, 2, 3], 2, "▆█"),
        ([5, 5], 8, "██"),
        ([0, 0], 8, "▁▁"),
        ([], 8, ""),
        ([1], 0, ""),
    ],
)
def test_a_sparkline_is_bars_of_the_last_values(values: list[float], cells: int, bars: str) -> None:
    assert sparkline(values, cells) == bars


# The plots


@given(st.lists(st.floats(0.01, 1e7), min_size=1), st.integers(1, 60))
def test_every_value_has_its_place_on_a_logarithmic_axis(values: list[float], rows: int) -> None:
    axis = Axis.logarithmic(values, str)

    assert axis.low <= min(values)
    assert axis.high >= max(values)
    assert axis.low < axis.high
    for value in values:
        assert 0 <= axis.share(value) <= 1
        assert 0 <= axis.row(value, rows) < rows
    ordered = sorted(values, reverse=True)
    dots = [axis.dot(value, rows) for value in ordered]
    assert dots == sorted(dots)


@given(st.floats(0.01, 1e6), st.floats(1, 1e6), st.integers(1, 60))
def test_labels_of_an_axis_are_where_their_values_are(low: float, factor: float, rows: int) -> None:
    axis = Axis.logarithmic([low, low * factor], str)
    ticks = axis.ticks(rows)

    assert [axis.row(float(label), rows) for _, label in ticks] == [row for row, _ in ticks]
    assert all(later - row > 1 for (row, _), (later, _) in itertools.pairwise(ticks))


def shop(count: int) -> list[InvocationRecord]:
    """Return invocations of which every tenth is cold, in two environments of two sessions."""
    return [
        record(
            number,
            "Greet",
            session="2026-11-30" if number > 5 else "2026-11-29",
            environment=1 + number % 2,
            is_cold=number % 10 == 0,
            duration_ms=2.0 + number / 100,
            init_ms=157.0 if number % 10 == 0 else None,
            max_memory_mb=20 + number % 7,
        )
        for number in range(1, count + 1)
    ]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_cold_and_warm_latencies_are_plotted_with_their_percentiles(
    open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size=size) as driver:
        driver.app.push_screen(Statistics("Greet", shop(100)))
        await driver.until_seen("Latency of Greet · 100 invocations", "Memory of env 1")
        # Without the header of the screen below.
        text = driver.text().partition("\n")[2]

    assert re.search(r"• warm +90 +2\.01 ms +2\.49 ms +2\.89 ms +2\.99 ms +2\.99 ms", text)
    assert re.search(r"◆ cold +10 +159 ms +160 ms +160 ms +160 ms +160 ms", text)
    assert "warm p50" in text
    assert "cold p50" in text
    assert text.count("◆") == 1 + 10
    assert "48 invocations · peak 26 of 256 MB" in text
    assert "256 MB ┤" in text
    assert re.search("[▁-█]{40}", text)
    assert "#1 " in text
    assert "#100" in text
    # Nothing is cut at the edge of the dialog.
    assert "…" not in text


async def test_the_environment_whose_memory_is_shown_can_be_chosen(open_app: OpenApp) -> None:
    async with open_app(size=(120, 40)) as driver:
        driver.app.push_screen(Statistics("Greet", shop(20)))
        await driver.until_seen("Memory of env 1 · ")
        await driver.press("left")
        assert "Memory of env 2 · " in driver.text()
        await driver.press("left")
        assert "of 2026-11-29 · " in driver.text()
        await driver.press("right", "right", "right")
        assert "Memory of env 1 · 8 invocations" in driver.text()
        await driver.press("escape")
        assert driver.app.screen is driver.screen


async def test_without_an_invocation_there_is_a_sentence(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as driver:
        driver.app.push_screen(Statistics("Greet", [record(1, duration_ms=None)]))
        await driver.until_seen("No invocation of it has run yet.")


async def test_times_of_no_length_have_a_place_too(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as driver:
        driver.app.push_screen(Statistics("Greet", [record(1, duration_ms=0.0)]))
        await driver.until_seen("warm p50 p90 p99", "0.00 ms")


async def test_many_warm_invocations_are_dots(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as driver:
        driver.app.push_screen(Statistics("Greet", shop(1_000)))
        await driver.until_seen("1,000 invocations")

        assert re.search("[\u2801-\u28ff]", driver.text())
