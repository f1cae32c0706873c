"""The bars of a waterfall."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.ui.widgets.waterfall import bar

times = st.floats(min_value=0, max_value=1e6, allow_nan=False)


@pytest.mark.parametrize(
    ("whole", "others", "drawn"),
    [
        ((0, 100), [], "██████████"),
        ((0, 50), [], "█████     "),
        ((50, 100), [], "     █████"),
        ((0, 100), [(0, 100)], "▁▁▁▁▁▁▁▁▁▁"),
        ((0, 100), [(20, 80)], "██▁▁▁▁▁▁██"),
        ((0, 25), [], "██▄       "),
        ((99.9, 100), [], "         ▁"),
        ((0, 0), [], "▁         "),
        ((100, 100), [], "         ▁"),
    ],
)
def test_a_cell_is_as_high_as_the_share_that_is_the_parts_own(
    whole: tuple[float, float], others: list[tuple[float, float]], drawn: str
) -> None:
    assert bar(whole, others, 100, 10) == drawn


@given(times, times, times, st.integers(min_value=0, max_value=300))
def test_a_bar_always_has_its_width_and_its_place(
    began: float, took: float, scale: float, cells: int
) -> None:
    drawn = bar((began, began + took), [(began, began + took / 2)], scale, cells)
    assert len(drawn) == cells
    if cells and scale >= 1e-6:
        assert drawn.strip()
