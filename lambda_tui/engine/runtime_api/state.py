"""The state that an environment shares with the HTTP server of its own processes."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from lambda_tui.engine.event_loop import released
from lambda_tui.engine.events import Event, Record
from lambda_tui.engine.runtime_api.extensions import Extension, Extensions
from lambda_tui.engine.runtime_api.runtime import RuntimeApi, RuntimeState
from lambda_tui.engine.wire import OwnNetwork, RuntimeFrame, Streams, connect_to_loopback
from lambda_tui.project.function import Function

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
        self.emit: Callable[[Record], None] = emit
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


class ApiState:
    """The Runtime, Extensions and Telemetry APIs of one environment, new after each reset."""

    def __init__(
        self,
        function: Function,
        emit: Callable[[Record], None],
        on_frame: Callable[[RuntimeFrame], None],
        on_change: Callable[[], None],
        on_failure: Callable[[Extension, str, str], None],
    ) -> None:
        """``on_frame`` receives the runtime's calls as frames.

        ``on_change`` is called when an extension has registered or waits for an event,
        ``on_failure`` with the fatal error type and a message when one reports an error.
        """
        self.function = function
        self.network: OwnNetwork | None = None
        """The environment's own network; None where it shares the machine's."""
        self._emit: Callable[[Record], None] = emit
        self._on_frame: Callable[[RuntimeFrame], None] = on_frame
        self._on_change: Callable[[], None] = on_change
        self._on_failure: Callable[[Extension, str, str], None] = on_failure
        self.renew((), RuntimeState.STARTED)

    def renew(self, external_extensions: Sequence[str], runtime: RuntimeState) -> None:
        """Begin anew for processes that are about to be started."""
        self._runtime_state = runtime
        self._runtime: RuntimeApi | None = None
        self.telemetry = Subscriptions(self._emit)
        self.has_extensions = False
        """Whether any extension is there, external or registered."""
        self._accepts_extensions = True
        self._extensions: Extensions | None = None
        if external_extensions:
            self._extensions = self._make_extensions(external_extensions)
            self.has_extensions = True

    @property
    def runtime(self) -> RuntimeApi:
        """The runtime; made when first asked for, as most have a channel instead."""
        if self._runtime is None:
            self._runtime = RuntimeApi(self._on_frame, self._runtime_state)
        return self._runtime

    def runtime_that_asked(self) -> RuntimeApi | None:
        """Return the runtime if it has asked here for its first event.

        Otherwise it has asked over its channel, and nobody can become the runtime here any more.
        """
        if self._runtime is not None and self._runtime.state is not RuntimeState.STARTED:
            return self._runtime
        self._runtime_state = RuntimeState.READY
        self._runtime = None
        return None

    @property
    def extensions(self) -> Extensions:
        """The extensions; made when first asked for, as most functions have none."""
        if self._extensions is None:
            self._extensions = self._make_extensions(())
        return self._extensions

    def close_registration(self) -> None:
        """Accept no more extensions: the runtime has asked for its first event."""
        self._accepts_extensions = False
        if self._extensions is not None:
            self._extensions.close_registration()

    def close(self) -> None:
        """Dismiss every waiting call and subscriber: the processes are gone."""
        if self._runtime is not None:
            self._runtime.close()
        self.telemetry.close()
        self._accepts_extensions = self.has_extensions = False
        if self._extensions is not None:
            self._extensions.close()
            # Nobody may find the extensions of processes that are gone.
            self._extensions = None

    def release(self) -> None:
        """Tell nobody anything more: the environment has ended."""
        self._runtime = None
        self._emit = self._on_frame = self._on_change = self._on_failure = released
        self.telemetry.emit = released

    async def connect_inside(self, port: int) -> Streams:
        """Connect to a port on the environment's loopback. Raise ``OSError``."""
        return await connect_to_loopback(self.network, port)

    def _make_extensions(self, external: Sequence[str]) -> Extensions:
        return Extensions(
            external, self._note_change, self._on_failure, is_open=self._accepts_extensions
        )

    def _note_change(self) -> None:
        self.has_extensions = True
        self._on_change()


@dataclass(frozen=True, slots=True)
class ApiServer:
    """The HTTP server of one environment's APIs."""

    address: str
    """``host:port``, for ``AWS_LAMBDA_RUNTIME_API``."""
    close: Callable[[], None]
    """Stop serving."""


OpenApi = Callable[[ApiState, socket.socket | None], ApiServer]
"""Start the HTTP server of an environment: on a free loopback port, or with a socket of the
environment's own network at AWS's address there. Raise ``OSError`` when it cannot listen."""
