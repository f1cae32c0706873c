"""Makes the pictures of the documents anew: the application at work on a shop.

Run it from a checkout: ``python -m screenshots.make``. Each picture is an SVG beside this file.
With the names of pictures as arguments it makes those alone.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
from textual.pilot import Pilot

from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.settings import Settings
from lambda_tui.ui import LambdaTuiApp, make_app
from lambda_tui.ui.model.hints import HINTS
from lambda_tui.ui.remembered import KnownHints, hints_file
from screenshots.svg import Frame, Styles, Terminal, draw, read_rows

FOLDER = Path(__file__).resolve().parent
PATIENCE = 60.0
"""Seconds until a picture is given up."""
FRAME = 0.2
"""Seconds between two frames of the moving picture."""
LOOK = 1.2
"""Seconds after which the screen shows whatever it has to show: its clock ticks once a second."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: the size of the terminal, the chosen function, and the keys to press."""

    name: str
    size: tuple[int, int]
    function: str
    keys: tuple[str, ...]
    """``WAIT`` among them waits until every invocation is over and every environment is still, and
    ``DIALOG`` until there is a dialog. Other words that are no keys are typed.
    """


WAIT, DIALOG = "WAIT", "DIALOG"
INVOKE = ("i", WAIT)
BURST = ("b", DIALOG, "backspace", "backspace", "4", "enter", WAIT)
WITHOUT_CUSTOMER = ("E", DIALOG, "without", "enter", WAIT)
"""Takes the event of an order that has no customer."""
AT_WORK = (*INVOKE * 2, *BURST, *WITHOUT_CUSTOMER, *INVOKE)
"""Makes some history: a cold start, a burst, a failure."""
PICTURES = (
    Picture("main-80x24", (80, 24), "ApiFunction", (*AT_WORK, "3")),
    Picture("main-120x40", (120, 40), "ApiFunction", (*AT_WORK, "4", "3")),
    Picture("main-200x60", (200, 60), "ApiFunction", (*AT_WORK, "6", "4", "3")),
    Picture("burst-160x50", (160, 50), "ApiFunction", (*INVOKE, "b", "enter", WAIT, "4", "2")),
    Picture("lives-120x32", (120, 32), "ApiFunction", (*AT_WORK, "2", "z", DIALOG)),
    Picture("cold-120x40", (120, 40), "ApiFunction", (*AT_WORK, "3", "/", "cold", "enter")),
    Picture("failure-120x40", (120, 40), "OrdersConsumer", (*INVOKE, "6")),
    Picture("node-120x40", (120, 40), "NodeNotifier", (*INVOKE, "6")),
    Picture("failing-import-120x40", (120, 40), "BrokenImport", (*INVOKE, "4", "3")),
    Picture("timeout-120x40", (120, 40), "SlowPayments", (*INVOKE * 2, "4", "3")),
    Picture("tmp-120x40", (120, 40), "ImageResizer", (*INVOKE * 4, "7")),
    Picture("event-120x40", (120, 40), "OrdersConsumer", (*INVOKE, "3", "enter", "5")),
    Picture("init-120x40", (120, 40), "ApiFunction", (*INVOKE, "8", "m")),
    Picture("details-120x40", (120, 40), "ApiFunction", (*AT_WORK, "3", "enter", "9")),
    Picture("compare-160x50", (160, 50), "ApiFunction", (*AT_WORK, "3", "=", "j", "=", DIALOG)),
    Picture("plot-120x40", (120, 40), "NightlyReport", (*BURST, *BURST, *INVOKE * 6, "P", DIALOG)),
    Picture("help-120x40", (120, 40), "ApiFunction", ("3", "?", DIALOG)),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """One scene of the moving picture: keys to press or a file to save, and what to call it."""

    caption: str
    keys: tuple[str, ...] = ()
    save: tuple[str, str] | None = None
    """A text in the function's file, and what takes its place there."""
    seconds: float = 2.5
    """Seconds for which the outcome is shown."""


MOVING = "life-cycle"
"""The name of the moving picture."""
MOVING_SIZE = (106, 32)
MOVING_FUNCTION = "ApiFunction"
MOVING_FILE = "api/app.py"
SCENES = (
    Scene("", seconds=1.5),
    Scene("i · a cold start", ("i",)),
    Scene("i · a warm invocation", ("i",)),
    Scene("E · an order without a customer", (*WITHOUT_CUSTOMER[:-2],), seconds=1.5),
    Scene("i · it fails", ("enter", WAIT, "i"), seconds=2.0),
    Scene("6 · the error, its stack, the line in the code", ("6",), seconds=4.0),
    Scene("E · the usual event again", ("E", DIALOG, "file", "enter", WAIT), seconds=1.0),
    Scene("b · four at once", BURST[:-1]),
    Scene("2 z · their lives on one clock", ("2", "z", DIALOG), seconds=3.0),
    Scene("save app.py · a reload", ("escape", "4", "3"), ('"served"', '"found"')),
    Scene("i · cold because app.py changed", ("i",), seconds=4.0),
)


async def take(picture: Picture, project: Path) -> None:
    """Open the application, press the keys and write the picture."""
    async with _application(project, picture.size, picture.function) as (app, pilot):
        await _press(app, pilot, picture.keys)
        await _until(lambda: _is_sampled(app))
        await asyncio.sleep(LOOK)
        await pilot.pause()
        styles = Styles()
        terminal = _terminal(app)
        rows = read_rows(app.export_screenshot(), styles, picture.size[1], terminal.background)
    _write(picture.name, draw(terminal, [Frame(rows)], styles))


async def take_moving(project: Path) -> None:
    """Open the application, act the scenes and write the moving picture."""
    async with _application(project, MOVING_SIZE, MOVING_FUNCTION, watch=True) as (app, pilot):
        film = _Film(app)
        for scene in SCENES:
            await _press(app, pilot, scene.keys)
            if scene.save is not None:
                old = app.engine.pools[MOVING_FUNCTION].environments[0]
                _save(project / MOVING_FILE, *scene.save)
                # The change is seen a moment later, and the environment replaced.
                await _until(partial(_is_replaced, app, old))
            await film.record(scene)
        terminal, seconds = _terminal(app), film.seconds
    _write(MOVING, draw(terminal, film.frames, film.styles, seconds))


async def _press(app: LambdaTuiApp, pilot: Pilot[None], keys: tuple[str, ...]) -> None:
    for key in keys:
        match key:
            case "WAIT":
                await _until(lambda: len(app.screen_stack) == 1 and _is_still(app))
            case "DIALOG":
                await _until(lambda: len(app.screen_stack) > 1)
            case _:
                await pilot.press(*([key] if key in _KEYS or len(key) == 1 else key))
        await pilot.pause()


_KEYS = frozenset({"enter", "escape", "backspace"})


class _Film:
    """The frames of the application while it runs, in real time."""

    def __init__(self, app: LambdaTuiApp) -> None:
        self.styles = Styles()
        self.frames: list[Frame] = []
        self._app = app
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began

    async def record(self, scene: Scene) -> None:
        """Add a frame whenever the screen has changed, until the scene is over."""
        end, began = None, self.seconds
        while end is None or self.seconds < end:
            # First, so that a quick answer does not have to wait until the frame is drawn.
            await asyncio.sleep(FRAME)
            self._add_frame(scene.caption)
            if end is None and _is_still(self._app):
                end = self.seconds + scene.seconds
            elif self.seconds > began + PATIENCE:
                raise TimeoutError("the application did not come to rest")

    def _add_frame(self, caption: str) -> None:
        background = _terminal(self._app).background
        screenshot = self._app.export_screenshot()
        rows = read_rows(screenshot, self.styles, MOVING_SIZE[1], background)
        last = self.frames[-1] if self.frames else None
        if last is None or (last.rows, last.caption) != (rows, caption):
            self.frames.append(Frame(rows, caption, self.seconds if last else 0.0))


@asynccontextmanager
async def _application(
    project: Path, size: tuple[int, int], function: str, *, watch: bool = False
) -> AsyncIterator[tuple[LambdaTuiApp, Pilot[None]]]:
    """Run the application on the project, with a function chosen."""
    with tempfile.TemporaryDirectory() as state:
        # Pictures are of a screen that remembers nothing, of a user who needs no hints.
        os.environ["XDG_STATE_HOME"] = state
        hints_file().parent.mkdir(parents=True)
        hints_file().write_bytes(msgspec.json.encode(KnownHints(ids=[*HINTS])))
        app = make_app(project, Settings(watch=watch, history=False))
        async with app.run_test(size=size, notifications=True) as pilot:
            await pilot.pause()
            await _until(lambda: all(pool.sandbox for pool in app.engine.pools.values()))
            await pilot.press("1")
            for _ in range(list(app.engine.pools).index(function)):
                await pilot.press("down")
            await _until(lambda: app.engine.pools[function].runtime_version)
            yield app, pilot


def _terminal(app: LambdaTuiApp) -> Terminal:
    return Terminal("lambda-tui", app.size.width, app.theme_variables["background"])


def _save(file: Path, before: str, after: str) -> None:
    file.write_text(file.read_text().replace(before, after))


def _is_replaced(app: LambdaTuiApp, old: ExecutionEnvironment) -> bool:
    environments = app.engine.pools[MOVING_FUNCTION].environments
    return bool(environments) and old not in environments


def _is_still(app: LambdaTuiApp) -> bool:
    pools = app.engine.pools.values()
    environments = [environment for pool in pools for environment in pool.environments]
    return all(invocation.is_over for pool in pools for invocation in pool.invocations) and all(
        environment.state in (State.FROZEN, State.RESET) for environment in environments
    )


def _is_sampled(app: LambdaTuiApp) -> bool:
    """Return whether the memory and storage of every environment have been looked at."""
    pools = app.engine.pools.values()
    return all(one.usage.taken > one.state_since for pool in pools for one in pool.environments)


async def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the application did not come to rest")
        await asyncio.sleep(0.02)


def _write(name: str, svg: str) -> None:
    (FOLDER / f"{name}.svg").write_text(svg, encoding="utf-8")


async def main(names: list[str]) -> None:
    """Make every picture, or those of these names."""
    with tempfile.TemporaryDirectory() as folder:
        project = shutil.copytree(FOLDER / "shop", Path(folder) / "shop")
        for picture in PICTURES:
            if not names or picture.name in names:
                await take(picture, project)
        # Last, as it changes the project.
        if not names or MOVING in names:
            await take_moving(project)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
