"""Resizing loses nothing, whatever the user is about at that moment."""

from __future__ import annotations

import os
import random
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pytest
from textual.geometry import Size

from lambda_tui.ui.model import Tab
from lambda_tui.ui.textual_private import rendered_lines
from support import worlds
from support.app_driver import Driver
from support.scripted_driver import OpenWorld

SMALLEST, LARGEST = (40, 10), (250, 80)
RESIZES = int(os.environ.get("RESIZES", "2"))
"""New sizes at each moment."""


class Kept(NamedTuple):
    """The choices of the user, the typed texts, and the place in view."""

    function: str
    invocation: tuple[str, int] | None
    environment: int | None
    tab: Tab
    zoomed: str | None
    screen: type
    focused: str | None
    event: str
    selection: object
    search: str
    filter: str
    follows: bool
    log: str


def kept(driver: Driver) -> Kept:
    """Return what the user would miss."""
    screen, panes = driver.screen, driver.screen.panes
    focused = driver.app.screen.focused
    return Kept(
        screen.function,
        screen.selection.invocation,
        screen.selection.environment,
        screen.selection.tab,
        panes.zoomed,
        type(driver.app.screen),
        focused.id if focused is not None else None,
        panes.event.text,
        panes.event.selection,
        panes.log_pane.view.query_now.text,
        panes.functions.filter.value,
        panes.log_pane.view.follow,
        panes.log_pane.view.all_text,
    )


async def choose(driver: Driver) -> None:
    await driver.press("3", "j", "j", "j")


async def edit(driver: Driver) -> None:
    await driver.press("5", "ctrl+end", *"typed")


async def search(driver: Driver) -> None:
    await driver.press("4", "/", *"orders")


async def scroll_back(driver: Driver) -> None:
    await driver.press("4", "g")


async def filter_functions(driver: Driver) -> None:
    await driver.press("1", "/", *"api")


async def zoom(driver: Driver) -> None:
    await driver.press("6", "z")


async def ask(driver: Driver) -> None:
    await driver.press("b", "7")


async def look_at_lives(driver: Driver) -> None:
    await driver.press("2", "z", "left")


async def look_for_help(driver: Driver) -> None:
    await driver.press("9", "?")


MOMENTS: tuple[Callable[[Driver], Awaitable[None]], ...] = (
    choose, edit, search, scroll_back, filter_functions, zoom, ask, look_at_lives, look_for_help,
)  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
async def test_nothing_is_lost_by_resizing(
    open_world: OpenWorld, moment: Callable[[Driver], Awaitable[None]]
) -> None:
    sizes = random.Random(moment.__name__)
    async with open_world(worlds.shop, worlds.busy) as driver:
        await moment(driver)
        before = kept(driver)
        for _ in range(RESIZES):
            size = Size(*map(sizes.randint, SMALLEST, LARGEST))
            await resize(driver, size)
            assert kept(driver) == before, size
        await resize(driver, Size(120, 40))

        assert kept(driver) == before


async def test_nothing_is_lost_by_resizing_while_invocations_run(open_world: OpenWorld) -> None:
    sizes = random.Random("running")
    async with open_world(worlds.shop, worlds.quiet) as driver:
        await driver.press("j", "j")
        world = driver.world
        environment = world.invoke("NightlyReport")
        for number in range(2, 3 * RESIZES + 2):
            await driver.pilot.resize_terminal(*map(sizes.randint, SMALLEST, LARGEST))
            world.invoke("NightlyReport", environment)
            await driver.until_painted()
            assert f"#{number} " in driver.summary
        await resize(driver, Size(120, 40))

        assert driver.screen.function == "NightlyReport"
        assert len(driver.screen.panes.invocations.list.items) == number
        assert driver.screen.panes.log_pane.view.is_vertical_scroll_end
        assert f"#{number}" in driver.text()


async def resize(driver: Driver, size: Size) -> None:
    """Give the terminal a size, and wait until the screen fills it."""
    await driver.resize(*size)
    lines = rendered_lines(driver.app.screen)
    assert len(lines) == size.height
    assert {line.cell_length for line in lines} == {size.width}
