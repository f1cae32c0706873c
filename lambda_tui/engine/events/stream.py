"""The one stream: whoever listens hears of everything that happens, when it happens."""

from __future__ import annotations

from collections.abc import Callable

from lambda_tui.engine.events.records import Event

Listener = Callable[[Event], None]


class EventStream:
    """Hands every event to every listener, in order, at once."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Adds a listener; the result takes it away again. A listener must not block or raise."""
        self._listeners = (*self._listeners, listener)

        def stop() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not listener)

        return stop

    def emit(self, event: Event) -> None:
        """Tells every listener."""
        for listener in self._listeners:
            listener(event)
