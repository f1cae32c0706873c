"""The real application on the real engine, driven by keys."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from textual.events import Key
from textual.pilot import Pilot

from lambda_tui.engine.lifecycle import State
from lambda_tui.ui import LambdaTuiApp
from lambda_tui.ui.panes.grid import summary
from lambda_tui.ui.screens import MainScreen
from lambda_tui.ui.textual_private import (
    is_ending,
    is_laid_out,
    paint_now,
    rendered_lines,
    wait_for_messages,
)
from support import SECONDS


class Driver:
    """Presses keys in the application and waits, with a bound, for what comes of them."""

    def __init__(self, app: LambdaTuiApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> MainScreen:
        """The main screen, whatever lies on top of it."""
        screen = self.app.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    @property
    def notices(self) -> list[str]:
        """The lines of the toasts that are shown and that wait."""
        return self.screen.announcements.toasts.lines

    async def press(self, *keys: str) -> None:
        """Press keys and wait until the screen is at rest."""
        await self.pilot.press(*keys)
        await self.settle()
        # A screen that has just come is laid out in a moment of its own.
        if not self.text():
            await self.until(self.text, "a painted screen")

    async def leave(self, *keys: str) -> None:
        """Press keys of which the last ends the application."""
        await self.press(*keys[:-1])
        self.app.post_message(Key(keys[-1], keys[-1]))
        await self.until(lambda: is_ending(self.app), "the end")

    async def resize(self, width: int, height: int) -> None:
        """Give the terminal a size, and wait until the screen has it."""
        await self.pilot.resize_terminal(width, height)
        await self.until(lambda: self.app.screen.size == (width, height), f"{width}x{height}")

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Wait until a condition holds and the screen is at rest."""
        deadline = time.monotonic() + SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"never: {what}\n{self.text()}"
            await asyncio.sleep(0.01)
        await self.settle()

    async def until_seen(self, *texts: str) -> None:
        """Wait until the screen shows all of the texts."""
        await self.until(lambda: all(text in self.text() for text in texts), str(texts))

    async def settle(self) -> None:
        """Wait until no message is queued and the screen is laid out."""
        deadline = time.monotonic() + SECONDS
        # At rest twice in a row: handling one message may post another.
        in_a_row = 0
        while not is_ending(self.app) and in_a_row < 2:
            assert time.monotonic() < deadline, f"never at rest\n{self.text()}"
            await wait_for_messages(self.pilot)
            if not is_ending(self.app):
                paint_now(self.app.screen)
            in_a_row = in_a_row + 1 if self._is_at_rest() else 0

    def _is_at_rest(self) -> bool:
        if is_ending(self.app):
            return True
        screen = self.app.screen
        nodes = (self.app, *screen.walk_children(with_self=True))
        return is_laid_out(screen) and not any(node.message_queue_size for node in nodes)

    async def until_painted(self) -> None:
        """Wait until the screen shows every event that the engine has emitted."""
        await self.until(lambda: self.screen.feed._timer is None, "a paint of the latest")

    async def invoke(self, function: str = "Greet") -> None:
        """Press ``i`` and wait until the screen shows the outcome and the environment at rest."""
        pool = self.app.engine.pools[function]
        before = len(pool.invocations)
        await self.press("i")
        await self.until(lambda: len(pool.invocations) > before, "invocation")
        await self.until(lambda: pool.invocations[-1].is_over, "answer")
        await self.until(lambda: f"#{pool.invocations[-1].number} " in self.summary)
        await self.until(
            lambda: all(e.state in (State.FROZEN, State.RESET) for e in pool.environments), "a rest"
        )
        await self.until_painted()

    @property
    def summary(self) -> str:
        """The name of the selected invocation: ``#3 ✓ {2 keys} · warm · env 1``."""
        return summary(self.screen.record)

    def title(self, pane: str) -> str:
        """Return the title of a pane."""
        return str(self.screen.query_one(f"#{pane}").border_title or "")

    def subtitle(self, pane: str) -> str:
        """Return the subtitle of a pane."""
        return str(self.screen.query_one(f"#{pane}").border_subtitle or "")

    def text(self) -> str:
        """Return the text of the screen, line by line."""
        return "\n".join(strip.text for strip in rendered_lines(self.app.screen))


OpenApp = Callable[..., AbstractAsyncContextManager[Driver]]
"""Opens the application on a folder; see the fixture ``open_app``."""
