"""Asynchronous invocations as a caller sees them who waits for their end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from lambda_tui.engine import events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import AsyncDelivered
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.pool import Pool


@dataclass(slots=True)
class SeenThrough:
    """An asynchronous invocation that is over, and everything that was delivered for it."""

    function: str
    last_attempt: Invocation | None
    """None when the function was never reached."""
    delivered: list[AsyncDelivered] = field(default_factory=list)
    """To its destination, then to its dead-letter queue."""


class Deliveries:
    """Tells of every asynchronous invocation that is over: those sent, and those that follow."""

    def __init__(self, engine: Engine, on_over: Callable[[SeenThrough], None]) -> None:
        self._engine = engine
        self._on_over = on_over
        self._loop = asyncio.get_running_loop()
        self._over: dict[str, SeenThrough] = {}
        self._senders: dict[str, asyncio.Future[None]] = {}
        self._settled = asyncio.Event()
        engine.events.listen(self._note)

    async def send(self, pool: Pool, payload: bytes) -> None:
        """Sends an event and waits until it is over."""
        request_id = self._engine.asynchronous.accept(pool, payload)
        if request_id is not None:
            self._senders[request_id] = self._loop.create_future()
            await self._senders[request_id]

    def give_up(self) -> None:
        """Lets every sender go on, whatever becomes of its event."""
        for sender in self._senders.values():
            if not sender.done():
                sender.set_result(None)

    async def settle(self) -> None:
        """Waits until what was delivered to functions is over as well."""
        self._settled.clear()
        if self._engine.asynchronous.waiting:
            await self._settled.wait()

    def _note(self, event: events.Event) -> None:
        record = event.record
        if not isinstance(record, AsyncDelivered):
            return
        if record.request_id not in self._over:
            last = self._last_attempt(event.function, record.request_id)
            self._over[record.request_id] = SeenThrough(event.function, last)
            # What else is delivered for it follows at once.
            self._loop.call_soon(self._tell, record.request_id)
        self._over[record.request_id].delivered.append(record)

    def _tell(self, request_id: str) -> None:
        self._on_over(self._over.pop(request_id))
        sender = self._senders.pop(request_id, None)
        if sender is not None and not sender.done():
            sender.set_result(None)
        # By then the engine counts it no more.
        self._loop.call_soon(self._note_settled)

    def _note_settled(self) -> None:
        if self._engine.asynchronous.waiting == 0:
            self._settled.set()

    def _last_attempt(self, function: str, request_id: str) -> Invocation | None:
        """Looked for among the recent ones, so that it may be None for one that took long."""
        recent = self._engine.pools[function].invocations
        attempts = (one for one in reversed(recent) if one.request_id == request_id)
        return next((one for one in attempts if one.status != "throttled"), None)
