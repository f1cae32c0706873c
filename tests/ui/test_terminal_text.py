"""The styled text of what a function wrote: nothing in it can act upon the terminal."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from lambda_tui.ui.terminal_text import terminal_text

_CONSOLE = Console()
PIECES = st.sampled_from(
    [
        "\x1b", "\x1b[", "\x1b]", "\x1bP", "\x9b", "\x9d", "\x90", "0;title\x07", "\x1b\\", "\x9c",
        "2J", "31m", "38;5;", "38;2;1;2;", "48:2::", "?1049h", "m", ";", "999999999999999", "\r",
        "\n", "\t", "\x00", "\x7f", "\x85", "\u202e", "\u2066", "\u2028", "\ufeff", "\ud800",
        "é", "漢", "text",
    ]
)  # fmt: skip


def is_harmless(character: str) -> bool:
    return character in "\t\n" or unicodedata.category(character) not in ("Cc", "Cs")


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_no_control_character_survives(raw: str) -> None:
    shown = terminal_text(raw).plain
    assert all(map(is_harmless, shown))
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029"
    )
    shown.encode("utf-8")


@given(st.binary())
def test_any_bytes_can_be_shown(raw: bytes) -> None:
    assert all(map(is_harmless, terminal_text(raw).plain))


@given(st.text(st.characters(categories=("L", "N", "P", "S")), max_size=4000))
def test_plain_text_is_left_alone(raw: str) -> None:
    assert terminal_text(raw).plain == raw


@pytest.mark.parametrize(
    ("raw", "colour"),
    [
        ("\x1b[31mx", 1),
        ("\x1b[38;5;200mx", 200),
        ("\x1b[38;2;1;2;3mx", (1, 2, 3)),
        ("\x9b32mx", 2),
    ],
)
def test_colours_are_kept(raw: str, colour: object) -> None:
    text = terminal_text(raw)
    assert text.plain == "x"
    found = text.get_style_at_offset(_CONSOLE, 0).color
    assert found is not None
    assert colour == (found.triplet or found.number)


def test_a_reset_ends_a_colour() -> None:
    text = terminal_text("\x1b[31mred\x1b[0m plain")
    assert text.get_style_at_offset(_CONSOLE, 5).color is None


def test_text_is_never_concealed() -> None:
    assert not terminal_text("\x1b[8mhidden").get_style_at_offset(_CONSOLE, 0).conceal


def test_a_carriage_return_shows_as_a_sign() -> None:
    assert terminal_text("50%\r100%\r\n").plain == "50%␍100%\n"


def test_a_line_is_cut_and_says_so() -> None:
    assert terminal_text("x" * 5000, limit=100).plain == "x" * 100 + " … 4,900 more characters"


def test_a_line_of_megabytes_costs_no_more_than_a_short_one() -> None:
    def cost(raw: str) -> float:
        """Return the least seconds of work that several runs took."""
        costs = []
        for _ in range(5):
            began = time.process_time()
            for _ in range(20):
                terminal_text(raw)
            costs.append(time.process_time() - began)
        return min(costs)

    assert cost("\x1b[31mx" * 2_000_000) < 10 * cost("\x1b[31mx" * 1000) + 0.05
