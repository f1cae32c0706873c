"""The screen paints what has changed and nothing else, and the effect of a key at once."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from textual.content import Content
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from lambda_tui.engine.environment import Usage
from lambda_tui.engine.events import Event, FunctionLog
from lambda_tui.engine.lifecycle import State
from lambda_tui.ui import keys
from lambda_tui.ui.log import rows
from lambda_tui.ui.log.lines import LogLine, log_lines
from lambda_tui.ui.log.records import LogRecord
from lambda_tui.ui.model import Tab
from lambda_tui.ui.textual_private import DISPLAY, frame_timer
from lambda_tui.ui.widgets import LineWidget
from support.app_driver import Driver, OpenApp


def record_refreshes(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that receives the id of every widget that asks for a paint from now on."""
    asked: list[str] = []
    original = Widget.refresh

    def refresh(widget: Widget, *regions: Any, **options: Any) -> Widget:
        asked.append(widget.id or type(widget).__name__)
        return original(widget, *regions, **options)

    monkeypatch.setattr(Widget, "refresh", refresh)
    return asked


async def wait_until_at_rest(driver: Driver) -> None:
    """Wait until the interpreter runs, the first event is there, and everything is painted."""
    await driver.until(lambda: all(each.sandbox for each in driver.app.engine.pools.values()))
    await driver.until(lambda: "Ada" in driver.screen.panes.event.text)
    await driver.until_painted()


def stand_in_environment(number: int, state: State) -> Any:
    """Return an object with those attributes of an execution environment that the screen reads."""
    return SimpleNamespace(
        id=f"{number:032x}",
        number=number,
        state=state,
        state_since=0.0,
        created=time.monotonic() + 3600,
        invocations=number,
        init=SimpleNamespace(error_type=None),
        invocation=None,
        usage=Usage(),
        peak_memory_mb=0.0,
        function=SimpleNamespace(name="Greet"),
        tmp_directory=None,
        stale=False,
        extensions=(),
        phase=state.phase,
        removal_at=None,
        shut_down=lambda reason: None,
    )


async def test_a_paint_without_a_change_asks_no_widget_to_paint(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app() as driver:
        pool = driver.app.engine.pools["Greet"]
        await wait_until_at_rest(driver)
        pool.environments += [stand_in_environment(number, State.FROZEN) for number in (1, 2, 3)]
        driver.screen.paint()
        await driver.settle()
        asked = record_refreshes(driver, monkeypatch)
        driver.screen.paint()
        await driver.settle()
        assert asked == []
        pool.environments.clear()


async def test_only_the_rows_that_have_changed_are_painted(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app() as driver:
        pool = driver.app.engine.pools["Greet"]
        await wait_until_at_rest(driver)
        pool.environments += [stand_in_environment(number, State.FROZEN) for number in range(1, 9)]
        driver.screen.paint()
        await driver.settle()
        rows = driver.screen.panes.environments
        painted: list[int] = []
        original = rows.render_line

        def render_line(y: int) -> Strip:
            painted.append(y)
            return original(y)

        monkeypatch.setattr(rows, "render_line", render_line)
        pool.environments[4].state = State.RESET
        driver.screen.paint()
        await driver.settle()
        assert painted == [rows.headings + 4]
        assert "× crashed" in driver.text()
        await driver.press("2", "g", "j", "j")
        painted.clear()
        await driver.press("j")
        assert set(painted) == {rows.headings + 2, rows.headings + 3}
        pool.environments.clear()


async def test_another_theme_changes_the_looks(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.invoke()
        widgets: list[LineWidget] = [
            driver.screen.panes.functions.list,
            driver.screen.panes.log_pane.view,
        ]
        before = [widget.base.bgcolor for widget in widgets]
        driver.app.theme = "textual-light"
        await driver.settle()
        await driver.until(
            lambda: all(
                old != widget.base.bgcolor for old, widget in zip(before, widgets, strict=True)
            )
        )


async def test_a_switch_makes_no_more_lines_than_are_in_view(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app() as driver:
        emit = driver.app.engine.events.emit
        for number in range(5_000):
            emit(Event(record=FunctionLog(f"line {number} end"), function="Fail"))
        await driver.settle()
        made = 0

        def counting(record: LogRecord, *, is_open: bool, cells: int) -> list[LogLine]:
            nonlocal made
            made += 1
            return log_lines(record, is_open=is_open, cells=cells)

        monkeypatch.setattr(rows, "log_lines", counting)
        await driver.press("j")
        await driver.until(lambda: "line 4999 end" in driver.text())
        assert 0 < made <= 2 * driver.screen.panes.log_pane.view.size.height
        await driver.press("4", "g")
        await driver.until_seen("line 0 end")


async def test_a_key_is_painted_without_waiting_for_a_frame(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app() as driver:
        await driver.press("e")
        paints = 0
        original = getattr(driver.app, DISPLAY)

        def display(*update: Any) -> None:
            nonlocal paints
            paints += 1
            original(*update)

        # A loaded machine is late for it, and is not asked.
        monkeypatch.setattr(keys, "HASTE", 1000.0)
        monkeypatch.setattr(frame_timer(driver.screen), "resume", lambda: None)
        monkeypatch.setattr(driver.app, DISPLAY, display)
        await driver.pilot.press("Ж")
        await driver.until(lambda: paints and "Ж" in driver.text(), "a paint")


async def test_many_environments_in_many_states_leave_room_for_the_name(open_app: OpenApp) -> None:
    async with open_app() as driver:
        pool = driver.app.engine.pools["Greet"]
        states = [state for state in State if state is not State.ENDED]
        pool.environments += [
            stand_in_environment(number, state) for number, state in enumerate(states * 2)
        ]
        driver.screen.paint()
        await driver.settle()
        row = next(line for line in driver.text().splitlines() if "◌2 ◐2" in line)
        assert "Greet" in row[:30]
        pool.environments.clear()


async def test_another_function_needs_no_layout_where_it_needs_no_other_heights(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app() as driver:
        await wait_until_at_rest(driver)
        asked: list[str] = []
        original = Widget.refresh

        def refresh(widget: Widget, *regions: Any, **options: Any) -> Widget:
            if options.get("layout") and widget.display:
                asked.append(widget.id or type(widget).__name__)
            return original(widget, *regions, **options)

        monkeypatch.setattr(Widget, "refresh", refresh)
        await driver.press("down")
        await driver.until_seen("3 Invocations · Fail")
        assert asked == []


async def test_a_key_that_was_pressed_before_restyles_and_lays_out_no_more_than_it_must(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app() as driver:
        await wait_until_at_rest(driver)
        await driver.press("3", "1", "e", "x", "escape", "1", "3")
        styled: list[str] = []
        apply = Stylesheet.apply

        def count(sheet: Stylesheet, node: DOMNode, **options: Any) -> None:
            styled.append(node.id or type(node).__name__)
            apply(sheet, node, **options)

        monkeypatch.setattr(Stylesheet, "apply", count)
        asked = record_refreshes(driver, monkeypatch)
        await driver.press("1")
        assert "functions" in styled
        assert "environments" not in styled
        # The parts of a list are nodes of their own.
        assert DOMNode.__name__ not in styled
        assert "main" not in asked
        await driver.press("e")
        laid_out: list[Widget] = []
        original = Widget.refresh

        def refresh(widget: Widget, *regions: Any, **options: Any) -> Widget:
            if options.get("layout"):
                laid_out.append(widget)
            return original(widget, *regions, **options)

        monkeypatch.setattr(Widget, "refresh", refresh)
        await driver.press("y", "y")
        assert laid_out == []


async def test_a_tab_that_is_not_seen_is_written_when_it_comes_forward(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await wait_until_at_rest(driver)
        response = driver.screen.panes.response
        before = response.rows.items
        await driver.press("i")
        await driver.until(lambda: "✓" in response.title)
        assert response.rows.items is before
        await driver.press("6")
        assert response.rows.items is not before
        await driver.until_seen("hello")


async def test_the_line_of_functions_marks_the_chosen_one(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as driver:
        await wait_until_at_rest(driver)
        line = driver.screen.query_one("#function-line", Static)

        def marked() -> list[str]:
            assert isinstance(line.content, Content)
            return [
                line.content.plain[span.start : span.end]
                for span in line.content.spans
                if "reverse" in str(span.style)
            ]

        await driver.until(lambda: marked() == ["·Greet"])
        await driver.press("1", "down", "enter")
        await driver.until(lambda: marked() == ["·Fail"])


async def test_a_tab_that_comes_forward_has_its_whole_title_at_once(open_app: OpenApp) -> None:
    async with open_app() as driver:
        driver.screen.panes.bring_forward(Tab.DETAILS)
        # Nothing is laid out in between: the tab has no size yet.
        title = driver.title("details")

    assert "no invocation yet" in title
    assert "Response" in title
