"""Subscriptions to one environment's events, for extensions inside it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from lambda_tui.engine.events import Event, Record

_REPLAYED = 10_000
"""Events of an Init phase that are kept for those that subscribe in its course."""


class Subscriber(Protocol):
    """Receives every event of an environment: by the Telemetry API or the Logs API."""

    def on_event(self, event: Event) -> None:
        """Receive an event; must not block or raise."""

    def close(self) -> None:
        """Expect no more events: the processes of the environment are gone."""


class Subscriptions:
    """Passes an environment's events on, beginning with those since its Init phase began."""

    def __init__(self, emit: Callable[[Record], None]) -> None:
        self.emit = emit
        """Puts a record of the environment on the stream."""
        self.wants_events = True
        """Whether ``on_event`` has anything to do."""
        self._past: deque[Event] | None = deque(maxlen=_REPLAYED)
        self._subscribers: list[Subscriber] = []

    @property
    def is_open(self) -> bool:
        """Whether an extension may still subscribe, which ends with Init."""
        return self._past is not None

    @property
    def subscribers(self) -> tuple[Subscriber, ...]:
        """Everyone who receives the events."""
        return tuple(self._subscribers)

    def on_event(self, event: Event) -> None:
        """Pass on an event of this environment."""
        if self._past is not None:
            self._past.append(event)
        for subscriber in self._subscribers:
            subscriber.on_event(event)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Pass on what has happened since the Init phase began, and all that happens from now."""
        for event in self._past or ():
            subscriber.on_event(event)
        self._subscribers.append(subscriber)
        self._note_change()

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Pass it nothing more."""
        self._subscribers.remove(subscriber)
        self._note_change()

    def close_registration(self) -> None:
        """Accept no more subscribers: Init is over, so past events need not be kept."""
        self._past = None
        self._note_change()

    def close(self) -> None:
        """Dismiss every subscriber: the processes of the environment are gone."""
        subscribers, self._subscribers = self._subscribers, []
        self._note_change()
        for subscriber in subscribers:
            subscriber.close()

    def _note_change(self) -> None:
        self.wants_events = self._past is not None or bool(self._subscribers)
