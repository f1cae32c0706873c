"""A screen is taken up where it was left."""

from __future__ import annotations

from pathlib import Path

from lambda_tui.project.settings import Settings
from lambda_tui.ui.model import Tab
from lambda_tui.ui.remembered import project_file
from lambda_tui.ui.screens import MainScreen
from support.app_driver import Driver, OpenApp


async def leave_it_changed(driver: Driver) -> None:
    await driver.press("j", "4", "w", "6", "z")
    driver.app.theme = "nord"
    await driver.press("b", "2", "5", "enter")
    await driver.settle()


async def test_function_tab_zoom_wrap_burst_and_theme_are_as_they_were(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await leave_it_changed(driver)
    async with open_app() as driver:
        screen = driver.screen
        assert screen.selection.function == "Fail"
        assert screen.selection.tab is Tab.RESPONSE
        assert screen.panes.zoomed == "response"
        assert screen.panes.log_pane.view.wrap
        assert driver.app.theme == "nord"
        await driver.press("b")
        assert "25" in driver.text()


async def test_it_is_kept_though_the_process_is_killed(open_app: OpenApp, project: Path) -> None:
    async with open_app() as driver:
        await driver.press("j")
        file = project_file(project)
        await driver.until(lambda: file.exists() and b"Fail" in file.read_bytes(), "a write")


async def test_a_theme_of_changed_settings_goes_before_the_remembered_one(
    open_app: OpenApp,
) -> None:
    async with open_app(settings=Settings(watch=False, theme="dracula")) as driver:
        assert driver.app.theme == "dracula"
        driver.app.theme = "nord"
        await driver.settle()
    async with open_app(settings=Settings(watch=False, theme="dracula")) as driver:
        assert driver.app.theme == "nord"
    async with open_app(settings=Settings(watch=False, theme="gruvbox")) as driver:
        assert driver.app.theme == "gruvbox"


async def test_a_function_that_is_gone_is_not_chosen(open_app: OpenApp, project: Path) -> None:
    async with open_app() as driver:
        await driver.press("j", "j")
        assert driver.screen.selection.function == "Slow"
    template = project / "template.yaml"
    text = template.read_text()
    template.write_text(text[: text.index("  Slow:")])
    async with open_app() as driver:
        assert driver.screen.selection.function == "Greet"


async def test_a_template_that_is_broken_at_the_start_keeps_the_choice(
    open_app: OpenApp, project: Path
) -> None:
    async with open_app() as driver:
        await driver.press("j")
    template = project / "template.yaml"
    text = template.read_text()
    template.write_text("Resources: [")
    async with open_app(settings=Settings()) as driver:
        await driver.until_seen("No Lambda function")
        template.write_text(text)
        await driver.until(lambda: driver.app.engine.pools, "the functions")
        await driver.until(lambda: driver.screen.function == "Fail", "the choice of before")


async def test_a_damaged_file_is_said_once(open_app: OpenApp, project: Path) -> None:
    file = project_file(project)
    file.parent.mkdir(parents=True)
    file.write_text("{")
    async with open_app() as driver:
        assert any("begins anew" in line for line in driver.notices)
        assert isinstance(driver.app.screen, MainScreen)
    async with open_app() as driver:
        assert driver.notices == []
