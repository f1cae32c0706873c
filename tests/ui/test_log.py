"""The log: bounded, sanitised, searchable, and quick whatever a function writes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_tui.engine.events import Event, FunctionLog, Report
from lambda_tui.project.function import LoggingConfig
from lambda_tui.terminal_text import of_certain_width
from lambda_tui.ui.feed import Feed
from lambda_tui.ui.log.records import (
    LINES_LIMIT,
    Kind,
    LogRecord,
    line_count,
    log_lines,
    log_records,
)
from lambda_tui.ui.log.rows import ROWS, LogRows
from lambda_tui.ui.log.store import CHARACTERS, RECORDS
from support.app_driver import OpenApp

CUT = "… earlier lines are gone"


def record(message: str, kind: Kind = Kind.FUNCTION) -> LogRecord:
    return LogRecord("Greet", 1, 0.0, kind, message)


def rows_of(
    *messages: str, wrap_at: int | None = None, query: str = "", only_matches: bool = False
) -> LogRows:
    rows = LogRows()
    rows.rebuild(wrap_at=wrap_at, query=query, only_matches=only_matches)
    rows.add([record(message) for message in messages])
    return rows


def test_a_record_of_several_lines_takes_several_rows_and_one_gutter() -> None:
    lines = log_lines(record("first\nsecond\n\nfourth"))
    assert [line.plain for line in lines] == ["first", "second", "", "fourth"]
    assert [line.is_first for line in lines] == [True, False, False, False]


@pytest.mark.parametrize(
    ("message", "lines"),
    [
        ("printed\rtogether", ["printed", "together"]),
        ("logged\ntogether", ["logged", "together"]),
        ("from Windows\r", ["from Windows"]),
        ("one\r\ntwo\r\r\nthree\r", ["one", "two", "three"]),
        ("one\r\n\r\nthree", ["one", "", "three"]),
        ("\r 10%\r 20%", [" 10%", " 20%"]),
        ("\r", [""]),
    ],
)
def test_every_line_end_inside_a_record_parts_its_lines(message: str, lines: list[str]) -> None:
    event = Event(record=FunctionLog(message), function="Greet")
    (entry,) = log_records(event, 1, LoggingConfig())
    assert [line.plain for line in log_lines(entry)] == lines
    assert line_count(entry) == len(lines)


def test_a_record_of_very_many_lines_is_counted_as_it_is_shown() -> None:
    entry = record("\n" * (LINES_LIMIT + 500))
    assert line_count(entry) == len(log_lines(entry)) == LINES_LIMIT + 1


async def test_a_record_printed_with_carriage_returns_has_one_gutter(open_app: OpenApp) -> None:
    async with open_app() as driver:
        log_emitter(driver.app.engine.events.emit)("alpha\rbeta\r")
        await driver.until(lambda: "beta" in driver.text())
        view = driver.screen.panes.log_pane.view
        assert view.virtual_size.height == 2
        lines = [view.render_line(y).text for y in range(2)]
        assert lines[0].split()[-1] == "alpha"
        assert ":" in lines[0], "the clock"
        assert lines[1].split() == ["beta"]


@given(st.text(st.characters(exclude_categories=["C", "Z"]), max_size=200), st.integers(2, 40))
def test_folding_loses_nothing(text: str, width: int) -> None:
    text = of_certain_width(text)
    rows = rows_of(text, wrap_at=width)
    parts = [rows[index][0].plain[rows[index][1] : rows[index][2]] for index in range(len(rows))]
    assert "".join(parts) == text


def test_the_newest_rows_are_kept() -> None:
    rows = rows_of(*(f"line {number}" for number in range(ROWS + 50)))
    assert len(rows) == ROWS
    assert rows[0][0].plain == CUT
    assert rows[1][0].plain == "line 51"
    rows.add([record("one more")])
    assert len(rows) == ROWS
    assert [rows[index][0].plain for index in (0, 1, ROWS - 1)] == [CUT, "line 52", "one more"]


@pytest.mark.parametrize("wrap_at", [None, 8])
@pytest.mark.parametrize(("query", "only_matches"), [("", False), ("1", True), ("earlier", False)])
def test_that_lines_are_gone_is_one_row_however_it_is_looked_at(
    wrap_at: int | None, query: str, only_matches: bool
) -> None:
    rows = rows_of(*(f"line {number}" for number in range(ROWS + 5)))
    rows.rebuild(wrap_at=wrap_at, query=query, only_matches=only_matches)
    shown = list(rows.texts())
    assert shown[0] == rows[0][0].plain == CUT
    assert shown[1] == rows[1][0].plain
    assert rows.matches == (len(shown) - 1 if only_matches else 0)
    if only_matches:
        assert rows.next_match(None, 1) == 1


def test_lines_that_were_hidden_are_gone_too() -> None:
    rows = rows_of("needle", query="needle", only_matches=True)
    added, dropped = rows.add([record("hay")] * (ROWS - 1))
    assert (added, dropped, len(rows), rows.is_cut) == (0, 0, 1, False)
    rows = rows_of(*["hay"] * ROWS, query="needle", only_matches=True)
    assert rows.add([record("a needle")]) == (1, -1)
    assert [rows[index][0].plain for index in range(len(rows))] == [CUT, "a needle"]


async def test_a_log_without_its_oldest_lines_says_so_on_its_first(open_app: OpenApp) -> None:
    async with open_app() as driver:
        emit = log_emitter(driver.app.engine.events.emit)
        view = driver.screen.panes.log_pane.view
        for number in range(ROWS - 500):
            emit(f"line {number} end")
        await driver.until(lambda: view.line_text == f"line {ROWS - 501} end")
        view.scroll_to(y=0, animate=False, immediate=True, force=True)
        for number in range(ROWS - view.virtual_size.height):
            emit(f"more {number}")
        await driver.until(lambda: "new" in driver.subtitle("log"))
        await driver.until(lambda: view.virtual_size.height == ROWS)
        assert "line 0 end" in driver.text()
        assert CUT not in driver.text()
        for number in range(5):
            emit(f"most {number}")
        await driver.until(lambda: view.missed > 500)
        assert view.render_line(0).text.strip() == CUT
        assert view.virtual_size.height == ROWS
        await driver.press("a")
        await driver.until(lambda: "all functions" in driver.title("log"))
        await driver.press("3", "g")
        assert view.render_line(0).text.strip() == CUT
        await driver.press("c")
        emit("anew")
        await driver.until(lambda: "anew" in driver.text())
        assert "anew" in view.render_line(0).text


@given(
    st.lists(st.text("ab\n", max_size=30), max_size=20),
    st.one_of(st.none(), st.integers(2, 10)),
    st.sampled_from(["", "a", "ab"]),
    st.booleans(),
)
def test_rows_are_found_by_their_index_as_if_all_were_made(
    messages: list[str], wrap_at: int | None, query: str, only_matches: bool
) -> None:
    rows = rows_of(*messages, wrap_at=wrap_at, query=query, only_matches=only_matches)
    lines = [line for message in messages for line in message.split("\n")]
    shown = [line for line in lines if query in line] if only_matches else lines
    pieces = [rows[index] for index in range(len(rows))]
    texts = "".join(line.plain[start:end] for line, start, end in pieces)
    assert texts == "".join(shown)
    assert [line.plain for line, start, _ in pieces if start == 0] == shown
    assert list(rows.texts()) == shown
    assert all(end - start <= (wrap_at or 30) for _, start, end in pieces)
    assert rows.matches == (sum(query in line for line in lines) if query else 0)
    if rows.matches:
        first = rows.next_match(None, 1)
        assert first is not None
        assert query in rows[first][0].plain


def test_records_that_the_filter_hides_are_bounded_too() -> None:
    rows = rows_of("a needle", query="needle", only_matches=True)
    assert len(rows) == rows.matches == 1
    rows.add([record("hay")] * (ROWS + 50))
    assert (len(rows), rows.matches, rows[0][0].plain) == (1, 0, CUT)
    assert rows.next_match(None, -1) is None


def test_matches_are_counted_as_lines_come_in() -> None:
    rows = rows_of("One fish", "two", "red FISH", query="fish")
    assert rows.matches == 2
    assert rows.next_match(None, -1) == 2
    assert rows.next_match(2, -1) == 0
    assert rows.next_match(0, -1) == 2


def test_errors_and_warnings_are_told_from_the_rest() -> None:
    def kind(message: str) -> Kind:
        event = Event(record=FunctionLog(message), function="Greet")
        (entry,) = log_records(event, 1, LoggingConfig())
        return entry.kind

    assert kind("[ERROR]\t2026-11-21T00:00:00.000Z\tid\tno") is Kind.ERROR
    assert kind('{"level": "ERROR", "message": "no"}') is Kind.ERROR
    assert kind("[WARNING]\tcareful") is Kind.WARNING
    assert kind("no errors so far") is Kind.FUNCTION


def test_a_failed_report_has_a_sign_on_its_report_line() -> None:
    report = Report("id", "error", 1.0, 1, 128, 30, error_type="Runtime.ExitError")
    event = Event(record=report, function="Greet")
    lines = [line for entry in log_records(event, 1, LoggingConfig()) for line in log_lines(entry)]
    assert [(line.plain.split()[0], line.glyph) for line in lines] == [("END", ""), ("REPORT", "✗")]


async def test_a_rendered_frame_holds_no_escape_of_the_input(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as driver:
        emit = log_emitter(driver.app.engine.events.emit)
        emit("\x1b]0;PWNED\x07a\x1b[2Jb\x9b5Ac\x1bPq\x1b\\d\x85\u202e")
        emit(b"\xff\xfe\x1b[?1049l".decode("utf-8", "surrogateescape"))
        await driver.until(lambda: "abcd" in driver.text())
        view = driver.screen.panes.log_pane.view
        segments = [segment for y in range(view.size.height) for segment in view.render_line(y)]
        assert not any(set(segment.text) & set("\x1b\x9b\x07\x85\u202e") for segment in segments)
        driver.text().encode()


async def test_lines_of_a_megabyte_do_not_hold_the_screen_up(open_app: OpenApp) -> None:
    async with open_app() as driver:
        emit = log_emitter(driver.app.engine.events.emit)
        began = time.process_time()
        for _ in range(50):
            emit("\x1b[31m" + "x" * 1_000_000)
        emit("the end")
        await driver.until(lambda: "the end" in driver.text())
        assert time.process_time() - began < 5, "seconds of work, whoever else has some"
        await driver.press("w")
        await driver.until_seen("more characters")
        assert sum(len(each.message) for each in driver.screen.feed.log.records) <= CHARACTERS


async def test_scrolling_up_stops_following_and_keeps_the_place(open_app: OpenApp) -> None:
    async with open_app() as driver:
        emit = log_emitter(driver.app.engine.events.emit)
        for number in range(100):
            emit(f"line {number} end")
        view = driver.screen.panes.log_pane.view
        await driver.until(lambda: "line 99 end" in driver.text())
        await driver.press("3", "k", "pageup", "pageup")
        assert not view.follow
        place = view.scroll_offset.y
        for number in range(100, 120):
            emit(f"line {number} end")
        await driver.until(lambda: "+20 new" in driver.subtitle("log"))
        assert view.scroll_offset.y == place
        await driver.press("G")
        assert view.follow
        await driver.until_seen("line 119 end")


async def test_a_long_line_that_comes_late_can_be_read_to_its_end(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as driver:
        emit = log_emitter(driver.app.engine.events.emit)
        for number in range(100):
            emit(f"line {number} end")
        await driver.until(lambda: "line 99 end" in driver.text())
        emit("x" * 100 + " far end")
        await driver.until(lambda: "xxxx" in driver.text())
        assert "far end" not in driver.text()
        await driver.press("3", *["right"] * 60)
        await driver.until(lambda: "far end" in driver.text())


async def test_the_scrollbar_tells_where_the_log_is(open_app: OpenApp) -> None:
    async with open_app() as driver:
        emit = log_emitter(driver.app.engine.events.emit)
        for number in range(100):
            emit(f"line {number} end")
        view = driver.screen.panes.log_pane.view
        await driver.until(lambda: "line 99 end" in driver.text())
        for number in range(100, 200):
            emit(f"line {number} end")
        await driver.until(lambda: "line 199 end" in driver.text())
        assert view.vertical_scrollbar.position == view.max_scroll_y
        assert view.vertical_scrollbar.window_virtual_size == 200
        await driver.press("j")
        await driver.press("k")
        await driver.until(lambda: "line 199 end" in driver.text())
        assert view.vertical_scrollbar.position == view.max_scroll_y
        assert view.vertical_scrollbar.window_virtual_size == 200


async def test_a_place_stays_when_old_lines_are_forgotten(open_app: OpenApp) -> None:
    async with open_app() as driver:
        emit = log_emitter(driver.app.engine.events.emit)
        for number in range(ROWS):
            emit(f"line {number} end")
        view = driver.screen.panes.log_pane.view
        await driver.until(lambda: view.line_text == f"line {ROWS - 1} end")
        await driver.press("3", "k", "pageup")
        here, at_top = view.line_text, driver.text().count("line 99")
        for number in range(500):
            emit(f"more {number}")
        await driver.until(lambda: "+500 new" in driver.subtitle("log"))
        assert view.line_text == here
        assert driver.text().count("line 99") == at_top


async def test_records_are_bounded_and_events_cost_no_paint_each(open_app: OpenApp) -> None:
    async with open_app() as driver:
        emit = log_emitter(driver.app.engine.events.emit)
        await driver.until(lambda: driver.app.engine.pools["Greet"].sandbox is not None)
        paints = 0
        screen = driver.screen
        original = screen.paint

        def counting() -> None:
            nonlocal paints
            paints += 1
            original()

        screen.paint = counting  # type: ignore[method-assign]
        for number in range(RECORDS + 500):
            emit(f"line {number}")
        await driver.until(lambda: f"line {RECORDS + 499}" in driver.text())
        # A loaded machine takes some frames, and each second there is one for the clock.
        assert paints <= 100
        assert len(screen.feed.log.records) == RECORDS


async def test_nothing_is_painted_while_nothing_happens(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.until(
            lambda: all(pool.sandbox for pool in driver.app.engine.pools.values()), "sandboxes"
        )
        feed: Feed = driver.screen.feed
        await driver.until(lambda: feed._timer is None)
        assert not feed.log.fresh


async def test_a_drag_selects_text_without_the_gutter(open_app: OpenApp) -> None:
    async with open_app() as driver:
        emit = log_emitter(driver.app.engine.events.emit)
        emit("alpha beta gamma")
        await driver.until(lambda: "alpha beta gamma" in driver.text())
        view = driver.screen.panes.log_pane.view
        row = next(y for y in range(view.size.height) if "alpha" in view.render_line(y).text)
        start = view.render_line(row).text.index("beta")
        await driver.pilot.mouse_down(view, offset=(start, row))
        await driver.pilot.hover(view, offset=(start + 4, row))
        await driver.pilot.mouse_up(view, offset=(start + 4, row))
        await driver.until(lambda: (driver.screen.get_selected_text() or "").strip() == "beta")


def log_emitter(emit: Callable[[Event], None]) -> Callable[[str], None]:
    """Return a function that emits an event for each line that Greet is to have logged."""
    return lambda message: emit(Event(record=FunctionLog(message), function="Greet"))
