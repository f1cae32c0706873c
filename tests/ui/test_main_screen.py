"""Every key of the main screen, on real execution environments."""

from __future__ import annotations

import pytest
from textual.binding import Binding
from textual.widgets import Static

from lambda_tui.engine.events import Event, FunctionLog
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.settings import BINDING_IDS, Settings
from lambda_tui.ui.app import LambdaTuiApp
from lambda_tui.ui.bindings import BINDINGS, PANE_BINDINGS
from lambda_tui.ui.event.choose_event import ChooseEvent
from lambda_tui.ui.screens.dialogs import AskBurst
from lambda_tui.ui.screens.help import Help
from support.app_driver import OpenApp

SIZES = [(80, 24), (160, 50)]
PANES = (
    *("functions", "environments", "invocations"),
    *("log", "response", "tmp", "init", "details", "event"),
)
KEYS = "123467895"
"""The keys of the panes; the event comes last, as the keys behind it are typed into it."""


@pytest.mark.parametrize("size", SIZES)
async def test_i_invokes_right_after_launch(open_app: OpenApp, size: tuple[int, int]) -> None:
    async with open_app(size=size) as driver:
        await driver.invoke()
        assert "✓" in driver.summary
        text = driver.text()
        assert "greeting Ada number 1" in text
        assert "❅ frozen" in text
        assert "orders" in text
        assert "credentials: placeholder" in text
        await driver.press("6")
        await driver.until_seen('hello: "Ada"')


@pytest.mark.parametrize("size", SIZES)
async def test_no_escape_of_a_function_reaches_the_screen(
    open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size=size) as driver:
        await driver.invoke()
        text = driver.text()
        assert "PWNED" not in text
        assert "\x1b" not in text
        assert "\u202e" not in text


async def test_a_warm_invocation_keeps_the_environment(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.invoke()
        assert "· cold ·" in driver.text()
        await driver.invoke()
        assert "· warm" in driver.text()
        assert len(driver.app.engine.pools["Greet"].environments) == 1


async def test_b_asks_how_many_and_invokes_them_at_once(open_app: OpenApp) -> None:
    async with open_app() as driver:
        pool = driver.app.engine.pools["Greet"]
        await driver.press("b")
        assert isinstance(driver.app.screen, AskBurst)
        await driver.press("0", "enter")
        assert isinstance(driver.app.screen, AskBurst), "none is no burst"
        await driver.press("backspace", "3", "enter")
        await driver.until(lambda: sum(each.is_over for each in pool.invocations) == 3)
        await driver.until(lambda: "#3 ✓" in driver.summary)
        await driver.press("b", "escape")
        assert len(pool.invocations) == 3


async def test_what_was_throttled_is_counted(open_app: OpenApp) -> None:
    settings = Settings(watch=False, maximum_environments=1)
    async with open_app(size=(80, 24), settings=settings) as driver:
        await driver.press("b", "3", "enter")
        await driver.until(lambda: driver.title("environments").endswith("2 throttled"))


async def test_e_edits_the_event_and_ctrl_j_sends_it_from_there(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.until(lambda: "Ada" in driver.screen.panes.event.text)
        await driver.press("e", "ctrl+end")
        driver.screen.panes.event.select_all()
        await driver.press(*'{"name":"', "i", "q", "x", *'"}')
        assert driver.screen.panes.event.text == '{"name":"iqx"}'
        assert not driver.app.engine.pools["Greet"].invocations, "letters are only letters here"
        await driver.press("ctrl+j")
        await driver.until(lambda: "iqx" in driver.screen.panes.response.whole_text, "the answer")
        assert driver.screen.panes.focused_pane == "event"
        await driver.press("escape")
        assert driver.screen.panes.focused_pane == "invocations"
        await driver.press("escape")
        assert driver.screen.panes.focused_pane == "functions"


async def test_an_event_that_is_not_json_is_not_sent(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.until(lambda: "Ada" in driver.screen.panes.event.text)
        driver.screen.panes.event.load_text('{\n  "name": Ada\n}')
        await driver.press("i")
        assert not driver.app.engine.pools["Greet"].invocations
        assert any("line 2, column 11" in notice for notice in driver.notices)
        assert driver.screen.panes.focused_pane == "event"
        assert driver.screen.panes.event.cursor_location == (1, 10)
        assert "✗" in driver.subtitle("event")


async def test_a_capital_e_takes_an_event_file(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.until(lambda: "Ada" in driver.screen.panes.event.text)
        await driver.press("E")
        await driver.until(lambda: isinstance(driver.app.screen, ChooseEvent))
        await driver.press("down", "enter")
        await driver.until(lambda: "Grace" in driver.screen.panes.event.text)
        assert "greet-other.json" in driver.subtitle("event")


async def test_keys_are_heard_when_the_tab_that_had_the_focus_has_gone(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.invoke()
        await driver.press("6", "E")
        await driver.until(lambda: isinstance(driver.app.screen, ChooseEvent))
        await driver.press("down", "enter")
        await driver.until(lambda: "Grace" in driver.screen.panes.event.text)
        assert driver.screen.panes.focused_pane == "invocations"
        # A dialog gives the focus back to where it was.
        await driver.press("b", "escape", "2")
        assert driver.screen.panes.focused_pane == "environments"
        assert not driver.screen.panes.functions.filter.value


async def test_enter_keeps_the_newest_invocation_selected_with_its_event(
    open_app: OpenApp,
) -> None:
    async with open_app() as driver:
        await driver.until(lambda: "Ada" in driver.screen.panes.event.text)
        await driver.invoke()
        driver.screen.panes.event.load_text('{"name": "next"}')
        await driver.press("3", "enter", "5")

        assert "sent to #1" in driver.subtitle("event")
        assert "Ada" in driver.screen.panes.event.text
        await driver.press("escape", "escape")
        assert "next" in driver.screen.panes.event.text


async def test_enter_in_the_filter_selects_what_was_found(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.invoke()
        await driver.invoke()
        await driver.press("3", "/", *"cold", "enter")

        assert driver.summary.startswith("#1 ")
        assert driver.summary.endswith("cold · env 1")


async def test_each_function_keeps_its_own_event_response_and_log(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.until(lambda: "Ada" in driver.screen.panes.event.text)
        driver.screen.panes.event.load_text('{"name": "mine"}')
        await driver.invoke()
        await driver.press("j")
        assert driver.screen.function == "Fail"
        assert "mine" not in driver.screen.panes.event.text
        assert "no invocation yet" in driver.text()
        assert "greeting" not in driver.text()
        await driver.press("k")
        assert "mine" in driver.screen.panes.event.text
        assert "greeting mine" in driver.text()
        await driver.press("6")
        await driver.until_seen('hello: "mine"')


async def test_a_shows_the_log_of_all_functions(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.invoke()
        await driver.press("j", "a")
        assert "greeting" in driver.text()
        assert "all functions" in driver.subtitle("log")


async def test_an_error_shows_its_type_and_stack_trace(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.press("j")
        await driver.invoke("Fail")
        assert "✗ KeyError" in driver.summary
        await driver.press("6")
        text = driver.text()
        assert "✗ KeyError" in text
        assert "in fail" in text
        assert driver.screen.query_one("#response").has_class("-error")


@pytest.mark.parametrize("key", ["r", "R"])
async def test_r_replaces_this_environment_and_capital_r_all(open_app: OpenApp, key: str) -> None:
    async with open_app() as driver:
        pool = driver.app.engine.pools["Greet"]
        await driver.invoke()
        await driver.press(key)
        await driver.until(lambda: [each.number for each in pool.environments] == [2], "#2 alone")
        await driver.until(lambda: pool.environments[0].state is State.FROZEN)
        await driver.until_seen("2 ❅ frozen")


async def test_space_thaws_and_freezes(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.invoke()
        environment = driver.screen.environment
        assert environment is not None
        await driver.until(lambda: environment.state is State.FROZEN)
        await driver.press("space")
        await driver.until(lambda: "○ idle" in driver.text())
        await driver.press("space")
        await driver.until(lambda: "❅ frozen" in driver.text())


async def test_x_kills_and_the_reset_is_shown(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.invoke()
        await driver.press("space", "x")
        await driver.until_seen("× crashed", "reset after a failure")


async def test_keys_of_an_environment_say_so_when_there_is_none(open_app: OpenApp) -> None:
    async with open_app() as driver:
        for key, sentence in (("space", "to freeze"), ("x", "to kill")):
            await driver.press(key)
            assert any(sentence in notice for notice in driver.notices)


async def test_slash_searches_n_goes_on_and_escape_ends_it(open_app: OpenApp) -> None:
    async with open_app() as driver:
        for _ in range(3):
            await driver.invoke()
        pane = driver.screen.panes.log_pane
        view = pane.view
        await driver.press("4", "slash", *"greeting")
        assert driver.screen.focused is pane.search
        await driver.until(lambda: "found 3" in driver.subtitle("log"))
        await driver.press("enter")
        await driver.until(lambda: view.line_text == "greeting Ada number 3")
        await driver.press("n")
        await driver.until(lambda: view.line_text == "greeting Ada number 2")
        await driver.press("N")
        await driver.until(lambda: view.line_text == "greeting Ada number 3")
        await driver.press("m")
        found = [f"greeting Ada number {number}" for number in (1, 2, 3)]
        await driver.until(lambda: view.all_text.splitlines() == found)
        await driver.press("escape")
        assert pane.query_now.text == ""
        assert "START" in view.all_text


async def test_f_w_and_c_follow_wrap_and_clear(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as driver:
        for _ in range(2):
            await driver.invoke()
        view = driver.screen.panes.log_pane.view
        assert view.follow
        await driver.press("f")
        assert "paused" in driver.subtitle("log")
        await driver.invoke()
        assert "new" in driver.subtitle("log")
        await driver.press("f")
        assert "follow" in driver.subtitle("log")
        await driver.until(lambda: view.is_vertical_scroll_end)
        driver.app.engine.events.emit(Event(record=FunctionLog("long " * 50), function="Greet"))
        await driver.until_seen("long long")
        rows = view.virtual_size.height
        await driver.press("w")
        await driver.until(lambda: view.virtual_size.height > rows)
        assert "wrap" in driver.subtitle("log")
        await driver.press("c")
        assert view.all_text == ""
        await driver.press("a")
        assert "greeting" in view.all_text, "only the log that was shown is cleared"


@pytest.mark.parametrize("size", SIZES)
async def test_z_zooms_each_pane_and_escape_ends_it(
    open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size=size) as driver:
        for key, pane in zip(KEYS[2:-1], PANES[2:-1], strict=True):
            await driver.press(key, "z")
            zoomed = driver.screen.query_one(f"#{pane}")
            await driver.until(lambda one=zoomed: one.size.width >= size[0] - 6, pane)  # type: ignore[misc]
            assert not driver.screen.query_one("#functions").display
            await driver.press("escape")
            assert driver.screen.query_one("#functions").display


@pytest.mark.parametrize("size", SIZES)
async def test_numbers_tab_and_arrows_go_through_the_panes(
    open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size=size) as driver:
        panes = driver.screen.panes
        for key, pane in zip(KEYS, PANES, strict=True):
            await driver.press(key)
            assert panes.focused_pane == pane
            widget = driver.screen.query_one(f"#{pane}")
            await driver.until(lambda one=widget: one.region.area > 0, pane)  # type: ignore[misc]
        await driver.press("escape", "1", "right", "tab", "l")
        assert panes.focused_pane == "event"
        await driver.press("escape", "comma")
        assert panes.focused_pane == "log"
        await driver.press("comma")
        assert panes.focused_pane == "details"
        await driver.press("full_stop")
        assert panes.focused_pane == "log"
        await driver.press("3", "h")
        assert panes.focused_pane == "environments"
        await driver.press("h", "l")
        assert panes.focused_pane == "environments", "there the arrows scroll the clock"
        await driver.press("1")
        await driver.press("tab")
        assert panes.focused_pane == "environments"


async def test_brackets_go_through_earlier_invocations(open_app: OpenApp) -> None:
    async with open_app() as driver:
        for _ in range(3):
            await driver.invoke()
        await driver.press("left_square_bracket", "left_square_bracket")
        assert "#1 " in driver.summary
        await driver.press("right_square_bracket", "right_square_bracket")
        assert "#3 " in driver.summary


async def test_copying_says_how_and_how_much(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_TTY", "/dev/pts/0")
    async with open_app() as driver:
        await driver.invoke()
        await driver.press("Y")
        await driver.until(lambda: driver.app.clipboard == '{"hello": "Ada", "count": 1}')
        said = "1 line sent to the terminal's clipboard (OSC 52)."
        await driver.until(lambda: said in driver.notices)
        await driver.press("4", "y")
        await driver.until(lambda: driver.app.clipboard.startswith("──"))
        await driver.press("Y")
        await driver.until(lambda: "greeting Ada number 1" in driver.app.clipboard)


async def test_help_names_every_key_and_escape_leaves_it(open_app: OpenApp) -> None:
    async with open_app(settings=Settings(watch=False, keys={"invoke": "f5"})) as driver:
        await driver.press("?")
        assert isinstance(driver.app.screen, Help)
        assert "f5" in driver.text().lower(), "the user's own key"
        await driver.press("escape")
        assert len(driver.app.screen_stack) == 1


async def test_no_line_of_the_help_is_folded(open_app: OpenApp) -> None:
    async with open_app(size=(80, 24)) as driver:
        await driver.press("?")
        text = driver.app.screen.query_one("#help Static", Static)
        assert text.size.height == str(text.content).count("\n") + 1


def test_the_settings_know_the_ids_of_the_bindings() -> None:
    of_panes = [binding for group in PANE_BINDINGS.values() for binding in group]
    bindings = [*BINDINGS, *of_panes, *LambdaTuiApp.BINDINGS]
    ids = {binding.id for binding in bindings if isinstance(binding, Binding) and binding.id}

    assert set(BINDING_IDS) == ids


async def test_keys_can_be_remapped(open_app: OpenApp) -> None:
    async with open_app(settings=Settings(watch=False, keys={"invoke": "f5"})) as driver:
        await driver.press("i")
        assert not driver.app.engine.pools["Greet"].invocations
        await driver.press("f5")
        assert driver.app.engine.pools["Greet"].invocations


async def test_every_action_is_in_the_palette(open_app: OpenApp) -> None:
    async with open_app() as driver:
        offered = {entry.title for entry in driver.app.get_system_commands(driver.screen)}
        for binding in BINDINGS:
            if binding.id not in ("colon", "back"):
                assert binding.tooltip in offered
        await driver.press("ctrl+p", *"invoke it with")
        await driver.until_seen("Invoke it with the event that is shown")
        await driver.until(lambda: all(one.is_finished for one in driver.app.workers), "its search")
        await driver.press("enter")
        await driver.until(lambda: driver.app.engine.pools["Greet"].invocations)


async def test_the_mouse_chooses_functions_and_presses_keys(open_app: OpenApp) -> None:
    async with open_app() as driver:
        await driver.pilot.click("#functions", offset=(5, 2))
        await driver.until(lambda: driver.screen.function == "Fail")
        await driver.pilot.click("#keys", offset=(3, 0))
        await driver.until(lambda: driver.app.engine.pools["Fail"].invocations)


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_is_wider_or_higher_than_the_screen(
    open_app: OpenApp, size: tuple[int, int]
) -> None:
    async with open_app(size=size) as driver:
        await driver.invoke()
        lines = driver.text().split("\n")
        assert len(lines) == size[1]
        for pane in driver.screen.panes.children:
            if pane.display:
                assert driver.screen.region.contains_region(pane.region), pane.id
                is_line = pane.id == "functions" and driver.screen.panes.is_narrow
                assert pane.region.height >= (1 if is_line else 5), pane.id


async def test_a_theme_that_does_not_exist_is_named(open_app: OpenApp) -> None:
    async with open_app(settings=Settings(watch=False, theme="plaid")) as driver:
        await driver.until(lambda: any("'plaid'" in notice for notice in driver.notices))


@pytest.mark.parametrize("theme", ["ansi-dark", "ansi-light", "textual-light"])
async def test_states_are_words_in_every_theme(open_app: OpenApp, theme: str) -> None:
    async with open_app(settings=Settings(watch=False, theme=theme)) as driver:
        await driver.invoke()
        assert "❅ frozen" in driver.text()
        assert "✓" in driver.summary


def test_the_help_has_room_for_every_action() -> None:
    too_long = [one.tooltip for one in BINDINGS if len(one.tooltip) > 39]

    assert too_long == []
