"""Figures and signs: how numbers and states are written."""

from __future__ import annotations

import pytest

from lambda_tui.engine.lifecycle import State
from lambda_tui.ui import figures
from lambda_tui.ui.glyphs import STATE_GLYPHS
from lambda_tui.wording import counted


def test_every_state_has_a_sign_of_its_own() -> None:
    assert set(STATE_GLYPHS) == set(State)
    assert len(set(STATE_GLYPHS.values())) == len(State)


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
