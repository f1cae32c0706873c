"""The palette finds functions, invocations, events, settings and themes by a few letters."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.settings import Settings
from lambda_tui.ui.screens import Palette
from lambda_tui.ui.screens.palette import Entry, ScreenEntries
from support.app_driver import Driver, OpenApp


async def search(driver: Driver, letters: str, *found: str) -> None:
    """Open the palette, type, and wait until it shows something."""
    await driver.press("ctrl+p")
    assert isinstance(driver.app.screen, Palette)
    await driver.press(*letters)
    await driver.until_seen(*found)
    await driver.until(lambda: all(one.is_finished for one in driver.app.workers), "the search")


async def test_a_function_is_chosen_by_some_of_its_letters(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await search(driver, "fnslw", "Function: Slow")
        await driver.press("enter")
        await driver.until(lambda: driver.screen.selection.function == "Slow", "the function")


async def test_an_invocation_is_found_by_its_outcome(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.press("j", "i")
        pool = driver.app.engine.pools["Fail"]
        await driver.until(lambda: pool.invocations and pool.invocations[0].is_over, "its end")
        await driver.press("i")
        await driver.until(lambda: len(pool.invocations) == 2, "a second")
        await driver.until(lambda: pool.invocations[1].is_over, "its end")
        await search(driver, "fail#1keyerror", "Invocation: Fail #1 ✗ KeyError cold")
        await driver.press("enter")
        await driver.until(lambda: driver.screen.selection.invocation is not None, "a choice")
        assert driver.screen.record is not None
        assert driver.screen.record.number == 1


async def test_an_event_file_is_taken(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await search(driver, "event:other", "Event: greet-other")
        await driver.press("enter")
        await driver.until(lambda: "Grace" in driver.screen.panes.event.text, "the event")


async def test_a_theme_is_chosen_and_a_setting_told(open_app: OpenApp) -> None:
    async with open_app(settings=Settings(watch=False, idle_timeout=77)) as driver:
        await search(driver, "theme:nord", "Theme: nord")
        await driver.press("enter")
        await driver.until(lambda: driver.app.theme == "nord", "the theme")
        await search(driver, "setidle", "Setting: idle_timeout = 77")
        await driver.press("enter")
        await driver.until(lambda: driver.notices, "the sentence")
        assert driver.notices == ["idle_timeout is 77, set by you; lambda-tui.toml sets it."]


@pytest.fixture
def large_project(tmp_path: Path) -> Path:
    functions = (
        f"  Function{number}:\n    Type: AWS::Serverless::Function\n"
        f"    Properties: {{CodeUri: ., Handler: app.handler, Runtime: python3.11}}\n"
        for number in range(500)
    )
    (tmp_path / "template.yaml").write_text("Resources:\n" + "".join(functions))
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1\n")
    return tmp_path


async def test_one_of_five_hundred_functions_is_found(
    open_app: OpenApp, large_project: Path
) -> None:
    async with open_app(large_project) as driver:
        await search(driver, "function417", "Function: Function417")
        await driver.press("enter")
        await driver.until(lambda: driver.screen.selection.function == "Function417", "a choice")


async def test_letters_in_another_order_find_nothing(open_app: OpenApp) -> None:
    async with open_app() as driver:
        provider = ScreenEntries(driver.screen)
        provider._entries = [
            Entry("Function: Orders", "", print),
            Entry("Function: Slow", "", print),
        ]
        assert [hit.text async for hit in provider.search("ordfun")] == []
        assert [hit.text async for hit in provider.search("funord")] == ["Function: Orders"]
