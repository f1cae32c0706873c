"""Keys take effect in the order in which they are typed, however fast that is."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from textual import events
from textual.widget import Widget
from textual.widgets import Input, TextArea

from lambda_tui.ui.textual_private import CrashSentenceApp, run_binding

_PATIENCE = 0.5
"""Seconds for which the next key waits until an editor has done what this one is bound to."""


class KeysInOrder(CrashSentenceApp):
    """Does what a key is bound to before the next key is looked at.

    Textual sends a key up through the queues of the focused widget and all that it is in, and looks
    for its binding at the end. What is typed right behind it overtakes it there: into the place
    that the key was to leave, or past the dialog that it was to open.
    """

    async def on_event(self, event: events.Event) -> None:
        """Takes a key that is bound; leaves all else to Textual."""
        if isinstance(event, events.Key) and not event.is_forwarded and await self._do(event):
            return
        await super().on_event(event)

    async def _do(self, event: events.Key) -> bool:
        """Whether the key was bound to something; a letter for an editor is not."""
        focused = self.focused
        if not isinstance(focused, Input | TextArea):
            return await run_binding(self, event.key)
        bound = self.screen.active_bindings.get(event.key)
        if bound is None or focused.check_consume_key(event.key, event.character):
            return False
        return await self._do_in_turn(focused, event.key, priority=bound.binding.priority)

    async def _do_in_turn(self, editor: Widget, key: str, *, priority: bool) -> bool:
        """Does it behind the letters that still wait in the editor's queue; whether it was done."""
        done = asyncio.Event()

        async def do() -> None:
            try:
                await run_binding(self, key, priority=priority)
            finally:
                done.set()

        if not editor.call_later(do):
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await done.wait()
        return True
