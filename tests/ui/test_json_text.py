"""JSON as text: its coloured parts, and its layout."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.ui.json_text import LONGEST_COLOURED, laid_out, parts_of

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.text())
def test_parts_of_any_line_follow_each_other_within_it(line: str) -> None:
    end = 0
    for part in parts_of(line):
        assert end <= part.start < part.end <= len(line)
        end = part.end


def test_a_text_before_a_colon_is_a_key() -> None:
    line = '"a" : "b", -1e5 true'
    kinds = [(part.kind, line[part.start : part.end]) for part in parts_of(line)]

    assert kinds == [("key", '"a"'), ("string", '"b"'), ("number", "-1e5"), ("word", "true")]


def test_a_very_long_line_has_one_colour() -> None:
    assert list(parts_of('"a"' + " " * LONGEST_COLOURED)) == []


@given(VALUES)
def test_a_layout_has_the_value_that_was_there(value: object) -> None:
    assert json.loads(laid_out(json.dumps(value, ensure_ascii=False))) == value


@pytest.mark.parametrize("text", ["", "{", "[1,]", "{} {}", "[" * 100_000])
def test_what_is_no_json_has_no_layout(text: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|truncated|recursion"):
        laid_out(text)
