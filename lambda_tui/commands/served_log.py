"""What ``lambda-tui serve`` writes to standard error: functions' logs, and its own sentences."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from lambda_tui.commands.output_stream import ERRORS, OutputStream
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import Event, Notice
from lambda_tui.engine.log_text import log_text

_GATHERING = 0.02
"""Seconds in which lines come together for one write."""
_FAREWELL_SECONDS = 1.0


class ServedLog:
    """Keeps the order of what is written; never holds the loop up, whoever reads it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stream = OutputStream(lambda: None)
        self._texts: list[str] = []
        self._timer: asyncio.TimerHandle | None = None
        engine.events.listen(self._note)

    def say(self, sentence: str) -> None:
        """Writes a sentence of lambda-tui's own, soon."""
        self.write(f"lambda-tui: {sentence}\n")

    def write(self, text: str) -> None:
        """Writes a text, soon."""
        self._texts.append(text)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_GATHERING, self._hand_over)

    async def close(self) -> None:
        """Writes what is left, as far as somebody reads it."""
        self._hand_over()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stream.flush(), _FAREWELL_SECONDS)

    def _hand_over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._texts:
            self._stream.put("".join(self._texts), ERRORS)
            self._texts.clear()

    def _note(self, event: Event) -> None:
        if isinstance(event.record, Notice):
            self.say(event.record.message)
            return
        pool = self._engine.pools.get(event.function)
        text = log_text(event, pool.function.logging) if pool is not None else None
        if text is not None:
            for line in text.replace("\r", "\n").split("\n"):
                self.write(f"{event.function}  {line}\n")


def counted(count: int, noun: str) -> str:
    """``1 function``, ``2 functions``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
