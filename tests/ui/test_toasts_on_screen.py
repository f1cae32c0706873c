"""Toasts on the screen: in the header, one at a time, and nowhere else."""

from __future__ import annotations

import contextvars
from pathlib import Path

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.events import Event
from lambda_tui.project.settings import Settings
from lambda_tui.ui.model import toasts
from lambda_tui.ui.widgets import HeaderLine
from support.app_driver import Driver, OpenApp
from support.files import is_watched

LONG = "a sentence that is longer than any terminal " * 10


def emit(driver: Driver, record: events.Record, function: str = "Greet") -> None:
    driver.app.engine.events.emit(Event(record=record, function=function))


def header(driver: Driver) -> str:
    return driver.text().splitlines()[0]


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (120, 40)])
async def test_a_toast_covers_nothing_but_the_end_of_the_header(
    open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size=size) as driver:
        await driver.until(lambda: driver.screen._past is not None, "the history")
        before = driver.text().splitlines()
        driver.screen.say(LONG, "warning")
        await driver.settle()
        after = driver.text().splitlines()

    assert after[1:] == before[1:]
    assert after[0] != before[0]
    assert "▲ a sentence" in after[0]
    assert after[0].rstrip().endswith("…")
    assert after[0].startswith(" λ")


async def test_a_toast_goes_away_by_itself(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(toasts.SECONDS, "information", 0.05)
    async with open_app() as driver:
        driver.screen.say("a short sentence")
        await driver.until(lambda: driver.notices == [], "no toast")
        assert "a short sentence" not in header(driver)


async def test_a_toast_for_a_save_goes_away_and_the_application_ends_well(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(toasts.SECONDS, "information", 0.05)
    async with open_app() as driver:
        # Saves are reported by a thread, whose context does not know the application.
        contextvars.Context().run(emit, driver, events.Reloaded(("app.py",), 1.0))
        await driver.until(lambda: driver.notices, "the toast")
        await driver.until(lambda: driver.notices == [], "no toast")
        await driver.leave("q")


async def test_a_click_takes_a_toast_away_and_shows_the_next(open_app: OpenApp) -> None:
    async with open_app() as driver:
        driver.screen.say("the first")
        driver.screen.say("the second")
        await driver.settle()
        assert "the first +1" in header(driver)
        await driver.pilot.click(HeaderLine, offset=(115, 0))
        await driver.settle()
        assert "the second" in header(driver)
        await driver.pilot.click(HeaderLine, offset=(20, 0))
        await driver.settle()
        assert "the second" in header(driver), "the facts are no toast"


async def test_fifty_reloads_are_one_toast(open_app: OpenApp) -> None:
    async with open_app() as driver:
        for _ in range(50):
            emit(driver, events.Reloaded(("app.py",), 1.0))
        await driver.settle()

        assert driver.notices == ["Greet: reloaded, as app.py changed (×50)"]
        assert "(×50)" in header(driver)


async def test_a_crash_is_told_while_another_function_is_chosen(
    open_app: OpenApp, project: Path
) -> None:
    code = project / "code" / "app.py"
    code.write_text(
        code.read_text() + "\n\ndef fail(event, context):\n    import os; os._exit(3)\n"
    )
    async with open_app() as driver:
        await driver.press("j", "i", "k")
        assert driver.screen.function == "Greet"
        await driver.until(lambda: driver.notices, "the toast")
        assert driver.notices == ["Fail: crashed (Runtime.ExitError)"]


async def test_a_toast_of_hostile_text_is_one_line(open_app: OpenApp) -> None:
    async with open_app() as driver:
        emit(driver, events.Notice("error", "a\x1b]0;PWNED\x07b\nc"))
        await driver.settle()
        assert "✗ Greet: ab␊c" in header(driver)


async def test_a_save_that_breaks_the_code_stays_in_the_header_until_it_is_mended(
    open_app: OpenApp, project: Path
) -> None:
    code = project / "code" / "app.py"
    good = code.read_text()
    async with open_app(settings=Settings()) as driver:
        await driver.press("i")
        pool = driver.app.engine.pools["Greet"]
        await driver.until(lambda: pool.invocations and pool.invocations[-1].is_over, "an answer")
        await driver.until(lambda: is_watched(project), "the watching")
        code.write_text("def greet(event, context:\n")
        await driver.until(lambda: "✗ Greet: does not start" in header(driver), "the sentence")
        toast = "Greet: does not start since app.py changed (UserCodeSyntaxError)"
        assert toast in driver.notices
        code.write_text(good)
        await driver.until(lambda: not driver.screen.announcements.broken, "a start")
        await driver.until(lambda: "✗ Greet" not in header(driver), "no sentence")
