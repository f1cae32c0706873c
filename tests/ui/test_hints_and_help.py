"""Hints go away for good once they were followed; the help begins with the pane's own keys."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from lambda_tui.project.settings import Settings
from lambda_tui.ui.bindings import PANE_KEYS
from lambda_tui.ui.glyphs import STATE_GLYPHS, STATUS_GLYPHS
from lambda_tui.ui.lives.cells import (
    END_GLYPH,
    FAILURE_GLYPH,
    FOLD_GLYPH,
    SEGMENT_GLYPHS,
    SEVERAL_GLYPH,
)
from lambda_tui.ui.remembered import hints_file
from lambda_tui.ui.screens.help import PANE_NAMES, Help
from lambda_tui.ui.widgets import KeyBar
from support.app_driver import OpenApp


@pytest.fixture
def new_user(own_state: object) -> None:
    hints_file().unlink()


async def test_a_hint_makes_room_for_the_next_when_it_was_followed(
    open_app: OpenApp, new_user: None
) -> None:
    async with open_app() as driver:
        assert driver.notices == ["i invokes the function with the event that is shown"]
        await driver.press("i")
        assert driver.notices == ["? shows the keys of the pane, then all others"]
        await driver.press("?", "escape")
        assert driver.notices == ["^p finds every action, function and event by name"]
    async with open_app() as driver:
        assert driver.notices == ["^p finds every action, function and event by name"]
        await driver.press("ctrl+p", "escape", "z")
        assert driver.notices == []
    async with open_app() as driver:
        assert driver.notices == []


async def test_a_hint_names_the_users_own_key(open_app: OpenApp, new_user: None) -> None:
    async with open_app(settings=Settings(watch=False, keys={"invoke": "f5"})) as driver:
        assert driver.notices == ["f5 invokes the function with the event that is shown"]


@pytest.mark.parametrize("key", ["?", "f1"])
async def test_the_help_begins_with_the_keys_of_the_focused_pane(
    open_app: OpenApp, key: str
) -> None:
    async with open_app() as driver:
        for pane, name in (("1", "the functions"), ("2", "the environments"), ("4", "the log")):
            await driver.press(pane, key)
            assert isinstance(driver.app.screen, Help)
            text = str(driver.app.screen.query_one("#help Static", Static).content)
            assert text.startswith(f"Here: {name}\n")
            assert text.index("Here:") < text.index("\nFunction\n")
            await driver.press("escape")


async def test_the_help_explains_every_sign_of_the_clock_and_of_invocations(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await driver.press("?")
        lines = str(driver.app.screen.query_one("#help Static", Static).content).splitlines()
        signs = {line.split()[0] for line in lines if line.strip()}

    assert {*SEGMENT_GLYPHS.values(), FAILURE_GLYPH, END_GLYPH, FOLD_GLYPH, SEVERAL_GLYPH} <= signs
    assert {*STATUS_GLYPHS.values(), *STATE_GLYPHS.values()} <= signs


async def test_every_pane_has_a_name_in_the_help(open_app: OpenApp) -> None:
    async with open_app() as driver:
        assert driver.screen.panes.by_id.keys() <= PANE_NAMES.keys()
        assert driver.screen.panes.by_id.keys() <= PANE_KEYS.keys()


async def test_the_key_for_versions_is_shown_for_functions_that_have_some(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        keys = driver.screen.query_one(KeyBar).render_line(0).text
        assert "Invoke" in keys
        assert "Version" not in keys


@pytest.mark.parametrize("pane", ["functions", "environments", "invocations"])
async def test_a_click_on_a_title_goes_to_its_pane(open_app: OpenApp, pane: str) -> None:
    async with open_app() as driver:
        await driver.press("4")
        assert driver.screen.panes.focused_pane == "log"
        await driver.pilot.click(f"#{pane}", offset=(4, 0))
        await driver.settle()
        assert driver.screen.panes.focused_pane == pane


async def test_a_click_on_a_tab_brings_it_forward(open_app: OpenApp) -> None:
    async with open_app() as driver:
        line = next(row for row in driver.text().splitlines() if "6 Response" in row)
        y = driver.text().splitlines().index(line)
        await driver.pilot.click(offset=(line.index("6 Response") + 2, y))
        await driver.settle()
        assert driver.screen.selection.tab == "response"
