"""A line of the log tells what matters in the room that there is, and never a part of a number."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lambda_tui.terminal_text import UNSAFE_CHARACTER
from lambda_tui.ui.log.gutter import Gutter, Largest
from lambda_tui.ui.log.json_text import outline, pretty_lines
from lambda_tui.ui.log.lines import copied_text, fitting_parts, log_lines
from lambda_tui.ui.log.records import Extent, Fold, Kind, LogRecord

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def line(message: str, kind: Kind = Kind.FUNCTION, fold: Fold = Fold.NONE) -> str:
    record = LogRecord("Greet", 1, 0.0, kind, message, fold=fold)
    return log_lines(record, cells=100)[0].plain


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=8), st.integers(4, 90))
def test_a_report_shows_whole_numbers_whatever_the_room(numbers: list[int], cells: int) -> None:
    parts = [f"part {number:,} ms" for number in numbers]
    shown = fitting_parts(parts, cells)
    assert set(re.findall(r"[\d,]+", shown)) <= {f"{number:,}" for number in numbers}
    assert cell_len(shown) <= max(cells, cell_len(f"{parts[0]} …"))
    assert shown.endswith(" …") or shown == " · ".join(parts)


@given(st.dictionaries(st.text(max_size=8), VALUES, min_size=1, max_size=6), st.integers(6, 120))
def test_an_outline_fits_is_safe_and_shows_whole_numbers(value: dict[str, Any], cells: int) -> None:
    text = outline(json.dumps(value), 0, cells)
    assert text.cell_len <= cells
    assert not UNSAFE_CHARACTER.search(text.plain)
    assert "\n" not in text.plain
    spans = [text.plain[one.start : one.end] for one in text.spans if one.style == "json-number"]
    assert {json.dumps(one) for one in value.values()} >= set(spans) or any(
        isinstance(one, list | dict) for one in value.values()
    )


@given(st.dictionaries(st.text(max_size=8), VALUES, max_size=6) | st.lists(VALUES, max_size=6))
def test_open_json_is_the_same_json(value: object) -> None:
    source = json.dumps(value)
    lines = [text.plain for text in pretty_lines(source, 0)]
    assert json.loads("\n".join(lines)) == value
    assert "".join(lines).replace(" ", "") == source.replace(" ", "")


def test_open_json_keeps_each_number_as_it_was_written() -> None:
    source = '{"a": 1.10, "b": 12345678901234567890, "c": 1E400, "a": 2}'
    assert [text.plain.strip() for text in pretty_lines(source, 0)] == [
        "{", '"a": 1.10,', '"b": 12345678901234567890,', '"c": 1E400,', '"a": 2', "}"
    ]  # fmt: skip


def test_escapes_inside_json_reach_no_terminal() -> None:
    source = json.dumps({"message": "\x1b]0;PWNED\x07\u202e\x9b5A"}, ensure_ascii=False)
    for written in (source, json.dumps(json.loads(source))):
        pretty = "".join(one.plain for one in pretty_lines(written, 0))
        shown = outline(written, 0, 80).plain + pretty
        assert not UNSAFE_CHARACTER.search(shown)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('{"level":"INFO","message":"served","count":2,"items":[1,2,3]}',
         "▸ {level INFO, message served, count 2, items[3]}"),
        ('{"timestamp":"2026","level":"WARN","requestId":"id","message":{"a":1}}',
         "▸ {level WARN, message{1}, timestamp 2026, requestId id}"),
        ('{"level":50,"time":1,"msg":"no"}', "▸ {level ERROR, msg no, time 1}"),
        ('2026-11-21T00:00:00.000Z\tid\tINFO\t{"a": ""}', '▸ {a ""}'),
        ('[{"a": 1}, 2, true, null]', "▸ [{1}, 2, true, null]"),
    ],
)  # fmt: skip
def test_json_is_outlined_with_what_tells_most_first(message: str, expected: str) -> None:
    assert line(message, fold=Fold.JSON) == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("[WARNING]\t2026-11-21T00:00:00.000Z\t8f-2a\tstock of 4711", "[WARNING] stock of 4711"),
        ("[INFO]\t2026-11-21T00:00:00.000Z\t\tat import", "[INFO] at import"),
        ("2026-11-21T00:00:00.000Z\t8f-2a\tERROR\tno", "ERROR no"),
        ("2026-11-21T00:00:00.000Z\tundefined\tINFO\tat import", "INFO at import"),
        ("2026-11-21T00:00:00.000Z\tof the user", "2026-11-21T00:00:00.000Z  of the user"),
        ("[INFO]\tno time", "[INFO]  no time"),
    ],
)  # fmt: skip
def test_what_the_gutter_says_is_not_said_again(message: str, expected: str) -> None:
    assert re.sub(" +", " ", line(message)) == re.sub(" +", " ", expected)
    record = LogRecord("Greet", 1, 0.0, Kind.FUNCTION, message)
    assert copied_text(record).split() == message.split(), "copied as it was written"


@given(
    st.sampled_from(Extent), st.integers(20, 200), st.integers(1, 10**6), st.integers(1, 10**6),
    st.text(max_size=40),
)  # fmt: skip
def test_the_gutter_is_as_wide_as_its_largest_number(
    extent: Extent, width: int, invocation: int, environment: int, name: str
) -> None:
    record = LogRecord(name, environment, 0.0, Kind.FUNCTION, "", invocation)
    gutter = Gutter.of(extent, width, Largest().with_records([record]))
    text = gutter.text(record)
    assert cell_len(text) == gutter.width
    assert (f"#{invocation} " in text) is (extent is not Extent.INVOCATION)
    assert (f"env {environment} " in text) is (extent in (Extent.FUNCTION, Extent.ALL))
