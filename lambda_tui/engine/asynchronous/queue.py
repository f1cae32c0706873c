"""Asynchronous invocations (``Event``): the queue, further tries, destinations and dead letters."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from lambda_tui import limits
from lambda_tui.engine.asynchronous.destinations import (
    as_sent,
    compact,
    dead_letter_attributes,
    destination_record,
)
from lambda_tui.engine.events import (
    AsyncDelivered,
    AsyncRetried,
    Condition,
    Notice,
    RetryReason,
)
from lambda_tui.engine.invocation import Caller, Invocation, with_trace_root
from lambda_tui.engine.pool import Pool
from lambda_tui.project.function import LATEST, AsyncConfig
from lambda_tui.project.settings import Settings

QUEUE_LIMIT = 10_000
"""Events of all functions that wait or run at a time."""
_FIRST_BACKOFF, _LONGEST_BACKOFF = 1.0, 300.0


@dataclass(slots=True)
class QueuedEvent:
    """An accepted event: delivered at least once, under one request id for every attempt."""

    pool: Pool
    payload: bytes
    qualifier: str | None = None
    tenant_id: str | None = None
    trace_header: str = ""
    """Names the trace of every attempt."""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    accepted: float = field(default_factory=time.monotonic)
    chain: tuple[str, ...] = ()
    """Functions that it has come through as the record of a destination, the first one first."""
    attempts: int = 0
    """Attempts that reached the function; throttled ones do not count."""

    @property
    def caller(self) -> Caller:
        """Whoever asks for the next attempt."""
        name = f"destination of {self.chain[-1]}" if self.chain else "asynchronous"
        return Caller(name, self.attempts + 1, self.config.maximum_retry_attempts + 1)

    @property
    def config(self) -> AsyncConfig:
        """The configuration that holds for what it was sent to."""
        return self.pool.function.async_config(self.qualifier)

    def is_too_old(self, in_seconds: float) -> bool:
        """Return whether it will exceed the maximum age by then."""
        return time.monotonic() - self.accepted + in_seconds > self.config.maximum_event_age


class AsyncInvocations:
    """Accepts events for the project's functions and delivers each to its destination."""

    def __init__(self, settings: Settings, pools: Mapping[str, Pool]) -> None:
        """``pools`` are those of the project at any time, by the name of their function."""
        self._settings = settings
        self._pools = pools
        self._deliveries: set[asyncio.Task[None]] = set()

    def configure(self, settings: Settings) -> None:
        """Go by other settings from now on."""
        self._settings = settings

    @property
    def waiting(self) -> int:
        """Number of events that are not delivered yet."""
        return len(self._deliveries)

    def accept(
        self,
        pool: Pool,
        payload: bytes | bytearray,
        *,
        qualifier: str | None = None,
        tenant_id: str | None = None,
        trace_header: str | None = None,
        chain: tuple[str, ...] = (),
    ) -> str | None:
        """Accept an event and return its request id; return None if the queue is full."""
        if len(self._deliveries) >= QUEUE_LIMIT:
            return None
        trace_header = with_trace_root(trace_header)
        queued = QueuedEvent(pool, bytes(payload), qualifier, tenant_id, trace_header, chain=chain)
        delivery = asyncio.create_task(self._deliver(queued))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)
        return queued.request_id

    async def close(self) -> None:
        """Drop every event that still waits."""
        for delivery in self._deliveries:
            delivery.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    async def _deliver(self, queued: QueuedEvent) -> None:
        backoff = _FIRST_BACKOFF
        invocation: Invocation | None = None
        # AWS drops what waits for a function that is deleted.
        while self._pools.get(queued.pool.function.name) is queued.pool:
            if queued.pool.function.reserved_concurrency == 0:
                return self._finish(queued, "ZeroReservedConcurrency", None)
            attempt = queued.pool.invoke(
                queued.payload,
                queued.caller,
                request_id=queued.request_id,
                qualifier=queued.qualifier,
                tenant_id=queued.tenant_id,
                trace_header=queued.trace_header,
            )
            await attempt.wait()
            if attempt.status == "throttled":
                reason: RetryReason = "throttled"
                delay, backoff = backoff, min(backoff * 2, _LONGEST_BACKOFF)
            else:
                invocation, reason = attempt, "error"
                queued.attempts += 1
                if attempt.status == "success":
                    return self._finish(queued, "Success", attempt)
                if queued.attempts > queued.config.maximum_retry_attempts:
                    return self._finish(queued, "RetriesExhausted", attempt)
                delay = self._settings.retry_delays[queued.attempts - 1]
            if queued.is_too_old(delay):
                return self._finish(queued, "EventAgeExceeded", invocation)
            await self._wait(queued, reason, delay)
        sentence = f"the event {queued.request_id} is dropped, as its function is no more"
        queued.pool.tell(Notice("warning", sentence))

    async def _wait(self, queued: QueuedEvent, reason: RetryReason, seconds: float) -> None:
        queued.pool.tell(AsyncRetried(queued.request_id, reason, seconds, queued.attempts))
        await asyncio.sleep(seconds)

    def _finish(
        self, queued: QueuedEvent, condition: Condition, invocation: Invocation | None
    ) -> None:
        """Send the record to its destination: a function of the project, or the event stream."""
        function, config = queued.pool.function, queued.config
        target = config.on_success if condition == "Success" else config.on_failure
        arn = f"{function.arn}:{queued.qualifier or LATEST}"
        record = destination_record(
            arn, queued.request_id, queued.payload, condition, queued.attempts, invocation
        )
        is_dead = condition != "Success" and config.dead_letter is not None
        if target is not None or not is_dead:
            # A record without a destination tells of an event that would be lost in silence.
            self._tell(queued, condition, target, as_sent(record, function, target))
        pool, qualifier = self._function_at(target)
        if pool is not None:
            self._pass_on(queued, pool, qualifier, compact(record))
        if is_dead:
            event = queued.payload.decode("utf-8", errors="replace")
            attributes = dead_letter_attributes(queued.request_id, invocation)
            self._tell(queued, condition, config.dead_letter, event, attributes)

    def _pass_on(self, queued: QueuedEvent, pool: Pool, qualifier: str | None, record: str) -> None:
        """Send the record to a function of the project, unless that is an endless loop."""
        chain = (*queued.chain, queued.pool.function.name)
        name = pool.function.name
        problem = None
        refusal = pool.refusal(qualifier, None)
        if refusal is not None:
            problem = f"{name} does not get the record of {queued.request_id}: {refusal.message}"
        elif chain.count(name) >= limits.DESTINATION_CHAIN:
            times = f"{limits.DESTINATION_CHAIN} times"
            problem = f"{name} was its own destination {times}: the loop was broken."
        elif self.accept(pool, record.encode(), qualifier=qualifier, chain=chain) is None:
            problem = f"The queue is full: {name} does not get the record of {queued.request_id}."
        if problem is not None:
            queued.pool.tell(Notice("warning", problem))

    def _tell(
        self,
        queued: QueuedEvent,
        condition: Condition,
        target: str | None,
        payload: str,
        attributes: dict[str, str] | None = None,
    ) -> None:
        record = AsyncDelivered(queued.request_id, condition, target, payload, attributes)
        queued.pool.tell(record)

    def _function_at(self, target: str | None) -> tuple[Pool | None, str | None]:
        """Return the project's function with this ARN, and the qualifier in it."""
        for pool in self._pools.values():
            if target is not None and target.startswith(pool.function.arn):
                separator, qualifier = target[len(pool.function.arn) :][:1], None
                if separator == ":":
                    qualifier = target[len(pool.function.arn) + 1 :]
                if separator in ("", ":"):
                    return pool, qualifier
        return None, None
