"""One environment's part of the event stream, for those who subscribe from inside it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from lambda_tui.engine.events import Event, Record

_REPLAYED = 10_000
"""Events of an Init phase that are kept for those who subscribe in its course."""


class Subscriber(Protocol):
    """Who hears of every event of an environment."""

    def on_event(self, event: Event) -> None:
        """One more; must not block or raise."""

    def close(self) -> None:
        """There will be no more: the processes of the environment are gone."""


class EnvironmentEvents:
    """Hands on an environment's events, those since its Init phase began first."""

    def __init__(self, emit: Callable[[Record], None]) -> None:
        self.emit = emit
        """Puts a record of the environment on the stream."""
        self._past: deque[Event] | None = deque(maxlen=_REPLAYED)
        self._subscribers: list[Subscriber] = []

    @property
    def is_open(self) -> bool:
        """Whether one may still subscribe: until Init is done."""
        return self._past is not None

    @property
    def subscribers(self) -> tuple[Subscriber, ...]:
        """Those who hear of each event."""
        return tuple(self._subscribers)

    def note(self, event: Event) -> None:
        """An event of this environment has happened."""
        if self._past is not None:
            self._past.append(event)
        for subscriber in self._subscribers:
            subscriber.on_event(event)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Tells it what has happened since the Init phase began, and all that happens from now."""
        for event in self._past or ():
            subscriber.on_event(event)
        self._subscribers.append(subscriber)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Tells it no more."""
        self._subscribers.remove(subscriber)

    def close_subscription(self) -> None:
        """Init is done: nobody can subscribe any more, so nothing is kept."""
        self._past = None

    def close(self) -> None:
        """The processes of the environment are gone."""
        subscribers, self._subscribers = self._subscribers, []
        for subscriber in subscribers:
            subscriber.close()
