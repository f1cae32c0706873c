"""Figures over many invocations, and the plots that show them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.ui.model.statistics import (
    Summary,
    environments_of,
    in_environment,
    latencies,
    latency_ms,
    sparkline,
    summary,
)
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
