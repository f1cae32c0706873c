"""The filters of functions and invocations, and the selection that everything belongs to."""

from __future__ import annotations

import pytest

from lambda_tui.ui.panes.functions import FunctionList
from support.app_driver import Driver, OpenApp


async def type_filter(driver: Driver, pane: str, text: str) -> None:
    """Open the filter of a pane and type."""
    await driver.press(pane, "/", *text)
    await driver.until_painted()


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_a_filter_that_hides_the_function_does_not_choose_another(
    open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size=size) as driver:
        await driver.invoke()
        for letter in "slow":
            await type_filter(driver, "1", letter) if letter == "s" else await driver.press(letter)
            assert driver.screen.selection.function == "Greet"
            assert "Greet" in driver.title("environments")
            assert "Greet" in driver.title("invocations")
            assert len(driver.screen.panes.invocations.list.items) == 1, "its invocation is there"
        await driver.press("escape")
        rows = driver.screen.query_one(FunctionList)
        assert rows.highlighted_key == driver.screen.selection.function == "Greet"


async def test_enter_in_the_filter_takes_the_function_that_it_found(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await type_filter(driver, "1", "slow")
        await driver.press("enter")
        assert driver.screen.selection.function == "Slow"
        assert "Slow" in driver.title("environments")
        await driver.press("escape")
        assert driver.screen.selection.function == "Slow"


async def test_a_click_takes_the_function_that_the_filter_put_the_cursor_on(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await type_filter(driver, "1", "slow")
        await driver.pilot.click("#function-list", offset=(3, 0))
        await driver.settle()
        assert driver.screen.selection.function == "Slow"


async def test_a_filter_that_no_function_passes_says_so_and_chooses_none(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await type_filter(driver, "1", "xyz")
        assert "no name has “xyz”" in driver.text()
        await driver.press("enter")
        assert driver.screen.selection.function == "Greet"
        await driver.press("i")
        assert len(driver.app.engine.pools["Greet"].invocations) == 1, "i invokes what is named"


async def test_the_tabs_show_the_invocation_that_the_filter_found(open_app: OpenApp) -> None:
    async with open_app() as driver:
        for _ in range(3):
            await driver.invoke()
        await type_filter(driver, "3", "#2")
        assert driver.summary.startswith("#2 "), "the only row is what the tabs show"
        await driver.press("enter", "escape")
        assert len(driver.screen.panes.invocations.list.items) == 3
        assert driver.summary.startswith("#2 "), "it was taken"


async def test_a_filter_that_no_invocation_passes_says_so(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.invoke()
        await type_filter(driver, "3", "nothing like it")
        await driver.until_seen("No invocation matches “nothing like it”")
        assert driver.title("invocations").endswith("0 of 1 match “nothing like it”")
        await driver.press("escape")
        assert driver.summary.startswith("#1 ")


async def test_a_name_that_is_cut_twice_has_one_ellipsis(open_app: OpenApp) -> None:
    async with open_app() as driver:
        grid = driver.screen.panes
        for width in range(100, 140, 3):
            await driver.resize(width, 40)
            grid._summary = "#1 ✗ Function.ResponseSizeTo… · cold · env 1"
            grid.write_titles()
            assert "……" not in driver.title("log")
