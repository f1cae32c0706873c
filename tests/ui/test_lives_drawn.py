"""The picture of a life: the clock's columns, the cells, and the figures beside them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lambda_tui.engine.environment import Usage
from lambda_tui.engine.lifecycle import State
from lambda_tui.ui.lives.cells import (
    END_GLYPH,
    FAILURE_GLYPH,
    FOLD_GLYPH,
    SEGMENT_GLYPHS,
    SEVERAL_GLYPH,
    columns_of_segment,
    draw,
    legend,
    segment_at,
)
from lambda_tui.ui.lives.columns import Layout, bar, coarse, columns_of, lay_out
from lambda_tui.ui.model.lives import (
    SCALES,
    Axis,
    Life,
    Segment,
    SegmentKind,
    duration,
    facts,
    long_duration,
    title,
)

NOON = 1_800_000_000.0
ENDLESS = 10_000.0


def life_of(*parts: tuple[SegmentKind, float] | Segment) -> Life:
    """Return a life from these kinds and lengths on, the last of which lasts."""
    life = Life("e", "Greet", 1)
    start = NOON
    for part in parts:
        if isinstance(part, Segment):
            segment = part
            segment.start, segment.end = start, start + (part.end or 0.0)
        else:
            kind, length = part
            invocations = int(kind is SegmentKind.INVOKE)
            segment = Segment(kind, start, start + length, invocations=invocations)
        life.segments.append(segment)
        start = segment.end or start
    if life.segments[-1].end == NOON + ENDLESS:
        life.segments[-1].end = None
    return life


def failed(length: float) -> Segment:
    """Return an invocation of a length that fails."""
    return Segment(SegmentKind.INVOKE, 0.0, length, failure="error", invocations=1, failures=1)


def picture(life: Life, width: int = 10, cell: float = 1.0, now: float = NOON + 9.5) -> str:
    axis = Axis.make(NOON + width * cell - cell / 2, width, cell)
    return "".join(cell.glyph for cell in draw(life, axis, now))


INVOKE, FROZEN, INIT = SegmentKind.INVOKE, SegmentKind.FROZEN, SegmentKind.FUNCTION_INIT


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (((INIT, 2), (INVOKE, 3), (FROZEN, 100)), "▓▓███·····"),
        (((FROZEN, 3.5), (INVOKE, 0.002), (FROZEN, 100)), "···│······"),
        (((FROZEN, 3.1), (INVOKE, 0.002), (FROZEN, 100)), "···▏······"),
        (((FROZEN, 3.9), (INVOKE, 0.002), (FROZEN, 100)), "···▕······"),
        (((INVOKE, 2.5), (FROZEN, 100)), "██▌·······"),
        (((FROZEN, 2.5), (INVOKE, 1.5), (FROZEN, 100)), "··▐█······"),
        (((FROZEN, 2.2), (INVOKE, 0.1), (FROZEN, 0.2), (INVOKE, 0.1), (FROZEN, 100)), "··║·······"),
        (((INIT, 0.16), (INVOKE, 0.014), (FROZEN, 100)), "▓·········"),
        (((INVOKE, 2.0), (SegmentKind.OVERHEAD, 2.0), (FROZEN, 100)), "██▄▄······"),
        (((FROZEN, 1.2), failed(2.1), (SegmentKind.RESET, 100)), "·██✗××××××"),
        (((SegmentKind.INVOKE, 100),), "██████████"),
    ],
)
def test_a_picture_shows_what_happened_when(parts: Any, expected: str) -> None:
    assert picture(life_of(*parts)) == expected


def test_an_invocation_that_runs_is_drawn_until_now_and_a_frozen_one_to_the_end() -> None:
    life = life_of((FROZEN, 2), (INVOKE, 1))
    life.segments[-1].end = None
    assert picture(life, now=NOON + 5.25) == "··███▎    "
    life = life_of((INVOKE, 2), (FROZEN, 1))
    life.segments[-1].end = None
    assert picture(life, now=NOON + 5.25) == "██········"


def test_the_end_of_a_life_has_a_sign() -> None:
    life = life_of((FROZEN, 4), (SegmentKind.SHUTDOWN, 1.5))
    life.ended = NOON + 5.5
    assert picture(life) == f"····▼{END_GLYPH}    "


def test_an_init_gives_way_to_its_invocation_within_one_cell() -> None:
    cells = draw(life_of((INIT, 1.5), (INVOKE, 2.5)), Axis.make(NOON + 9.5, 10, 1.0), NOON)
    assert (cells[1].glyph, cells[1].look, cells[1].behind) == (
        "▌",
        "segment--function-init",
        "segment--invoke",
    )


def test_every_kind_has_a_sign_that_the_whole_legend_explains() -> None:
    whole = legend(500)
    assert set(SEGMENT_GLYPHS) == set(SegmentKind)
    for glyph in (*SEGMENT_GLYPHS.values(), FAILURE_GLYPH, SEVERAL_GLYPH, END_GLYPH, FOLD_GLYPH):
        assert glyph in whole
    assert len(set(SEGMENT_GLYPHS.values())) == len(SegmentKind) - 1, "an Init's parts are Init"


@given(st.integers(0, 200))
def test_a_legend_fits(width: int) -> None:
    assert cell_len(legend(width)) <= width


# The clock


def test_a_quiet_gap_is_folded_and_its_length_is_written() -> None:
    gap = (NOON + 5.5, NOON + 257.5)
    axis = Axis.make(NOON + 262.5, 30, 1.0, [gap])
    (fold,) = axis.folds
    assert fold.label == "⋯4m7s⋯"
    assert axis.end_of(fold.column) == axis.starts[fold.column + fold.width]
    life = life_of((FROZEN, 300))
    glyphs = "".join(cell.glyph for cell in draw(life, axis, NOON))
    assert FOLD_GLYPH * fold.width in glyphs
    assert all(number not in fold.columns for number, _ in axis.labels())


@st.composite
def axes(draw: st.DrawFn) -> Axis:
    cell = draw(st.sampled_from(SCALES))
    times = sorted(draw(st.lists(st.floats(0, 5000), max_size=8, unique=True)))
    pairs = zip(times[::2], times[1::2], strict=False)
    gaps = [(NOON + start * cell, NOON + end * cell) for start, end in pairs]
    end = NOON + draw(st.floats(0, 6000)) * cell
    return Axis.make(end, draw(st.integers(0, 150)), cell, gaps)


@given(axes())
def test_columns_follow_one_another_and_positions_lead_back_to_them(axis: Axis) -> None:
    folded = {column for fold in axis.folds for column in fold.columns}
    assert len(axis.starts) == axis.width
    for column, start in enumerate(axis.starts):
        last = column + 1 == axis.width
        following = axis.end if last else axis.starts[column + 1]
        if column not in folded:
            assert following - start == pytest.approx(axis.cell, rel=1e-3, abs=1e-5)
            middle = start + axis.cell / 2
            assert int(axis.position(middle)) == column
    for fold in axis.folds:
        assert fold.seconds > fold.width * axis.cell
        # A fold that the left end cuts shows the end of its label.
        assert fold.width == len(fold.label) or fold.column == 0


@given(axes())
def test_labels_of_the_clock_do_not_touch(axis: Axis) -> None:
    free = -1
    for column, text in sorted(axis.labels()):
        assert column - len(text) + 1 > free
        assert column < axis.width
        free = column


@given(axes(), st.lists(st.floats(0.0001, 3000), min_size=1, max_size=30))
def test_a_picture_is_as_wide_as_its_clock_and_each_cell_belongs_to_a_segment(
    axis: Axis, lengths: list[float]
) -> None:
    kinds = [list(SegmentKind)[index % len(SegmentKind)] for index in range(len(lengths))]
    life = life_of(*((k, n * axis.cell) for k, n in zip(kinds, lengths, strict=True)))
    cells = draw(life, axis, NOON)
    assert len(cells) == axis.width
    for column, cell in enumerate(cells):
        if cell.look:
            assert segment_at(life, axis, column) is not None
    for segment in life.segments:
        columns = columns_of_segment(segment, axis)
        assert 0 <= columns.start <= columns.stop <= axis.width or not columns


def test_times_on_the_clock_are_short() -> None:
    assert [duration(each) for each in (0.005, 0.5, 15, 60, 90, 3600, 5400)] == [
        "5ms",
        "500ms",
        "15s",
        "1m",
        "1m30s",
        "1h",
        "1h30m",
    ]
    assert [long_duration(each) for each in (2.18, 61_000, 7_500_000)] == [
        "2.18 ms",
        "1m01s",
        "2h05m",
    ]


# The figures


def stand_in_pool(memory: int = 10_240, storage: int = 10_240) -> Any:
    function = SimpleNamespace(
        name="Greet",
        memory_size=memory,
        ephemeral_storage=storage,
        published={},
        is_tenant_isolated=False,
    )
    return SimpleNamespace(function=function)


def stand_in_life(number: int, invocations: int, peak: float, tmp: float) -> Life:
    life = Life(f"{number}", "Greet", number)
    life.invocations = invocations
    environment: Any = SimpleNamespace(
        state=State.FROZEN,
        phase=None,
        stale=False,
        extensions=(),
        usage=Usage(memory_mb=peak / 2, tmp_mb=tmp, cpu_percent=80.0),
        peak_memory_mb=peak,
        created=0.0,
        removal_at=None,
    )
    life.environment = environment
    life.segments = [Segment(SegmentKind.FROZEN, NOON)]
    return life


@given(
    st.lists(
        st.builds(
            stand_in_life,
            st.integers(1, 20_000),
            st.integers(0, 10**8),
            st.floats(0, 10_240),
            st.floats(0, 10_240),
        ),
        min_size=1,
        max_size=6,
    ),
    st.integers(20, 220),
)
def test_no_figure_is_ever_cut(lives: list[Life], width: int) -> None:
    layout = lay_out(columns_of(stand_in_pool(), lives), lives, width, 24, Layout(()))
    names = [column.name for column, _ in layout.columns]
    for life in lives:
        row = "".join(text for text, _ in layout.row(life))
        assert cell_len(row) == layout.width == cell_len(layout.heading())
        words = row.replace("❅ frozen", "").split()
        figures = [word for word in words if word[0].isdigit()]
        assert str(life.number) == figures[0]
        if "inv" in names:
            assert str(life.invocations) == figures[1]
        if "max MB" in names:
            assert any(word.endswith("/10240") for word in figures)
    assert layout.width <= max(width - 24, 0) or names == ["env", "state"] or names == ["env"]


def test_a_processor_figure_of_a_frozen_environment_is_not_shown() -> None:
    life = stand_in_life(1, 1, 10.0, 0.0)
    (column,) = [each for each in columns_of(stand_in_pool(), [life]) if each.name == "CPU"]
    assert column.text(life)[0][0] == "–"
    life.segments = [Segment(SegmentKind.INVOKE, NOON)]
    assert column.text(life)[0][0] == "80%"


@pytest.mark.parametrize(
    ("share", "peak", "expected"),
    [
        (0.0, 0.0, "·····"),
        (0.001, 0.0, "▏····"),
        (0.5, 0.5, "██▌··"),
        (0.2, 0.7, "█··│·"),
        (1.0, 1.0, "█████"),
        (1.3, 1.3, "█████"),
    ],
)
def test_a_bar_shows_the_share_and_marks_the_peak(share: float, peak: float, expected: str) -> None:
    assert "".join(text for text, _ in bar(share, peak)) == expected


def test_times_that_pass_change_seldom() -> None:
    assert [coarse(each) for each in (-1, 3, 37, 61, 3_700)] == [
        "<10s",
        "<10s",
        "30s",
        "1m",
        "1h01",
    ]


# The facts


def test_the_facts_of_a_failed_invocation_say_when_how_long_and_why() -> None:
    life = Life("e", "Greet", 4)
    segment = Segment(
        SegmentKind.INVOKE,
        NOON,
        NOON + 3,
        failure="timeout",
        error_type="Sandbox.Timedout",
        request_id="r1",
        number=12,
        invocations=1,
        failures=1,
    )
    life.segments = [segment]
    assert title(life, segment) == "env 4 · invoke #12"
    known = dict(facts(life, segment, NOON))
    assert known["time"].endswith("3.00 s · ✗ timeout: Sandbox.Timedout")
    assert known["request"] == "r1"
    reset = Segment(SegmentKind.RESET, NOON + 3, reason="timeout")
    assert dict(facts(life, reset, NOON + 4))["because"] == "the time limit was exceeded"
    assert "goes on" in dict(facts(life, reset, NOON + 4))["time"]
