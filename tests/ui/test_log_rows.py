"""The rows of the log: wrapped, folded, opened, and bounded at both ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.terminal_text import of_certain_width
from lambda_tui.ui.log.lines import LINES_LIMIT, line_count, log_lines
from lambda_tui.ui.log.records import Fold, Kind, LogRecord
from lambda_tui.ui.log.rows import OPEN, ROWS, LogRows

JSON = '{"level": "INFO", "items": [1, 2]}'


def record(message: str, index: int = 0, fold: Fold = Fold.NONE, summary: str = "") -> LogRecord:
    return LogRecord("Greet", 1, 0.0, Kind.FUNCTION, message, 1, fold, summary, index)


def numbered(*messages: str, start: int = 0) -> list[LogRecord]:
    return [record(message, start + at) for at, message in enumerate(messages)]


def rows_of(*messages: str, wrap_at: int | None = None) -> LogRows:
    rows = LogRows()
    rows.rebuild(wrap_at=wrap_at, cells=wrap_at or 80)
    rows.add(numbered(*messages))
    return rows


def texts(rows: LogRows) -> list[str]:
    return [line.plain[start:end] for line, start, end in map(rows.__getitem__, range(len(rows)))]


def test_a_record_of_several_lines_takes_several_rows_and_one_gutter() -> None:
    lines = log_lines(record("first\nsecond\n\nfourth"))
    assert [line.plain for line in lines] == ["first", "second", "", "fourth"]
    assert [line.is_first for line in lines] == [True, False, False, False]


def test_a_record_of_very_many_lines_is_counted_as_it_is_shown() -> None:
    entry = record("\n" * (LINES_LIMIT + 500))
    assert line_count(entry) == len(log_lines(entry)) == LINES_LIMIT + 1
    for fold, message in ((Fold.SUMMARY, "\n" * 5_000), (Fold.JSON, "[" + "1," * 5_000 + "1]")):
        entry = record(f'[{{"a": {message}}}]' if fold is Fold.JSON else message, 0, fold, "one")
        assert line_count(entry) == len(log_lines(entry)) == 1
        opened = log_lines(entry, is_open=True)
        assert line_count(entry, is_open=True) == len(opened) == LINES_LIMIT + 2
        assert "more line" in opened[-1].plain


@given(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=200), st.integers(2, 40))
def test_folding_at_the_edge_loses_nothing(text: str, width: int) -> None:
    text = of_certain_width(text)
    assert "".join(texts(rows_of(text, wrap_at=width))) == text


@given(
    st.lists(st.text("ab\n", max_size=30), max_size=20),
    st.one_of(st.none(), st.integers(2, 10)),
)
def test_rows_are_found_by_their_index_as_if_all_were_made(
    messages: list[str], wrap_at: int | None
) -> None:
    rows = rows_of(*messages, wrap_at=wrap_at)
    lines = [line for message in messages for line in message.split("\n")]
    pieces = [rows[index] for index in range(len(rows))]
    assert "".join(line.plain[start:end] for line, start, end in pieces) == "".join(lines)
    assert [line.plain for line, start, _ in pieces if start == 0] == lines
    assert all(end - start <= (wrap_at or 30) for _, start, end in pieces)


@given(st.data())
def test_whatever_is_done_to_them_rows_are_those_of_the_records(data: st.DataObject) -> None:
    rows, kept = LogRows(), numbered("start", start=1_000)
    rows.add(kept)
    opened: set[int] = set()
    for _ in range(data.draw(st.integers(0, 12))):
        messages = data.draw(st.lists(st.sampled_from(["a", "b\nc", "raw\nlines"]), max_size=3))
        match data.draw(st.sampled_from(["add", "older", "toggle", "head", "wrap"])):
            case "add":
                new = [record(one, kept[-1].index + 1 + at) for at, one in enumerate(messages)]
                kept += new
                assert rows.add(new) == sum(one.count("\n") + 1 for one in messages)
            case "older":
                begin = kept[0].index - len(messages)
                new = [
                    record(one, begin + at, Fold.SUMMARY, "sum") for at, one in enumerate(messages)
                ]
                assert rows.add_older(new) == len(new)
                kept = new + kept
            case "toggle":
                one = data.draw(st.sampled_from(kept))
                rows.toggle(one)
                if one.fold:
                    opened ^= {one.index}
            case "head":
                rows.set_head(data.draw(st.sampled_from(["", "… earlier lines"])))
            case "wrap":
                rows.rebuild(wrap_at=data.draw(st.sampled_from([None, 40])), cells=40)
        expected = [rows.head] if rows.head else []
        for one in kept:
            place = rows.rows_of_record(one.index)
            lines = [line.plain for line in log_lines(one, is_open=one.index in opened)]
            assert place == (len(expected), len(expected) + len(lines))
            expected += lines
        assert texts(rows) == expected
        records = [rows.record_at(at) for at in range(bool(rows.head), len(rows))]
        assert [
            one for at, one in enumerate(records) if not at or one is not records[at - 1]
        ] == kept


def test_the_newest_rows_are_kept_when_records_come() -> None:
    rows = rows_of(*(f"line {number}" for number in range(ROWS + 50)))
    assert rows.trim_start() == 50
    assert len(rows) == ROWS
    assert (rows[0][0].plain, rows[ROWS - 1][0].plain) == ("line 50", f"line {ROWS + 49}")
    assert rows.set_head("… earlier lines") == 1
    rows.add(numbered("one more", start=ROWS + 50))
    rows.trim_start()
    assert len(rows) <= ROWS
    assert [rows[at][0].plain for at in (0, 1)] == ["… earlier lines", "line 52"]


def test_older_records_come_below_the_row_that_is_before_all() -> None:
    rows = LogRows()
    rows.set_head("… earlier lines")
    rows.add(numbered("new", start=5))
    assert rows.add_older(numbered("a", "b\nc", start=3)) == 3
    assert texts(rows) == ["… earlier lines", "a", "b", "c", "new"]
    assert [rows.rows_of_record(index) for index in (3, 4, 5)] == [(1, 2), (2, 4), (4, 5)]


def test_the_oldest_rows_are_kept_when_older_records_come() -> None:
    rows = LogRows()
    rows.add(numbered(*["new"] * ROWS, start=100))
    assert rows.add_older(numbered(*["old\nlines"] * 100)) == 200
    assert rows.trim_end()
    assert len(rows) == ROWS
    assert (rows[0][0].plain, rows[199][0].plain, rows[200][0].plain) == ("old", "lines", "new")


def test_a_single_record_of_many_rows_is_never_dropped() -> None:
    rows = LogRows()
    rows.rebuild(wrap_at=1, cells=80)
    rows.add(numbered("x" * 4_000 + ("\n" + "x" * 4_000) * 5))
    rows.trim_start()
    rows.trim_end()
    assert len(rows.records) == 1


def test_what_is_open_is_bounded_and_folds_again() -> None:
    rows = LogRows()
    folded = [record("raw", at, Fold.SUMMARY, "one") for at in range(OPEN + 1)]
    rows.add(folded)
    for one in folded:
        rows.toggle(one)
    assert len(rows) == OPEN + 1 + OPEN
    assert not rows.is_open(folded[0])
    rows.toggle(folded[1])
    assert len(rows) == OPEN + 1 + OPEN - 1


def test_a_line_that_is_not_folded_stays_as_it_is() -> None:
    rows = rows_of("plain")
    rows.toggle(rows.records[0])
    assert texts(rows) == ["plain"]


@pytest.mark.parametrize("wrap_at", [None, 20])
def test_an_open_json_object_is_shown_below_its_outline(wrap_at: int | None) -> None:
    rows = LogRows()
    rows.rebuild(wrap_at=wrap_at, cells=60)
    rows.add([record(JSON, 0, Fold.JSON)])
    assert texts(rows) == ["▸ {level INFO, items[2]}"]
    rows.toggle(rows.records[0])
    assert [line.strip() for line in texts(rows)] == [
        "▾ {level INFO, items[2]}", "{", '"level": "INFO",', '"items": [', "1,", "2", "]", "}"
    ]  # fmt: skip
