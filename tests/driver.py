"""The real application on the real engine, driven by keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from textual.pilot import Pilot

from lambda_tui.ui.app import LambdaTuiApp
from lambda_tui.ui.screens.main import MainScreen

PATIENCE = 15.0
"""Seconds until a wait is given up."""


class Driver:
    """The application, its pilot, and waits that end."""

    def __init__(self, app: LambdaTuiApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> MainScreen:
        screen = self.app.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def notices(self) -> list[str]:
        return [notice.message for notice in self.app._notifications]

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()
        # A screen that has just come is laid out in a moment of its own.
        await self.until(self.text, "a painted screen")

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Waits until something holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"never: {what}\n{self.text()}"
            await asyncio.sleep(0.01)
        await self.pilot.pause()

    async def invoke(self, function: str = "Greet") -> None:
        """Presses ``i`` and waits until the answer is on the screen and the rest is quiet."""
        pool = self.app.engine.pools[function]
        before = len(pool.invocations)
        await self.press("i")
        await self.until(lambda: len(pool.invocations) > before, "invocation")
        await self.until(lambda: pool.invocations[-1].is_over, "answer")
        await self.until(lambda: f"#{pool.invocations[-1].number} " in self.title("response"))
        await self.until(lambda: all(e.invocation is None for e in pool.environments))

    def title(self, pane: str) -> str:
        return str(self.screen.query_one(f"#{pane}").border_title or "")

    def subtitle(self, pane: str) -> str:
        return str(self.screen.query_one(f"#{pane}").border_subtitle or "")

    def text(self) -> str:
        """What stands on the screen."""
        lines = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in lines)


OpenApp = Callable[..., AbstractAsyncContextManager[Driver]]
