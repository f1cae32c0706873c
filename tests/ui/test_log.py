"""The log on the screen: scoped, folded, searched, sanitised, and quick whatever is written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lambda_tui.engine.events import Event, FunctionLog
from lambda_tui.ui.feed import Feed
from lambda_tui.ui.log import Extent, Scope, spool
from lambda_tui.ui.log.pane import EARLIER, GONE, LogPane
from lambda_tui.ui.log.rows import ROWS
from lambda_tui.ui.log.store import CHARACTERS, RECORDS
from lambda_tui.ui.log.view import LogView
from support.app_driver import Driver, OpenApp


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
        await driver.press("4", "k", "pageup", "pageup")
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
        await driver.press("4", *["right"] * 60)
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
        await driver.press("4", "k", "pageup")
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


def pane_of(driver: Driver) -> LogPane:
    return driver.screen.panes.log_pane


def emit_many(driver: Driver, count: int, start: int = 0, function: str = "Greet") -> None:
    for number in range(start, start + count):
        record = FunctionLog(f"line {number} end")
        driver.app.engine.events.emit(Event(record=record, function=function))


def shown(view: LogView) -> list[str]:
    """Return the text of the rows in view, without their gutters."""
    gutter = view._gutter.width
    return [view.render_line(y).text[gutter:].rstrip() for y in range(view.size.height)]


async def invoke(driver: Driver, function: str, payload: bytes = b"{}") -> None:
    invocation = driver.app.engine.pools[function].invoke(payload)
    async with asyncio.timeout(60):
        await invocation.wait()
    await driver.until_painted()


# Folding


async def test_start_end_and_report_are_one_line_until_enter_opens_them(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver, "Greet")
        view = pane_of(driver).view
        folded = next(line for line in shown(view) if "REPORT" in line)
        assert folded.startswith("▸ REPORT ")
        assert "START" not in driver.text()
        row = shown(view).index(folded)
        view.put_cursor(view.scroll_offset.y + row)
        await driver.press("4", "enter")
        opened = driver.text()
        request_id = driver.app.engine.pools["Greet"].invocations[-1].request_id
        for text in (
            "▾ REPORT ",
            f"START RequestId: {request_id}",
            f"REPORT RequestId: {request_id}",
        ):
            assert text in opened
        assert "REPORT RequestId: " in view.line_text, "it is copied as CloudWatch has it"
        await driver.press("enter")
        assert "START" not in driver.text()


async def test_a_click_opens_a_json_line_in_its_place_and_folds_it(open_app: OpenApp) -> None:
    async with open_app() as driver:
        driver.app.engine.events.emit(
            Event(record=FunctionLog('{"level": "WARN", "items": [1, 2]}'), function="Greet")
        )
        await driver.until_seen("▲ ▸ {level WARN, items[2]}")
        view = pane_of(driver).view
        x = view._gutter.width + 3
        await driver.pilot.click(view, offset=(x, 0))
        await driver.until_seen('"items": [')
        assert shown(view)[0] == "▾ {level WARN, items[2]}"
        await driver.pilot.click(view, offset=(x, 0))
        await driver.until(lambda: '"items"' not in driver.text())


async def test_no_number_of_a_report_is_cut_at_any_width(open_app: OpenApp) -> None:
    async with open_app(size=(200, 24)) as driver:
        await invoke(driver, "Greet")
        view = pane_of(driver).view
        for width in (40, 60, 80, 120, 200):
            await driver.resize(width, 24)
            (line,) = [one for one in shown(view) if "REPORT" in one]
            whole = next(one for one in view.rows.records if "REPORT" in one.summary).summary
            assert line.removeprefix("▸ ").removesuffix(" …") in whole
            assert line.endswith(" …") or line.removeprefix("▸ ") == whole


async def test_a_line_that_goes_on_says_so_at_the_edge(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as driver:
        log_emitter(driver.app.engine.events.emit)("1234567890" * 20)
        await driver.until_seen("1234567890")
        view = pane_of(driver).view
        assert shown(view)[0].endswith("…")
        await driver.press("w")
        assert not any(line.endswith("…") for line in shown(view))


async def test_a_log_that_was_filled_behind_another_tab_is_as_wide_as_its_pane(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await invoke(driver, "Greet")
        await driver.press("7", "1", "down")
        await invoke(driver, "Fail")
        await driver.press("4")
        await driver.until_seen("▸ REPORT", "billed", "of 128 MB")
        lines = shown(pane_of(driver).view)
        assert any("initialised in" in line and "function" in line for line in lines)


# Scopes


def choose(driver: Driver, function: str, invocation: int | None, environment: int | None) -> None:
    """Choose as the lists of the screen do."""
    screen = driver.screen
    screen.selection.choose_function(function)
    screen.selection.choose_environment(environment)
    if invocation is not None:
        screen.selection.choose_invocation((screen.feed.invocations.session, invocation))
    screen.paint()


def told(driver: Driver) -> list[str]:
    return [one.summary or one.message for one in pane_of(driver).view.rows.records]


async def test_lines_that_came_while_another_tab_was_forward_have_the_full_width(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await driver.invoke()
        await driver.press("6")
        # The gutter is made for larger numbers, while the tab has no size.
        await driver.invoke()
        await driver.press("4")

        assert "REPORT" in driver.text()
        reports = [line for line in driver.text().splitlines() if "▸ REPORT" in line]
        assert all("billed" in line and ":" in line.split("▸")[0] for line in reports), reports


async def test_a_widens_the_scope_and_the_frame_names_it(open_app: OpenApp) -> None:
    async with open_app() as driver:
        for _ in range(2):
            await invoke(driver, "Greet")
        await invoke(driver, "Fail")
        choose(driver, "Greet", 2, 1)
        texts = []
        for name in ("Greet #2", "Greet env 1", "Greet", "all functions", "Greet #2"):
            await driver.until(lambda name=name: f"{name} · " in driver.subtitle("log"), name)  # type: ignore[misc]
            texts.append("\n".join(told(driver)))
            await driver.press("a")
        of_one, of_environment, of_function, of_all, again = texts
        assert of_one == again
        assert "number 2" in of_one
        assert "number 1" not in of_one
        assert "number 1" in of_environment
        assert "KeyError" not in of_function
        assert "KeyError" in of_all


async def test_what_an_invocation_waited_for_belongs_to_it(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver, "Greet")
        await invoke(driver, "Greet")
        choose(driver, "Greet", 1, None)
        first = told(driver)
        assert first[0] == "── created for an invocation"
        assert first[1].startswith("initialised in ")
        assert first[-1].startswith("REPORT ")
        assert "init " in first[-1]
        choose(driver, "Greet", 2, None)
        assert told(driver)[0] == "── thawed"


async def test_a_reset_belongs_to_the_invocation_that_brought_it_about(open_app: OpenApp) -> None:
    async with open_app() as driver:
        choose(driver, "Slow", None, None)
        pool = driver.app.engine.pools["Slow"]
        invocation = pool.invoke(b"{}")
        await driver.until_seen("at work")
        pool.environments[0].kill()
        async with asyncio.timeout(60):
            await invocation.wait()
        await driver.until_seen("reset after a failure")
        choose(driver, "Slow", 1, None)
        assert any(one.startswith("REPORT ") and "error" in one for one in told(driver))
        assert told(driver)[-1].startswith("── reset after a failure")


async def test_the_scope_that_was_chosen_stays_for_the_next_selection(open_app: OpenApp) -> None:
    async with open_app() as driver:
        pane = pane_of(driver)
        pane.show_scope(Scope("Greet", 1, 1))
        assert pane.scope == Scope("Greet", invocation=1)
        pane.widen()
        pane.show_scope(Scope("Greet", 2, 5))
        assert pane.scope == Scope("Greet", 2)
        pane.show_scope(Scope("Fail"))
        assert pane.scope.extent is Extent.FUNCTION
        pane.show_scope(Scope("Greet", 2, 5))
        assert pane.scope == Scope("Greet", 2)


# A million lines behind it


async def test_scrolling_up_reads_lines_that_memory_has_no_more(open_app: OpenApp) -> None:
    async with open_app() as driver:
        view = pane_of(driver).view
        emit_many(driver, RECORDS + 5_000)
        await driver.until_seen(f"line {RECORDS + 4_999} end")
        view.scroll_to(y=0, animate=False, immediate=True, force=True)
        await driver.until(lambda: view.rows.records[0].index < 5_000)
        top = shown(view)[1]
        await driver.press("4", "g")
        await driver.until_seen("line 0 end")
        assert top != "line 0 end"
        assert GONE not in driver.text()
        assert EARLIER not in driver.text()
        assert len(view.rows) <= ROWS + 1
        assert not view.is_live
        emit_many(driver, 10, RECORDS + 5_000)
        await driver.until(lambda: "+10 new" in driver.subtitle("log"))
        for _ in range(3):
            last = view.rows.records[-1].index
            view.scroll_to(y=len(view.rows), animate=False, immediate=True, force=True)
            await driver.until(lambda last=last: view.rows.records[-1].index > last)  # type: ignore[misc]
        assert "+10 new" in driver.subtitle("log"), "what is read again is not new"
        await driver.press("G")
        await driver.until_seen(f"line {RECORDS + 5_009} end")
        assert view.follow


async def test_the_end_is_reached_by_scrolling_and_followed_from_then_on(open_app: OpenApp) -> None:
    async with open_app() as driver:
        view = pane_of(driver).view
        emit_many(driver, ROWS + 2_500)
        await driver.until_seen(f"line {ROWS + 2_499} end")
        await driver.press("4", "g")
        await driver.until_seen("line 0 end")
        while not view.is_live:
            last = view.rows.records[-1].index
            view.scroll_to(y=len(view.rows), animate=False, immediate=True, force=True)
            await driver.until(
                lambda last=last: view.is_live or view.rows.records[-1].index > last  # type: ignore[misc]
            )
        indices = [one.index for one in view.rows.records]
        assert indices == list(range(indices[0], indices[-1] + 1)), "none is missing or twice"
        view.scroll_to(y=len(view.rows), animate=False, immediate=True, force=True)
        emit_many(driver, 1, ROWS + 2_500)
        await driver.until_seen(f"line {ROWS + 2_500} end")


async def test_lines_that_are_gone_for_good_are_said_to_be(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "SEGMENT_RECORDS", 1_000)
    monkeypatch.setattr(spool, "SEGMENTS", 12)
    async with open_app() as driver:
        view = pane_of(driver).view
        emit_many(driver, 30_000)
        await driver.until_seen("line 29999 end")
        await driver.press("4", "g")
        await driver.until_seen(GONE)
        assert view.rows.records[0].index > 0
        await driver.press("c")
        emit_many(driver, 1)
        await driver.until_seen("line 0 end")
        assert GONE not in driver.text()


# Searching


async def test_a_match_that_is_not_loaded_is_gone_to(open_app: OpenApp) -> None:
    async with open_app() as driver:
        emit = log_emitter(driver.app.engine.events.emit)
        emit("the needle-1 is here")
        emit_many(driver, RECORDS + 3_000)
        emit("the needle-2 is here")
        await driver.until_seen("needle-2")
        pane = pane_of(driver)
        await driver.press("4", "slash", *"needle-", "backslash", "d")
        await driver.until(lambda: "found 2" in driver.subtitle("log"))
        await driver.press("enter")
        await driver.until(lambda: pane.view.line_text == "the needle-2 is here")
        await driver.press("n")
        await driver.until(lambda: pane.view.line_text == "the needle-1 is here")
        assert "line 5 end" in driver.text(), "with the lines around it"
        await driver.press("n")
        await driver.until(lambda: pane.view.line_text == "the needle-2 is here")


async def test_only_matches_are_read_from_the_files_too(open_app: OpenApp) -> None:
    async with open_app() as driver:
        emit_many(driver, RECORDS + 3_000)
        await driver.until_seen(f"line {RECORDS + 2_999} end")
        await driver.press("4", "slash", *"line 77 end", "enter", "m")
        view = pane_of(driver).view
        await driver.until(lambda: view.all_text == "line 77 end")
        emit_many(driver, 100)
        await driver.until(lambda: view.all_text == "line 77 end\nline 77 end")
        await driver.press("m")
        await driver.until(lambda: "line 99 end" in driver.text())


async def test_what_is_found_in_a_folded_record_opens_it(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver, "Greet")
        pane = pane_of(driver)
        await driver.press("4", "slash", *"Billed Duration", "enter")
        await driver.until(lambda: "Billed Duration" in driver.text().split("find")[0])
        assert pane.view.line_text.strip().startswith("REPORT RequestId")


async def test_a_wrong_expression_is_said_and_a_missing_text_too(open_app: OpenApp) -> None:
    async with open_app() as driver:
        emit_many(driver, 5)
        await driver.until_seen("line 4 end")
        await driver.press("4", "slash", "left_parenthesis", "x")
        assert "missing )" in driver.subtitle("log")
        assert pane_of(driver).has_class("-wrong")
        await driver.press("escape", "4", "slash", *"nowhere", "enter")
        await driver.until(lambda: "“nowhere” is not in this log." in driver.notices)


async def test_an_expression_without_end_leaves_the_screen_alive(open_app: OpenApp) -> None:
    async with open_app() as driver:
        log_emitter(driver.app.engine.events.emit)("a" * 60 + "b")
        await driver.until_seen("aaaab")
        pane_of(driver).search.value = "(a|aa)+$"
        await driver.until(lambda: "too long" in driver.subtitle("log"))
        await driver.press("question_mark")
        await driver.until_seen("Help")


# Copying, and the source


async def test_a_drag_over_wrapped_rows_copies_one_line(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as driver:
        text = "".join(f"[{number:03}]" for number in range(40))
        log_emitter(driver.app.engine.events.emit)(text)
        await driver.until_seen("[000]")
        await driver.press("w")
        view = pane_of(driver).view
        gutter = view._gutter.width
        await driver.pilot.mouse_down(view, offset=(gutter, 0))
        await driver.pilot.hover(view, offset=(gutter + 5, 2))
        await driver.pilot.mouse_up(view, offset=(gutter + 5, 2))
        width = view.size.width - gutter
        await driver.until(
            lambda: (driver.screen.get_selected_text() or "").strip() == text[: 2 * width + 6]
        )
        emit_many(driver, 3)
        await driver.until_seen("line 2 end")
        selected = (driver.screen.get_selected_text() or "").strip()
        assert selected == text[: 2 * width + 6], "other lines do not move it"


@pytest.mark.parametrize("by", ["key", "mouse"])
async def test_a_stack_frame_opens_in_the_editor(
    open_app: OpenApp, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    opened = tmp_path / "opened"
    editor = tmp_path / "code"
    editor.write_text(f'#!/bin/sh\necho "$@" > {opened}.new\nmv {opened}.new {opened}\n')
    editor.chmod(0o755)
    monkeypatch.setenv("VISUAL", str(editor))
    async with open_app() as driver:
        await driver.press("j", "4")
        await invoke(driver, "Fail")
        await driver.until_seen("KeyError", "line 19, in fail")
        view = pane_of(driver).view
        if by == "key":
            row = next(at for at, line in enumerate(shown(view)) if "KeyError" in line)
            view.put_cursor(view.scroll_offset.y + row)
            await driver.press("o")
        else:
            row = next(at for at, line in enumerate(shown(view)) if "line 19" in line)
            x = view.render_line(row).text.index("app.py")
            await driver.pilot.click(view, offset=(x, row))
        await driver.until(opened.exists, "the editor")
        place = f"{project / 'code' / 'app.py'}:19"
        assert opened.read_text().split() == ["-g", place]


async def test_a_line_without_a_place_and_no_editor_are_said(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    async with open_app() as driver:
        emit_many(driver, 1)
        await driver.until_seen("line 0 end")
        await driver.press("o")
        await driver.until(lambda: any("No place" in one for one in driver.notices))
        await invoke(driver, "Fail")
        choose(driver, "Fail", None, None)
        view = pane_of(driver).view
        view.put_cursor(next(at for at, line in enumerate(shown(view)) if "KeyError" in line))
        await driver.press("o")
        await driver.until(lambda: any("EDITOR" in one for one in driver.notices))
