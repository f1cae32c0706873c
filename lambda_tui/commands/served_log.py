"""What ``lambda-tui serve`` writes to standard error: functions' logs, and its own sentences."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from lambda_tui.commands.output_stream import ERRORS, OutputStream
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import Event, Notice, log_text

_GATHERING = 0.02
"""Seconds in which lines come together for one write."""
_FAREWELL_SECONDS = 1.0


class ServedLog:
    """Keeps the order of what is written; never holds the loop up, whoever reads it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._stream = OutputStream(lambda: None)
        self._waiting: list[str | Event] = []
        """To be written; what events read is found when it is."""
        self._timer: asyncio.TimerHandle | None = None
        engine.events.listen(self._note)

    def say(self, sentence: str) -> None:
        """Writes a sentence of lambda-tui's own, soon."""
        self.write(f"lambda-tui: {sentence}\n")

    def write(self, text: str) -> None:
        """Writes a text, soon."""
        self._waiting.append(text)
        if self._timer is None:
            self._hand_over_soon()

    async def close(self) -> None:
        """Writes what is left, as far as somebody reads it."""
        self._hand_over()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stream.flush(), _FAREWELL_SECONDS)

    def _hand_over_soon(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_GATHERING, self._hand_over)

    def _hand_over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        texts = [one if isinstance(one, str) else self._text(one) for one in waiting]
        if any(texts):
            self._stream.put("".join(texts), ERRORS)

    def _note(self, event: Event) -> None:
        if isinstance(event.record, Notice):
            self.say(event.record.message)
        else:
            self._waiting.append(event)
            if self._timer is None:
                self._hand_over_soon()

    def _text(self, event: Event) -> str:
        """The event's lines, each behind the function's name; empty for what has none."""
        pool = self._engine.pools.get(event.function)
        text = log_text(event, pool.function.logging) if pool is not None else None
        if text is None:
            return ""
        begin = f"{event.function}  "
        return begin + text.replace("\r", "\n").replace("\n", f"\n{begin}") + "\n"
