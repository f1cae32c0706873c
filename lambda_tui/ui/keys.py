"""Keys take effect in the order in which they are typed, and are painted without delay."""

from __future__ import annotations

import asyncio
import gc
import time
from contextlib import suppress

from textual import events
from textual.widget import Widget
from textual.widgets import Input, TextArea

from lambda_tui.terminal_text import one_line
from lambda_tui.ui.textual_private import (
    FrameApp,
    SteadyScreen,
    needs_paint,
    paint_now,
    run_binding,
    wait_until_mounted,
)

HASTE = 0.1
"""Seconds after a key in which changes are painted without waiting for Textual's next frame."""
_GATHERING = 0.002
"""Seconds for which the changes of a key are gathered, so that one paint shows all of them."""
_PATIENCE = 0.5
"""Seconds for which the next key waits for an editor."""
_MOUNTING = 5.0
"""Seconds for which a key waits for a screen to be mounted, which a loaded machine takes long for.

A key that does not wait is lost: the list that it should move in has no focus yet.
"""


class PromptScreen(SteadyScreen[None]):
    """A screen that paints the effect of a key at once.

    Textual paints with its next frame, which on a busy screen begins up to 33 ms later.
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._hasty_until = 0.0
        self._is_gathering = False

    def hasten(self) -> None:
        """Paint at once whatever changes within the next ``HASTE`` seconds."""
        self._hasty_until = time.monotonic() + HASTE

    def on_idle(self) -> None:
        """Schedule a paint of what has changed, if a key was pressed just before."""
        is_hasty = self.is_current and time.monotonic() < self._hasty_until
        if is_hasty and not self._is_gathering and needs_paint(self):
            self._is_gathering = True
            loop = asyncio.get_running_loop()
            loop.call_later(_GATHERING, self.call_later, self._paint_gathered)

    def _paint_gathered(self) -> None:
        self._is_gathering = False
        paint_now(self)


class KeyboardApp(FrameApp):
    """An application that runs the action of a key before it looks at the next key.

    Textual sends a key up through the queues of the focused widget and of all that contain it, and
    looks for its binding at the end. A key that is typed right behind it would overtake it there,
    and go to the place that the first key leaves, or past the dialog that it opens.
    """

    async def on_event(self, event: events.Event) -> None:
        """Run the action of a key that is bound; leave everything else to Textual."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            for screen in self.screen_stack:
                if isinstance(screen, PromptScreen):
                    screen.hasten()
            if not self.is_headless:
                _postpone_garbage_collection(HASTE)
            # A key that is typed before that has no list yet whose cursor it could move.
            with suppress(TimeoutError):
                async with asyncio.timeout(_MOUNTING):
                    await wait_until_mounted(self.screen)
            if await self._run_action_of(event):
                return
        if isinstance(event, events.Paste) and isinstance(self.focused, Input):
            # It would paint escape sequences as they are.
            event.text = one_line(event.text)
        await super().on_event(event)

    async def _run_action_of(self, event: events.Key) -> bool:
        """Return whether the key was bound to an action; a letter for an editor is not."""
        focused = self.focused
        if not isinstance(focused, Input | TextArea):
            return await run_binding(self, event.key)
        bound = self.screen.active_bindings.get(event.key)
        if bound is None or focused.check_consume_key(event.key, event.character):
            return False
        return await self._run_action_in_turn(focused, event.key, priority=bound.binding.priority)

    async def _run_action_in_turn(self, editor: Widget, key: str, *, priority: bool) -> bool:
        """Run the action behind the letters in the editor's queue; return whether it was queued."""
        done = asyncio.Event()

        async def run() -> None:
            try:
                await run_binding(self, key, priority=priority)
            finally:
                done.set()

        if not editor.call_later(run):
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await done.wait()
        return True


# Each line that Textual renders leaves reference cycles, which only a garbage collection frees. A
# collection through all objects takes 20 to 50 ms on a busy screen, and it is most often due while
# a key makes new lines.


def exclude_from_garbage_collection() -> None:
    """Exclude the objects that exist now from all later collections."""
    gc.freeze()


def _postpone_garbage_collection(seconds: float) -> None:
    """Let no collection begin for so long, by which time a key is painted."""
    gc.disable()
    asyncio.get_running_loop().call_later(seconds, gc.enable)
