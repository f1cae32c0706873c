"""The screen as it was last looked at, in every state, size and theme.

``UPDATE_SNAPSHOTS=1 pytest tests/ui/snapshots`` writes the files anew. Their difference is what a
change does to the screen, and is to be read like one of the code.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from textual.geometry import Region

from lambda_tui.ui.textual_private import rendered_lines
from lambda_tui.ui.themes import DARK, LIGHT
from support import worlds
from support.app_driver import Driver
from support.scripted_driver import OpenWorld
from support.scripted_world import ScriptedClock, ScriptedWorld
from support.snapshots import Snapshots, cropped, styles

SIZES = ((80, 24), (120, 40), (200, 60))
LOOKED_AT = (120, 40)
"""The size at which every theme is looked at."""
THEMES = (LIGHT.name, "ansi-dark", DARK.name)
EXPECTED = Path(__file__).parent / "expected"


class Step(NamedTuple):
    """Keys, and what is looked at after them."""

    name: str
    keys: str = ""
    """Keys, parted by spaces."""
    part: str = ""
    """The selector of what is looked at; the whole screen by default."""
    shows: str = ""
    """A text that is waited for, where something is read or searched first."""


class Scene(NamedTuple):
    """A world, and the steps through it."""

    make: Callable[[ScriptedClock], ScriptedWorld]
    script: Callable[[ScriptedWorld, Path], None]
    steps: tuple[Step, ...]


_TABS = (
    Step("log", "4", "#log"),
    Step("event", "5", "#event"),
    Step("response", "escape 6", "#response"),
    Step("tmp", "7", "#tmp"),
    Step("init", "8", "#init"),
    Step("details", "9", "#details"),
)
_PANES = (
    Step("functions", "1", "#functions"),
    Step("environments", "2", "#environments"),
    Step("invocations", "3", "#invocations"),
)

SCENES = {
    "no function": Scene(
        worlds.nothing,
        worlds.quiet,
        (
            Step("whole"),
            Step("problems", "p", ".dialog"),
            Step("help", "escape ?", ".dialog"),
        ),
    ),
    "empty": Scene(worlds.shop, worlds.quiet, (Step("whole"), *_PANES, *_TABS)),
    "busy": Scene(
        worlds.shop,
        worlds.busy,
        (
            Step("whole"),
            *_PANES,
            Step("an invocation is chosen", "3 j j j", "", "#4 ✓ 200"),
            Step("log", "4", "#log"),
            Step("JSON of a line is open", "g j j enter", "#log"),
            Step("log is wrapped", "w", "#log"),
            Step("log of the function", "a", "#log"),
            Step("log is searched", "/ o r d e r s enter", "#log"),
            Step("only matches", "m", "#log"),
            Step("event", "escape 5", "#event"),
            Step("response", "escape 6", "#response"),
            Step("response as JSON", "V", "#response"),
            Step("tmp", "7", "#tmp", "visit"),
            Step("init", "8", "#init"),
            Step("details", "9", "#details"),
        ),
    ),
    "zoomed": Scene(
        worlds.shop,
        worlds.busy,
        (
            Step("log", "4 z"),
            Step("invocations", "z 3 z"),
            Step("functions", "z 1 z"),
            Step("lives", "z 2 z"),
            Step("a segment of a life", "left left left"),
        ),
    ),
    "failing": Scene(
        worlds.shop_with_problems,
        worlds.failing,
        (
            Step("whole"),
            *_PANES,
            Step("a timeout's response", "6", "#response"),
            Step("an error's response", "3 j 6", "#response", "KeyError"),
            Step("an error's log", "4", "#log"),
            Step("a failed import", "1 j j j j"),
            Step("its init", "8", "#init"),
            Step("its response", "6", "#response"),
            Step("problems", "p", ".dialog"),
        ),
    ),
    "overflowing": Scene(
        worlds.warehouse,
        worlds.overflowing,
        (
            Step("whole"),
            *_PANES,
            Step("log", "4", "#log"),
            Step("log from its beginning", "g", "#log"),
            Step("event that was sent", "3 j 5", "#event"),
            Step("response", "escape 6", "#response", "key0"),
            Step("init", "8", "#init"),
            Step("functions are filtered", "1 / i n v e n t o r y"),
            Step("nothing passes the filter", "/ z z z", "#functions"),
        ),
    ),
    "dialogs": Scene(
        worlds.shop,
        worlds.busy,
        (
            Step("help", "?", ".dialog"),
            Step("burst", "escape b", ".dialog"),
            Step("version", "escape v", ".dialog"),
            Step("choose an event", "escape E", ".dialog", "apigateway"),
            Step("save the event", "escape ctrl+s", ".dialog"),
            Step("how to invoke", "escape ctrl+g", ".dialog"),
            Step("plot", "escape P", ".dialog"),
            Step("leave", "escape q", ".dialog"),
            Step("comparison", "escape 3 j j j = j =", ".dialog", "#3"),
            Step("delete a file", "escape 7 d", ".dialog"),
            Step("copy a file", "escape s", ".dialog"),
        ),
    ),
}


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("scene", SCENES)
async def test_the_screen_is_as_it_was_looked_at(
    open_world: OpenWorld, scene: str, size: tuple[int, int]
) -> None:
    name = scene.replace(" ", "-")
    texts = Snapshots(EXPECTED / f"{name}-{size[0]}x{size[1]}.txt")
    looks, themes = Snapshots(EXPECTED / f"{name}-themes.txt"), [*THEMES]
    async for step, driver in walk(open_world, SCENES[scene], size):
        lines = cropped(rendered_lines(driver.app.screen), region(driver, step))
        texts.take(step.name, "\n".join(line.text for line in lines))
        if size == LOOKED_AT:
            # Each step begins in the theme that the one before has ended in: a change costs much.
            themes.sort(key=lambda theme: theme != driver.app.theme)
            looked = {theme: await look(driver, step, theme) for theme in themes}
            for theme in THEMES:
                looks.take(f"{step.name}, {theme}", looked[theme])

    texts.compare()
    if size == LOOKED_AT:
        looks.compare()


@pytest.mark.parametrize("scene", SCENES)
async def test_every_text_has_its_looks_without_colours(
    open_world: OpenWorld, scene: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    snapshots = Snapshots(EXPECTED / f"{scene.replace(' ', '-')}-no-color.txt")
    async for step, driver in walk(open_world, SCENES[scene], LOOKED_AT):
        lines = cropped(rendered_lines(driver.app.screen), region(driver, step))
        snapshots.take(step.name, styles(lines))

    snapshots.compare()


async def look(driver: Driver, step: Step, theme: str) -> str:
    """Return the styles of what is looked at, in a theme."""
    driver.app.theme = theme
    await driver.settle()
    return styles(cropped(rendered_lines(driver.app.screen), region(driver, step)))


async def walk(
    open_world: OpenWorld, scene: Scene, size: tuple[int, int]
) -> AsyncIterator[tuple[Step, Driver]]:
    """Yield each step with the driver when the screen shows what comes of it."""
    async with open_world(scene.make, scene.script, size) as driver:
        for step in scene.steps:
            if step.keys:
                await driver.press(*(key.replace("_", "space") for key in step.keys.split()))
            if step.shows:
                await driver.until_seen(step.shows)
            await driver.until_painted()
            await driver.until(lambda: not is_working(driver), step.name)
            yield step, driver


def is_working(driver: Driver) -> bool:
    """Return whether a file or the history is being read for the screen."""
    workers = list(driver.app.workers)
    # ``/tmp`` is read again and again while something runs.
    return any(not one.is_finished and one.group != "tmp" for one in workers)


def region(driver: Driver, step: Step) -> Region:
    """Return the part of the screen that a step is about."""
    screen = driver.app.screen
    return screen.query_one(step.part).region if step.part else screen.region
