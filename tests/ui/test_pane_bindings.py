"""Every action that a single pane has keys for, in one application for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lambda_tui.project.settings import Settings
from lambda_tui.ui.bindings import PANE_BINDINGS
from lambda_tui.ui.lives import LivesView, SegmentChooser
from support import worlds
from support.app_driver import Driver, OpenApp
from support.scripted_driver import OpenWorld

Observed = Callable[[Driver], object]
"""Returns what a key changes."""


def invocation(driver: Driver) -> object:
    """Return the selected invocation, and where the focus is."""
    return driver.screen.selection.invocation, driver.screen.panes.focused_pane


def log_line(driver: Driver) -> object:
    """Return the place of the cursor in the log, or that it follows."""
    view = driver.screen.panes.log_pane.view
    return view.follow, view.has_cursor, view.cursor_row, len(view.rows)


def log_column(driver: Driver) -> object:
    """Return how far the log is scrolled to the right."""
    return driver.screen.panes.log_pane.view.scroll_offset.x


def clock(driver: Driver) -> object:
    """Return the scale of the clock in view, and its end where it does not follow."""
    view = driver.app.screen.query_one("#lives, #environments", LivesView)
    return view.scale, view.is_following, None if view.is_following else view.axis.end


def segment(driver: Driver) -> object:
    """Return the segment under the cursor."""
    return driver.app.screen.query_one(SegmentChooser).segment


def response(driver: Driver) -> object:
    """Return the rows of the response, the one under the cursor, and the focus."""
    rows = driver.screen.panes.response.rows
    focused = driver.app.focused
    return len(rows.items), rows.highlighted_key, driver.text(), focused and focused.id


def notices(driver: Driver) -> object:
    """Return how many sentences there are."""
    return len(driver.notices)


def init(driver: Driver) -> object:
    """Return the rows of Init, and the one under the cursor."""
    return len(driver.screen.panes.init.items), driver.screen.panes.init.highlighted_key


def tmp(driver: Driver) -> object:
    """Return the rows of ``/tmp``, and the screen on top."""
    return len(driver.screen.panes.tmp.rows.items), driver.app.screen


CLOCK = ("2", "z")
"""Opens the clock over the screen."""
PROOFS: dict[tuple[str, str], tuple[Sequence[str], Observed]] = {
    ("a list", "up"): (("3", "G"), invocation),
    ("a list", "down"): (("3", "g"), invocation),
    ("a list", "page_up"): (("3", "G"), invocation),
    ("a list", "page_down"): (("3", "g"), invocation),
    ("a list", "first"): (("3", "G"), invocation),
    ("a list", "last"): (("3", "g"), invocation),
    ("a list", "choose"): (("3", "g", "j"), invocation),
    ("the log", "up"): (("4", "a", "G"), log_line),
    ("the log", "down"): (("4", "g"), log_line),
    ("the log", "page_up"): (("4", "G"), log_line),
    ("the log", "page_down"): (("4", "g"), log_line),
    ("the log", "first"): (("4", "G"), log_line),
    ("the log", "last"): (("4", "g"), log_line),
    ("the log", "log_open"): (("4", "g", "j"), log_line),
    ("the log", "log_right"): (("4",), log_column),
    ("the log", "log_left"): (("4", "l", "l"), log_column),
    ("the environments", "time_zoom_in"): (("2", "minus"), clock),
    ("the environments", "time_zoom_out"): (("2", "plus"), clock),
    ("the environments", "time_earlier"): (("2", *["plus"] * 9, "0"), clock),
    ("the environments", "time_later"): (("2", "0", "h", "h"), clock),
    ("the environments", "time_now"): (("2", "h"), clock),
    ("the clock over the screen", "time_zoom_in"): ((*CLOCK, "minus"), clock),
    ("the clock over the screen", "time_zoom_out"): ((*CLOCK, "plus"), clock),
    ("the clock over the screen", "time_earlier"): ((*CLOCK, *["plus"] * 9, "0"), clock),
    ("the clock over the screen", "time_later"): ((*CLOCK, "0", "[", "["), clock),
    ("the clock over the screen", "time_now"): ((*CLOCK, "["), clock),
    ("the clock over the screen", "segment_before"): (CLOCK, segment),
    ("the clock over the screen", "segment_after"): ((*CLOCK, "h", "h"), segment),
    ("the response", "response_view"): (("3", "g", "j", "j", "j", "6"), response),
    ("the response's tree", "fold"): (("asterisk", "g"), response),
    ("the response's tree", "unfold"): (("g",), response),
    ("the response", "response_find"): (("g",), response),
    ("the response", "response_next"): (("/", "o", "enter", "g"), response),
    ("the response", "response_previous"): (("n",), response),
    ("the response", "open_frame"): (("6",), notices),
    ("Init", "fold"): (("8", "g"), init),
    ("Init", "unfold"): (("8", "g"), init),
    ("Init", "largest"): (("8", "g"), init),
    ("the tree of /tmp", "fold"): (("7", "g"), tmp),
    ("the tree of /tmp", "unfold"): (("7", "g"), tmp),
    ("/tmp", "tmp_save"): (("7", "G"), tmp),
    ("/tmp", "tmp_delete"): (("7", "G"), tmp),
    # An error, as JSON.
    ("the response", "fold_all"): (("1", "/", *"Consumer", "enter", "6"), response),
    ("the response", "open_all"): ((), response),
}
"""For each binding the keys that are pressed before its own, and what that changes."""
ELSEWHERE = {("the event", "invoke_from_editor")}
"""Proved with processes, in test_typing_ahead.py."""


async def test_the_keys_of_a_pane_change_something(open_world: OpenWorld) -> None:
    keys = {(where, one.id): one.key for where, group in PANE_BINDINGS.items() for one in group}
    idle = []
    async with open_world(worlds.shop, worlds.busy, (100, 40)) as driver:
        for name, (before, observed) in PROOFS.items():
            # Its other keys are the same binding's.
            key = keys[name].split(",")[0]
            await driver.press(*before)
            then = observed(driver)
            await driver.press(key)
            if observed(driver) == then:
                idle.append((name, str(then)[:60]))
            while driver.app.screen is not driver.screen:
                await driver.press("escape")
    assert idle == [], "\n".join(map(str, idle))


def test_every_binding_of_a_pane_has_a_proof() -> None:
    known = {(where, one.id) for where, group in PANE_BINDINGS.items() for one in group}

    assert known == PROOFS.keys() | ELSEWHERE


async def test_a_key_of_a_pane_is_changed_for_each_pane_that_has_it(open_app: OpenApp) -> None:
    keys = {"down": "f6", "tmp_save": "i"}
    async with open_app(settings=Settings(watch=False, keys=keys)) as driver:
        await driver.press("j", "f6")
        assert driver.screen.function == "Fail"
        await driver.press("f6", "k")
        assert driver.screen.function == "Fail"
        assert not [*driver.app.engine.project.problems]
        await driver.press("7", "i")
        assert not driver.app.engine.pools["Fail"].invocations
        await driver.press("1", "i")
        assert driver.app.engine.pools["Fail"].invocations
