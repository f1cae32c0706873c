"""No cell of the screen shows a part of a number, whatever the values and the width."""

from __future__ import annotations

import re
import string
from types import SimpleNamespace
from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from textual.geometry import Size
from textual.widget import Widget

from lambda_tui.engine.environment import Usage
from lambda_tui.engine.lifecycle import State
from lambda_tui.ui.lives.columns import Layout, columns_of, lay_out
from lambda_tui.ui.lives.view import LivesView
from lambda_tui.ui.model.details import Detail
from lambda_tui.ui.model.init_tree import InitNode, Part
from lambda_tui.ui.model.inits import Inits
from lambda_tui.ui.model.lives import SCALES, AtOnce, Axis, Life
from lambda_tui.ui.model.tmp import TmpEntry, TmpRow
from lambda_tui.ui.model.toasts import Announcements
from lambda_tui.ui.panes import details, functions, init
from lambda_tui.ui.panes.tmp import rows as tmp
from lambda_tui.ui.screens.statistics import Statistics
from lambda_tui.ui.terminal_text import fitted_title, shortened
from lambda_tui.ui.widgets.header import HeaderLine, _Part
from support.records import record

NOON = 1_800_000_000.0
_FIGURE = re.compile(r"[\d.,:/]*\d[\d.,:/]*…?")
Shown = TypeVar("Shown", bound=Widget)

names = st.text(string.ascii_letters + "-_.", min_size=1, max_size=60)
counts = st.integers(0, 10_000_000)
times = st.floats(0, 900_000)
widths = st.integers(12, 250)


def cut_figures(shown: str, whole: str) -> set[str]:
    """Return the figures of a shown text that its whole text does not have.

    One that ends in ``…`` says itself that it was cut.
    """
    known = set(_FIGURE.findall(whole))
    found = set(_FIGURE.findall(shown)) - known
    return {figure for figure in found if not figure.endswith("…")}


def plain(kind: type[Shown], *arguments: Any, **more: Any) -> Shown:
    """Return a widget without a stylesheet, as no screen is needed for its texts."""
    without = type(kind.__name__, (kind,), {"style_of": lambda *_: Style.null()})
    return without(*arguments, **more)  # type: ignore[no-any-return]


def visible(text: str, width: int) -> str:
    """Return what of a row lies within the width: a list crops the rest."""
    while cell_len(text) > width:
        text = text[:-1]
    return text


@given(names, st.lists(st.sampled_from(State), max_size=12), times, widths)
def test_rows_of_functions(name: str, states: list[State], took: float, width: int) -> None:
    shown = plain(functions.FunctionList, id="rows")
    environments = [SimpleNamespace(state=state) for state in states]
    function = SimpleNamespace(name=name)
    pool = SimpleNamespace(function=function, environments=environments, problem=None)
    last = record(1, duration_ms=took)
    row: Any = functions.FunctionRow(pool, last, None)  # type: ignore[arg-type]
    whole = shown.row(row, 400).plain

    assert not cut_figures(visible(shown.row(row, width).plain, width), whole)


@given(
    st.text(string.ascii_letters, min_size=1, max_size=140),
    st.lists(st.tuples(counts, st.sampled_from(["throttled", "of 1,024 match", "new ▼"]))),
    widths,
)
def test_titles_of_frames(name: str, figures: list[tuple[int, str]], width: int) -> None:
    parts = [f"{count:,} {what}" for count, what in figures]
    whole = " · ".join(["3 Invocations", f"{name} env {len(name)}", *parts])
    shown = fitted_title(whole, width)

    assert cell_len(shown) <= max(width, len("3 Invocations"))
    assert not set(_FIGURE.findall(shown)) - set(_FIGURE.findall(whole))


@given(names, names, widths)
def test_names_that_end_differently_look_different(name: str, end: str, width: int) -> None:
    shown = [shortened(f"{name}{name}{last}{end[:1]}", width) for last in "AB"]

    assert shown[0] != shown[1]
    assert all(cell_len(one) <= width for one in shown)


@given(names, st.integers(0, 10**13), st.integers(0, 12), widths)
def test_rows_of_tmp(name: str, bytes_: int, depth: int, width: int) -> None:
    shown = plain(tmp.TmpRows, id="rows")
    entry = TmpEntry((*"f" * depth, name), "file", bytes_, NOON, 0)
    row = TmpRow(entry.path, entry)

    cut = cut_figures(visible(shown.row(row, width).plain, width), shown.row(row, 400).plain)
    assert not cut


@given(st.lists(st.tuples(names, times), min_size=1, max_size=6), st.integers(20, 250))
def test_rows_of_init(modules: list[tuple[str, float]], width: int) -> None:
    shown = plain(init.InitPane, Inits(), id="rows")
    nodes = [
        InitNode((number,), Part.MODULE, name, 0.0, took, place="app.py:12345")
        for number, (name, took) in enumerate(modules)
    ]
    shown.items = [init._Row(1, node) for node in nodes]
    shown._scale = max(node.end_ms for node in nodes)

    for row in shown.items:
        whole = f"{init._plain(row)} {init._figure(row.node.own_ms)}"
        text = visible(shown.row(row, width).plain, width)
        # An origin keeps its end, and begins with the sign that it was cut.
        assert not cut_figures(re.sub(r"…\S*", "…", text), whole)


@given(names, st.lists(counts, min_size=1, max_size=5), names, widths)
def test_rows_of_details(label: str, figures: list[int], origin: str, width: int) -> None:
    shown = plain(details.DetailsPane, id="rows")
    value = " · ".join(f"{figure:,}" for figure in figures)
    row = details._Row(Detail("Section", label, value, f"{origin}:12"), 1, len(label))
    text = visible(shown.row(row, width).plain, width)

    assert not cut_figures(re.sub(r"…\S*$", "…", text), f"{value} {origin}:12")


@given(st.lists(st.one_of(names, counts.map("{:,}".format)), min_size=1, max_size=7), widths)
def test_facts_of_the_header(facts: list[str], width: int) -> None:
    stream: Any = SimpleNamespace(listen=lambda *_: lambda: None)
    shown = plain(HeaderLine, Announcements(stream, lambda: None), id="header")
    shown._parts = tuple(_Part(fact) for fact in facts)
    shown._size = Size(width, 1)
    line = shown._facts(width)
    line.truncate(width, overflow="ellipsis")

    assert not cut_figures(line.plain, " ".join(facts))


@given(
    st.lists(st.tuples(counts, st.integers(0, 10_240), times), min_size=1, max_size=4),
    st.integers(0, 10_000),
    st.integers(24, 250),
    st.sampled_from(SCALES),
    st.lists(st.tuples(st.floats(1, 4_000), st.floats(1, 4_000)), max_size=3),
)
def test_lives_their_headings_and_how_many_were_at_once(
    values: list[tuple[int, int, float]],
    at_once: int,
    width: int,
    cell: float,
    gaps: list[tuple[float, float]],
) -> None:
    function: Any = SimpleNamespace(
        memory_size=10_240, ephemeral_storage=10_240, published=(), is_tenant_isolated=False
    )
    lives = [life_of(number, memory, took) for number, memory, took in values]
    pool: Any = SimpleNamespace(function=function, problem=None, snapshot=None)
    columns = columns_of(pool, lives)
    shown = plain(LivesView, id="rows")
    shown._layout = layout = lay_out(columns, lives, width, 24, Layout(()))
    quiet, at = [], NOON - 20_000
    for pause, length in gaps:
        quiet.append((at + pause, at + pause + length))
        at += pause + length
    shown.axis = Axis.make(NOON, max(4, width - layout.width - 1), cell, quiet)
    counted = AtOnce()
    counted.change(NOON - 1.0, at_once)
    shown.lives = SimpleNamespace(  # type: ignore[assignment]
        at_once=counted, activity=SimpleNamespace(is_under_way=False, last=NOON)
    )
    shown.items = lives

    for life in lives:
        whole = " ".join(text for column in columns for text, _ in column.text(life))
        row = "".join(text for text, _ in layout.row(life))
        assert not cut_figures(visible(row, width), whole)
    labels = " ".join(label for _, label in shown.axis.labels())
    folds = " ".join(fold.label for fold in shown.axis.folds)
    heading = visible(shown.heading(width).plain, width)
    clock = re.compile(r"\d\d:\d\d:\d\d$")
    assert not cut_figures(clock.sub("", heading.rstrip()), f"{labels} {folds}"), heading
    label = shown.footing(width).plain[: layout.width]
    assert not cut_figures(label, str(at_once))


def life_of(number: int, memory: int, took: float) -> Life:
    """Return the life of an environment with these figures."""
    life = Life(str(number), "Greet", number)
    environment: Any = SimpleNamespace(
        state=State.FROZEN, stale=False, phase=None, extensions=(), init=None,
        usage=Usage(memory_mb=memory, tmp_mb=memory), peak_memory_mb=memory,
        created=0.0, removal_at=None, state_since=0.0,
    )  # fmt: skip
    life.environment = environment
    life.invocations, life.last_duration_ms = number, took
    return life


@given(st.lists(st.tuples(times, st.booleans()), min_size=1, max_size=6))
def test_the_table_of_statistics_is_as_wide_as_its_largest_values(
    took: list[tuple[float, bool]],
) -> None:
    records = [
        record(number, duration_ms=one, is_cold=is_cold, init_ms=took[0][0] if is_cold else None)
        for number, (one, is_cold) in enumerate(took, 1)
    ]
    table = Statistics("Greet", records)._table().plain.splitlines()

    assert len({cell_len(line) for line in table}) == 1, table
