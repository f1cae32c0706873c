"""Scripted worlds, and the application on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from support.app_driver import Driver
from support.scripted_world import ScriptedClock, ScriptedWorld, stop_engines

OpenWorld = Callable[..., AbstractAsyncContextManager[Driver]]


@pytest.fixture
def open_world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OpenWorld:
    """A function that opens the application on a scripted world, once its script has happened."""
    stop_engines(monkeypatch)
    runs = iter(range(100))

    @asynccontextmanager
    async def open_it(
        make: Callable[[ScriptedClock], ScriptedWorld],
        script: Callable[[ScriptedWorld, Path], None],
        size: tuple[int, int],
    ) -> AsyncIterator[Driver]:
        folder = tmp_path / str(next(runs))
        (folder / "state" / "lambda-tui").mkdir(parents=True)
        monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
        world = make(ScriptedClock(monkeypatch))
        async with world.app.run_test(size=size, notifications=True) as pilot:
            driver = Driver(world.app, pilot)
            await driver.until(lambda: driver.screen._past is not None, "the history")
            script(world, folder)
            await driver.until_painted()
            driver.screen.announcements.toasts.__init__()
            driver.screen._show_toasts()
            await driver.settle()
            yield driver

    return open_it
