"""Two invocations compared: their lines, and the screen that shows them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.history import Contents, contents
from lambda_tui.ui.model import comparison
from lambda_tui.ui.model.comparison import Line, Side, compare
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
