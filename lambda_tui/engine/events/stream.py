"""The event stream: every listener receives every event, in order, as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lambda_tui.engine.events.records import Event, Record

Listener = Callable[[Event], None]


class EventStream:
    """Passes each event to each listener synchronously, in the order of their registration."""

    def __init__(self) -> None:
        self._listeners: tuple[tuple[Listener, tuple[type[Record], ...]], ...] = ()

    def listen(self, listener: Listener, *kinds: type[Record]) -> Callable[[], None]:
        """Register a listener, which must not block or raise; return a function that removes it.

        With ``kinds`` it receives only events with records of these types.
        """
        entry = (listener, kinds)
        self._listeners = (*self._listeners, entry)

        def stop() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not entry)

        return stop

    def emit(self, event: Event) -> None:
        """Pass an event to every listener that wants it.

        One that raises is a defect of its own: whoever emits goes on, and so do the others.
        """
        for listener, kinds in self._listeners:
            if not kinds or isinstance(event.record, kinds):
                try:
                    listener(event)
                except Exception as error:
                    context = {"message": "A listener to events failed.", "exception": error}
                    asyncio.get_running_loop().call_exception_handler(context)
