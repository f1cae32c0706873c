"""Keys that are typed faster than the screen: each takes effect, in its order."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from lambda_tui.project.settings import Settings
from lambda_tui.ui import keys, make_app
from lambda_tui.ui.event.choose_event import ChooseEvent
from lambda_tui.ui.screens.dialogs import AskBurst, AskQuit
from lambda_tui.ui.textual_private import is_ending
from support.app_driver import Driver, OpenApp


@pytest.fixture(autouse=True)
def patient_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets keys wait for a screen and for an editor as long as a loaded machine needs."""
    monkeypatch.setattr(keys, "_PATIENCE", 60.0)
    monkeypatch.setattr(keys, "_MOUNTING", 60.0)


CHARACTERS = {"slash": "/", "enter": "\r", "backspace": "\x7f", "escape": "\x1b"}


def type_ahead(driver: Driver, *keys: str) -> None:
    """Queue all of the keys before the application looks at the first."""
    for key in keys:
        character = CHARACTERS.get(key, key if len(key) == 1 else None)
        driver.app.post_message(events.Key(key, character))


@pytest.mark.parametrize(
    ("keys", "count"),
    [
        (["b", "enter"], 10),
        (["b", "3", "enter"], 3),
        (["b", "backspace", "backspace", "1", "2", "enter"], 12),
        (["b", "escape", "i"], 1),
    ],
)
async def test_the_burst_takes_what_is_typed_behind_its_key(
    open_app: OpenApp, keys: list[str], count: int
) -> None:
    async with open_app() as driver:
        pool = driver.app.engine.pools["Greet"]
        type_ahead(driver, *keys)
        await driver.until(lambda: len(pool.invocations) == count, f"{count} invocations")
        await driver.until(lambda: all(each.is_over for each in pool.invocations))
        assert not isinstance(driver.app.screen, AskBurst)
        assert len(pool.invocations) == count


async def test_the_list_of_event_files_takes_what_is_typed_behind_its_key(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await driver.until(lambda: "Ada" in driver.screen.panes.event.text)
        type_ahead(driver, "E", "down", "enter")
        await driver.until(lambda: "Grace" in driver.screen.panes.event.text, "the second file")
        assert not isinstance(driver.app.screen, ChooseEvent)


async def test_a_burst_typed_behind_a_move_is_the_other_functions(open_app: OpenApp) -> None:
    async with open_app() as driver:
        type_ahead(driver, "j", "b", "2", "enter")
        pools = driver.app.engine.pools
        await driver.until(lambda: len(pools["Fail"].invocations) == 2, "two invocations")
        assert not pools["Greet"].invocations


async def test_an_event_is_sent_with_the_letters_typed_before_its_key(open_app: OpenApp) -> None:
    async with open_app() as driver:
        event, pool = driver.screen.panes.event, driver.app.engine.pools["Greet"]
        await driver.until(lambda: "Ada" in event.text)
        event.load_text("")
        type_ahead(driver, "e", *'{"name":"', "i", "b", *'"}', "ctrl+j")
        await driver.until(lambda: len(pool.invocations) == 1, "the invocation")
        assert pool.invocations[0].payload == b'{"name":"ib"}'


async def test_a_correction_of_the_search_keeps_its_place(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.invoke()
        pane = driver.screen.panes.log_pane
        view = pane.view
        type_ahead(driver, "4", "slash", *"grex", "backspace", *"eting", "enter")
        await driver.until(lambda: view.line_text == "greeting Ada number 1", "the match")
        assert pane.query_now.text == "greeting"


async def test_leaving_can_be_confirmed_ahead(open_app: OpenApp) -> None:
    async with open_app() as driver:
        type_ahead(driver, "j", "j")
        await driver.until(lambda: driver.screen.function == "Slow")
        await driver.press("i")
        pool = driver.app.engine.pools["Slow"]
        await driver.until(lambda: bool(pool.invocations), "the invocation")
        type_ahead(driver, "q", "n", "q")
        await driver.until(lambda: isinstance(driver.app.screen, AskQuit), "the question, again")
        assert not is_ending(driver.app)
        await driver.leave("y")


@pytest.mark.parametrize("keys", [["j", "i"], ["j", "k", "j", "i"], ["down", "i"]])
async def test_an_invocation_typed_behind_a_move_is_the_other_functions(
    open_app: OpenApp, keys: list[str]
) -> None:
    async with open_app() as driver:
        type_ahead(driver, *keys)
        pools = driver.app.engine.pools
        await driver.until(lambda: any(each.invocations for each in pools.values()), "one")
        assert [name for name, each in pools.items() if each.invocations] == ["Fail"]


async def test_keys_that_are_typed_before_the_screen_is_there_keep_their_order(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However little they wait for an editor.
    monkeypatch.setattr(keys, "_PATIENCE", 0.0)
    app = make_app(project, Settings(watch=False))
    for key in ("i", "down", "i"):
        app.post_message(events.Key(key, CHARACTERS.get(key, key if len(key) == 1 else None)))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        driver = Driver(app, pilot)
        pools = app.engine.pools
        await driver.until(lambda: sum(len(each.invocations) for each in pools.values()) == 2)
        assert [name for name, each in pools.items() if each.invocations] == ["Greet", "Fail"]
