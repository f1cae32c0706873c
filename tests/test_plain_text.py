"""Nothing that a function writes can act upon the terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.terminal_text import plain_text

PIECES = st.sampled_from(
    [
        "\x1b", "\x1b[", "\x1b]", "\x1bP", "\x9b", "\x9d", "\x90", "0;title\x07", "\x1b\\", "\x9c",
        "2J", "31m", "38;5;", "48:2::", "?1049h", "m", ";", "\r", "\n", "\t", "\x00", "\x7f",
        "\x85", "\u061c", "\u200e", "\u200f", "\u202e", "\u2066", "\u2028", "\u2029", "\ufeff",
        "\ud800", "é", "漢", "text",
    ]
)  # fmt: skip
HOSTILE = "\x1b]0;title\x07\x1b[2J\x1b[31mred\x1b[0m\u202eevil\x9b2J\tx\rnext\r\nlast\n"
WRITING_DIRECTION = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_nothing_that_a_terminal_acts_upon_is_left(text: str) -> None:
    plain = plain_text(text)

    categories = {unicodedata.category(character) for character in set(plain) - {"\t", "\n"}}
    assert not categories & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(plain) & (WRITING_DIRECTION | {"\ufeff"})
    plain.encode("utf-8")


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_plain_text_has_nothing_left_to_be_removed(text: str) -> None:
    plain = plain_text(text)

    assert plain_text(plain) == plain


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (HOSTILE, "redevil\tx\nnext\nlast\n"),
        ("plain é 漢 ✓\n", "plain é 漢 ✓\n"),
        ("\x1b", ""),
        ("one\u2028two\u2029three\ufeff", "onetwothree"),
        ("half \ud83d", "half \N{REPLACEMENT CHARACTER}"),
    ],
)
def test_lines_tabs_and_printable_characters_are_left(written: str, shown: str) -> None:
    assert plain_text(written) == shown
