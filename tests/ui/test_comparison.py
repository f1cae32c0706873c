"""Two invocations compared: their lines, and the screen that shows them."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.history import Contents, contents
from lambda_tui.ui.model import comparison
from lambda_tui.ui.model.comparison import Line, Side, compare
from lambda_tui.ui.screens.comparison import Comparison
from lambda_tui.ui.widgets.comparison_view import ComparisonView
from support.app_driver import Driver, OpenApp
from support.records import record


def side(
    number: int, event: bytes = b"{}", response: bytes | None = b"1", log: str = "", **fields: Any
) -> Side:
    return Side(record(number, **fields), Contents.of(event, response, log, {}))


def part(lines: list[Line], title: str) -> list[Line]:
    """Return the lines below a heading."""
    begin = lines.index(Line("heading", title)) + 1
    rest = lines[begin:]
    end = next((at for at, line in enumerate(rest) if line.kind == "heading"), len(rest))
    return rest[:end]


def test_json_is_compared_by_its_values_in_the_order_of_keys() -> None:
    left = side(1, b'{"b": 1, "a": [1, 2], "gone": true}')
    right = side(2, b'{"a":[1,3],"b":1,\n"new":"\\u00e9"}')

    assert part(compare(left, right), "Event") == [
        Line("same", "{", "{"),
        Line("same", '  "a": [', '  "a": ['),
        Line("same", "    1,", "    1,"),
        Line("changed", "    2", "    3"),
        Line("same", "  ],", "  ],"),
        Line("same", '  "b": 1,', '  "b": 1,'),
        Line("changed", '  "gone": true', '  "new": "é"'),
        Line("same", "}", "}"),
    ]


def test_lines_of_one_side_only_are_on_that_side() -> None:
    left, right = side(1, log="one\ntwo\nthree\n"), side(2, log="one\nthree\nfour\nfive\n")

    assert part(compare(left, right), "Log") == [
        Line("same", "one", "one"),
        Line("left", "two"),
        Line("same", "three", "three"),
        Line("right", right="four"),
        Line("right", right="five"),
    ]


def test_a_log_differs_by_more_than_its_request_id() -> None:
    left, right = (side(n, log=f"START RequestId: Greet-{n} Version: 1\n") for n in (1, 2))

    assert [line.kind for line in part(compare(left, right), "Log")] == ["same"]


def test_figures_of_both_stand_side_by_side() -> None:
    left = side(1, duration_ms=2.0)
    right = side(
        2, duration_ms=1500.0, init_ms=160.0, is_cold=True, cold_because="it is the first",
        status="error", answer="KeyError", error_place="app.py:11", cost=2.1e-7, tmp_added=2,
    )  # fmt: skip
    figures = part(compare(left, right), "Figures")

    assert Line("changed", "outcome      success 200", "outcome      error KeyError") in figures
    assert Line("changed", "duration     2.00 ms", "duration     1.50 s") in figures
    assert Line("changed", "init         –", "init         160 ms") in figures
    assert Line("changed", "start        warm", "start        cold: it is the first") in figures
    assert Line("changed", "/tmp         –", "/tmp         +2") in figures
    assert Line("same", "billed       3 ms", "billed       3 ms") in figures
    assert not any("restore" in line.left for line in figures)


def test_what_is_cut_missing_or_too_long_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MOST_OF_EACH", 1024)
    monkeypatch.setattr(comparison, "MOST_LINES", 3)
    left = Side(record(1), None)
    right = side(2, b"x" * 2048, None, "a\nb\nc\nd\n")
    lines = compare(left, right)

    assert Line("note", "Greet #1: it is not kept any more") in part(lines, "Event")
    assert Line("note", "Greet #2: 1.0 KB of 2.0 KB") in part(lines, "Event")
    assert Line("note", "none") in part(lines, "Response")
    assert Line("note", "Greet #2: 3 of 4 lines") in part(lines, "Log")
    assert sum(line.kind == "right" for line in part(lines, "Log")) == 3


@given(st.lists(st.text("ab\n", max_size=4)), st.lists(st.text("ab\n", max_size=4)))
def test_each_side_of_a_comparison_is_whole(left: list[str], right: list[str]) -> None:
    texts = ["\n".join(left), "\n".join(right)]
    lines = part(compare(side(1, log=texts[0]), side(1, log=texts[1])), "Log")
    for text, name in zip(texts, ("left", "right"), strict=True):
        shown = [getattr(one, name) for one in lines if one.kind in ("same", "changed", name)]
        assert "\n".join(shown) == (text.rstrip("\n") if text.strip() else "")


def test_nothing_that_a_terminal_acts_upon_is_left() -> None:
    hostile = "\x1b[2J\x1b]0;PWNED\x07\u202ered\r\n\tend"
    lines = compare(side(1, hostile.encode(), hostile.encode(), hostile), side(2))

    assert lines
    for line in lines:
        text = line.left + line.right
        assert not any(character in text for character in "\x1b\x07\u202e\r\t")


# The screen

LEFT = side(
    11,
    json.dumps({"path": "/orders/17", "body": "Z" * 300, "stage": "dev"}).encode(),
    b'{"statusCode": 200}',
    "one\n\x1b]0;PWNED\x07two\n" + "".join(f"line {number}\n" for number in range(100)),
)
RIGHT = side(
    12,
    json.dumps({"path": "/orders/18", "body": "Z" * 300, "stage": "dev"}).encode(),
    None,
    "one\ntwo\n" + "".join(f"line {number}\n" for number in range(101)),
    status="error",
    answer="KeyError",
)


@asynccontextmanager
async def comparison_of(
    open_app: OpenApp, size: tuple[int, int], left: Side = LEFT, right: Side = RIGHT
) -> AsyncIterator[Driver]:
    async with open_app(size=size) as driver:
        driver.app.push_screen(Comparison(left, right))
        await driver.until(lambda: " difference" in driver.text(), "a comparison")
        yield driver


@pytest.mark.parametrize("size", [(120, 40), (200, 60)])
async def test_two_invocations_stand_side_by_side(open_app: OpenApp, size: tuple[int, int]) -> None:
    async with comparison_of(open_app, size) as driver:
        rows = driver.text().splitlines()
        path = next(row for row in rows if "/orders/17" in row)
        outcome = next(row for row in rows if "success 200" in row)

        assert any("- Greet #11" in row and "+ Greet #12" in row for row in rows)
        assert re.search(r'-   "path": "/orders/17".* │ \+   "path": "/orders/18"', path)
        assert re.search(r"- outcome .*success 200 .* │ \+ outcome .*error KeyError", outcome)


async def test_at_80_columns_one_invocation_stands_under_the_other(open_app: OpenApp) -> None:
    async with comparison_of(open_app, (80, 24)) as driver:
        assert re.search(r"- outcome +success 200 .*\n.*\+ outcome +error KeyError", driver.text())


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_of_a_long_line_nothing_is_lost(open_app: OpenApp, size: tuple[int, int]) -> None:
    async with comparison_of(open_app, size) as driver:
        view = driver.app.screen.query_one(ComparisonView)
        texts = ["".join(part for part, _ in row.parts) for row in view._rows]
        room = view.scrollable_content_region.width

    assert sum(text.count("Z") for text in texts) == (600 if size[0] >= 100 else 300)
    assert max(map(len, texts)) == room


async def test_keys_go_to_differences_and_hide_what_is_the_same(open_app: OpenApp) -> None:
    async with comparison_of(open_app, (80, 24)) as driver:
        view = driver.app.screen.query_one(ComparisonView)
        await driver.press("n", "n", "n", "n", "n", "n")
        last = view.scroll_offset.y
        assert "line 100" in driver.text()

        await driver.press("N")
        assert 0 < view.scroll_offset.y < last
        await driver.press("d")
        assert "/orders/18" in driver.text()
        assert "stage" not in driver.text()
        await driver.press("escape")
        assert driver.app.screen is driver.screen


async def test_invocations_that_are_alike_have_no_difference(open_app: OpenApp) -> None:
    async with comparison_of(open_app, (120, 40), LEFT, LEFT) as driver:
        assert "no difference" in driver.text()


async def test_a_comparison_is_folded_anew_in_another_size(open_app: OpenApp) -> None:
    async with comparison_of(open_app, (120, 40)) as driver:
        await driver.pilot.resize_terminal(80, 24)
        await driver.until(lambda: "+ outcome" in driver.text(), "lines below each other")

        assert not re.search(r"- outcome .*\+ outcome", driver.text())
