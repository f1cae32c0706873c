"""Makes the pictures of the README anew: the application at work on the example project.

Run it from a checkout: ``python screenshots/make.py``. Each picture is an SVG beside this file.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot

from lambda_tui.engine.lifecycle import State
from lambda_tui.project.demo import copy_demo
from lambda_tui.project.settings import Settings
from lambda_tui.ui import LambdaTuiApp, make_app

FOLDER = Path(__file__).resolve().parent
PATIENCE = 20.0
"""Seconds until a picture is given up."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: the size of the terminal, the chosen function, and the keys to press."""

    name: str
    size: tuple[int, int]
    function: str
    keys: tuple[str, ...]
    """``WAIT`` among them waits until every invocation is over and every environment is still."""


WAIT = "WAIT"
INVOKE = ("i", WAIT)
PICTURES = (
    Picture("main-120x40", (120, 40), "DatabaseConnection", INVOKE * 3),
    Picture("main-80x24", (80, 24), "DatabaseConnection", INVOKE * 3),
    Picture("burst-160x50", (160, 50), "BackgroundThread", (*INVOKE, "b", "enter", WAIT, *INVOKE)),
    Picture("crash-120x40", (120, 40), "Crash", INVOKE * 2),
    Picture("timeout-120x40", (120, 40), "TimesOut", INVOKE * 2),
    Picture("failing-import-120x40", (120, 40), "FailsAtImport", INVOKE),
    Picture("tmp-160x50", (160, 50), "CacheInTmp", (*INVOKE * 2, "t", "j", "enter")),
    Picture("extension-120x40", (120, 40), "Observed", INVOKE * 2),
    Picture("help-120x40", (120, 40), "DatabaseConnection", ("question_mark",)),
)


async def take(picture: Picture, project: Path) -> None:
    """Open the application, press the keys and write the picture."""
    app = make_app(project, Settings(watch=False))
    async with app.run_test(size=picture.size, notifications=True) as pilot:
        await pilot.pause()
        await _until(lambda: all(pool.sandbox for pool in app.engine.pools.values()))
        await _choose(app, pilot, picture.function)
        for key in picture.keys:
            if key == WAIT:
                await _until(lambda: _is_still(app))
            else:
                await pilot.press(key)
            await pilot.pause()
        # The screen looks at the engine some fifteen times a second.
        await asyncio.sleep(1.2)
        await pilot.pause()
        svg = app.export_screenshot(title=f"lambda-tui · {picture.function}")
    (FOLDER / f"{picture.name}.svg").write_text(svg, encoding="utf-8")


async def _choose(app: LambdaTuiApp, pilot: Pilot[None], function: str) -> None:
    await pilot.press("1")
    for _ in range(list(app.engine.pools).index(function)):
        await pilot.press("down")
    await pilot.pause()


def _is_still(app: LambdaTuiApp) -> bool:
    pools = app.engine.pools.values()
    environments = [environment for pool in pools for environment in pool.environments]
    return all(invocation.is_over for pool in pools for invocation in pool.invocations) and all(
        environment.state in (State.FROZEN, State.RESET) for environment in environments
    )


async def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the application did not come to rest")
        await asyncio.sleep(0.02)


async def main() -> None:
    """Make every picture."""
    with tempfile.TemporaryDirectory() as folder:
        project = copy_demo(Path(folder) / "demo")
        for picture in PICTURES:
            await take(picture, project)


if __name__ == "__main__":
    asyncio.run(main())
