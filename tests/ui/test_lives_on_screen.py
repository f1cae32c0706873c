"""The lives of environments on the screen, driven by keys and by the mouse."""

from __future__ import annotations

from lambda_tui.engine.lifecycle import State
from lambda_tui.project.settings import Settings
from lambda_tui.ui.lives import LivesView, SegmentChooser
from lambda_tui.ui.lives.cells import columns_of_segment, draw, segment_at
from lambda_tui.ui.model.lives import Life, SegmentKind
from lambda_tui.ui.screens.lives import LivesScreen
from support.app_driver import Driver, OpenApp

STILL = (State.FROZEN, State.RESET)


async def invoke(driver: Driver, *keys: str) -> None:
    """Press keys that invoke the function, and wait until everything is over and painted."""
    pool = driver.screen.pool
    assert pool is not None
    before = len(pool.invocations)
    await driver.press(*(keys or ("i",)))
    await driver.until(lambda: len(pool.invocations) > before, "an invocation")
    await driver.until(lambda: all(one.is_over for one in pool.invocations), "answers")
    await driver.until(lambda: all(one.state in STILL for one in pool.environments), "a rest")
    await driver.until_painted()


def view_of(driver: Driver) -> LivesView:
    return driver.screen.panes.environments


def rows_of(driver: Driver) -> list[str]:
    view = view_of(driver)
    return [view.row(life, view.row_width).plain for life in view.items]


async def test_a_row_says_state_count_and_peak_as_the_report_does(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver)
        await invoke(driver)
        pool = driver.screen.pool
        assert pool is not None
        report = pool.invocations[-1].report
        assert report is not None
        (row,) = rows_of(driver)
        assert row.split()[:4] == ["1", "❅", "frozen", "2"]
        assert f" {report.max_memory_used_mb}/128 " in row
        assert "░" in row, "its beginning"
        assert "at once, at most 1" in driver.text()
        assert "2 Environments · Greet" in driver.title("environments")
        assert "init" in driver.subtitle("environments")
        assert "quiet since" in driver.subtitle("environments")


async def test_an_error_of_the_handler_has_a_sign_in_the_picture(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.press("j")
        await invoke(driver)
        (life,) = view_of(driver).items
        assert [one.failure for one in life.segments if one.invocations] == ["error"]
        assert "✗" in "".join(cell.glyph for cell in draw(life, view_of(driver).axis, 0.0))


async def test_environments_of_a_burst_share_one_clock(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver, "b", "4", "enter")
        view = view_of(driver)
        assert [life.number for life in view.items] == [1, 2, 3, 4]
        for life in view.items:
            for segment in life.segments:
                if segment.kind is SegmentKind.INVOKE:
                    columns = columns_of_segment(segment, view.axis)
                    start = view.axis.starts[columns.start]
                    assert start <= segment.start < start + view.axis.cell


async def test_keys_zoom_and_scroll_the_clock_and_go_back_to_now(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver)
        view = view_of(driver)
        await driver.press("2")
        usual = view.axis.cell
        await driver.press("plus", "plus")
        assert view.axis.cell < usual
        await driver.press("minus", "minus")
        assert view.axis.cell == usual
        for _ in range(9):
            await driver.press("plus")
        end = view.axis.end
        await driver.press("left")
        assert view.axis.end < end
        assert not view.is_following
        assert "0 goes back to now" in driver.subtitle("environments")
        await driver.press("0")
        assert view.is_following
        assert view.axis.end == end
        await driver.press("left", "right", "right")
        assert view.is_following


async def test_a_short_history_fills_the_picture_until_a_cell_shows_a_second(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await invoke(driver)
        view = view_of(driver)
        (life,) = view.items
        assert view.axis.cell < 1.0
        assert view.axis.start <= life.start
        cells = "".join(cell.glyph for cell in draw(life, view.axis, 0.0))
        assert "▒" in cells, "its Init"
        assert cells.strip()[0] == "░", "the building of the sandbox"


async def test_a_screen_at_rest_has_no_tick_within_ten_seconds(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver)
        view = view_of(driver)
        await driver.until(
            lambda: all(
                life.environment and life.environment.usage.taken > life.environment.state_since
                for life in view.items
            ),
            "the last sample",
        )
        driver.screen.paint()
        delay = view._tick_delay()
        assert delay is None or delay >= 10
        await driver.press("2", "z")
        await driver.until(lambda: isinstance(driver.app.screen, LivesScreen))
        assert view._tick_delay() is None, "nobody sees the pane"


async def test_a_small_screen_shows_rows_first(open_app: OpenApp) -> None:
    async with open_app(size=(60, 16)) as driver:
        await invoke(driver)
        assert "❅ frozen" in driver.text()


async def test_an_environment_that_has_ended_stays_in_view(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver)
        pool = driver.screen.pool
        assert pool is not None
        pool.environments[0].shut_down("request")
        await driver.until_seen("┤ ended")
        assert driver.screen.environment is None
        await driver.press("2", "x")
        assert any("to kill" in notice for notice in driver.notices)
        await invoke(driver)
        assert [life.number for life in view_of(driver).items] == [2, 1]


async def test_a_click_on_a_row_chooses_the_environment_and_on_a_segment_its_invocation(
    open_app: OpenApp,
) -> None:
    settings = Settings(watch=False, maximum_environments=2)
    async with open_app(settings=settings) as driver:
        await invoke(driver, "b", "2", "enter")
        await invoke(driver)
        view = view_of(driver)
        await driver.pilot.click("#environments", offset=(4, 3))
        await driver.settle()
        life = view.items[1]
        assert driver.screen.selection.environment == life.number == 2
        segment = next(one for one in life.segments if one.kind is SegmentKind.INVOKE)
        left = view.row_width - view.axis.width + 2
        column = columns_of_segment(segment, view.axis).start
        await driver.pilot.click("#environments", offset=(left + column, 3))
        await driver.settle()
        record = driver.screen.record
        assert record is not None
        shown = segment_at(life, view.axis, column)
        assert shown is not None
        assert (record.environment, record.number) == (2, shown.number)


async def open_lives(driver: Driver) -> SegmentChooser:
    await driver.press("2", "z")
    await driver.until(lambda: isinstance(driver.app.screen, LivesScreen))
    await driver.until_seen("esc back")
    await driver.until(lambda: driver.app.screen.query_one(SegmentChooser).items, "lives")
    return driver.app.screen.query_one(SegmentChooser)


def kinds_of(life: Life) -> list[str]:
    return [str(one.kind) for one in life.segments]


async def test_z_opens_the_lives_where_arrows_choose_segments_with_their_log(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await invoke(driver)
        await invoke(driver)
        chooser = await open_lives(driver)
        assert chooser.segment is not None
        assert (chooser.segment.kind, chooser.segment.number) == (SegmentKind.INVOKE, 2)
        await driver.until_seen("env 1 · invoke #2", "✓ success", "greeting Ada number 2", "REPORT")
        assert "number 1" not in driver.text()
        await driver.press("left")
        assert chooser.segment.kind is SegmentKind.FROZEN
        await driver.press("left")
        await driver.until_seen("env 1 · invoke #1", "greeting Ada number 1")
        await driver.press("left")
        await driver.until_seen("env 1 · function init")
        await driver.press("right", "right")
        for _ in range(20):
            await driver.press("right")
        assert chooser.segment is chooser.items[0].segments[-1]
        await driver.press("escape")
        assert driver.app.screen is driver.screen


async def test_up_and_down_stay_at_the_same_time(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver, "b", "3", "enter")
        chooser = await open_lives(driver)
        await driver.press("g", "left")
        first, before = chooser.highlighted, chooser.segment
        assert before is not None
        assert before.end is not None, "one that is over"
        await driver.press("down")
        after, life = chooser.segment, chooser.highlighted
        assert life is chooser.items[1]
        assert first is chooser.items[0]
        assert after is not None
        assert life is not None
        middle = before.start + before.seconds(before.start) / 2
        assert after is (life.at(middle) or after)


async def test_enter_leaves_the_lives_with_the_invocation_of_the_segment(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await invoke(driver)
        await invoke(driver)
        await open_lives(driver)
        await driver.press("left", "left", "enter")
        assert driver.app.screen is driver.screen
        record = driver.screen.record
        assert record is not None
        assert record.number == 1
        assert driver.screen.selection.environment == 1


async def test_a_click_in_the_lives_puts_the_cursor_on_a_segment(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await invoke(driver)
        chooser = await open_lives(driver)
        life = chooser.items[0]
        others = [one for one in life.segments if one.end and one is not chooser.segment]
        longest = max(others, key=lambda one: one.seconds(0.0))
        while chooser.axis.cell > longest.seconds(0.0) / 4:
            await driver.press("plus")
        invoked = chooser.segment
        assert invoked is not None
        assert columns_of_segment(invoked, chooser.axis), "a zoom keeps the segment in view"
        chooser.bring_into_view(longest.start, longest.start)
        await driver.settle()
        column = columns_of_segment(longest, chooser.axis).start + 1
        left = chooser.row_width - chooser.axis.width + 2
        await driver.pilot.click("#lives", offset=(left + column, chooser.headings + 1))
        await driver.settle()
        assert chooser.segment is longest, kinds_of(life)
