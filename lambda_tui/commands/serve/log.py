"""Writes the event stream as the log of ``lambda-tui serve``: lines of text, or JSON objects."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal, NamedTuple

from lambda_tui.commands.output import (
    STANDARD_ERROR,
    STANDARD_OUTPUT,
    Descriptor,
    OutputStream,
)
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import (
    SEVERITIES,
    ApiServed,
    Event,
    FunctionLog,
    Notice,
    Severity,
    StateChange,
    as_json,
    log_text,
    sentence,
    severity,
)
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import LoggingConfig
from lambda_tui.terminal_text import one_line

LogFormat = Literal["text", "json"]

_GATHER_SECONDS = 0.02
"""How long lines of the log are collected for one write."""
_FLUSH_SECONDS = 1.0
"""How long the end waits for somebody to read the rest of the log."""
_HELD = 10_000
"""Events for which a user who types has the screen alone; more are written all the same."""
_TEXT = LoggingConfig()


class _Noted(NamedTuple):
    """An event, with what may be forgotten by the time that it is written."""

    event: Event
    environment: int | None
    """The number of its environment within the function."""
    logging: LoggingConfig


class ServeLog:
    """Writes every event that matters enough, in order, and never blocks the loop.

    JSON goes to standard output. Lines that come close together are put into one write.
    """

    def __init__(
        self,
        engine: Engine,
        log_format: LogFormat,
        least: Severity,
        on_broken: Callable[[], None],
        text_to: Descriptor = STANDARD_ERROR,
    ) -> None:
        """``on_broken`` is called when standard output, if it is used, cannot be written.

        ``text_to`` is where lines of text go.
        """
        self._engine = engine
        self._is_json = log_format == "json"
        self._descriptor: Descriptor = STANDARD_OUTPUT if self._is_json else text_to
        self._least = SEVERITIES.index(least)
        self._output = OutputStream(on_broken)
        self._waiting: list[_Noted] = []
        """To be written; the text of an event is made when it is."""
        self._numbers: dict[str, int] = {}
        """The numbers of environments by their ids."""
        self._timer: asyncio.TimerHandle | None = None
        self._is_held = False
        engine.events.listen(self._note)

    @property
    def failure(self) -> OSError | None:
        """Why standard output cannot be written any more."""
        return self._output.failure

    def say(self, message: str, notice: Literal["information", "warning"] = "information") -> None:
        """Put a sentence of lambda-tui's own on the event stream, and so into the log."""
        self._engine.events.emit(Event(record=Notice(notice, message), function=""))

    def write(self, text: str, descriptor: Descriptor = STANDARD_OUTPUT) -> None:
        """Write a text that is no event, behind the events so far; it is nowhere else recorded."""
        if not self._is_held:
            self._put()
        self._output.put(text, descriptor)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold events back for a while, so that they do not get between what a user types."""
        self._put()
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
            self._put()

    async def close(self) -> None:
        """Write what is left, as far as somebody reads it."""
        self._put()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._output.flush(), _FLUSH_SECONDS)

    def _note(self, event: Event) -> None:
        pool = self._engine.pools.get(event.function)
        record = event.record
        if isinstance(record, StateChange) and record.state is State.CREATING and pool is not None:
            numbers = {one.id: one.number for one in pool.environments}
            if event.environment in numbers:
                self._numbers[event.environment] = numbers[event.environment]
        number = self._numbers.get(event.environment)
        if isinstance(record, StateChange) and record.state is State.ENDED:
            self._numbers.pop(event.environment, None)
        self._waiting.append(_Noted(event, number, pool.function.logging if pool else _TEXT))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._put)

    def _put(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._is_held and len(self._waiting) < _HELD:
            return
        waiting, self._waiting = self._waiting, []
        lines = "".join(map(self._lines, waiting))
        if lines:
            self._output.put(lines, self._descriptor)

    def _lines(self, noted: _Noted) -> str:
        """Return the line or lines of an event; empty if it is left out."""
        level = severity(noted.event.record)
        if SEVERITIES.index(level) < self._least:
            return ""
        text = log_text(noted.event, noted.logging)
        if text is None and isinstance(noted.event.record, FunctionLog):
            # The function's own log level leaves it out.
            return ""
        own = sentence(noted.event.record) if text is None else None
        if self._is_json:
            return _json_line(noted, level, text or own)
        if own is not None and noted.event.function:
            own = f"── {own}"
        return _text_lines(noted, text or one_line(own or ""))


def _json_line(noted: _Noted, level: Severity, text: str | None) -> str:
    fields = as_json(noted.event)
    fields |= {"environmentNumber": noted.environment, "level": level, "message": text}
    return json.dumps(fields, ensure_ascii=False) + "\n"


def _text_lines(noted: _Noted, text: str) -> str:
    if not text:
        return ""
    """Return lines that each begin with the time, the function and its environment."""
    event = noted.event
    moment = time.strftime("%H:%M:%S", time.localtime(event.time))
    number = "" if noted.environment is None else f" #{noted.environment}"
    whose = f"{event.function}{number}  " if event.function else "lambda-tui: "
    begin = f"{moment}.{int(event.time * 1000) % 1000:03d}  {whose}"
    lines = begin + text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", f"\n{begin}")
    if isinstance(event.record, ApiServed):
        # Without anything before it, so that it can be pasted.
        lines += f"\n\n  {event.record.client_variables}\n  {event.record.example}\n"
    return lines + "\n"
