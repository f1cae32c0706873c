"""The invocations of this session, as the list shows them and the history keeps them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from lambda_tui.engine import events
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.pool import Pool
from lambda_tui.history import InvocationRecord
from lambda_tui.history.answers import answer_word, failing
from lambda_tui.history.pricing import price
from lambda_tui.ui.model.tmp import TMP, TmpChange

KEPT = 2_000
"""Invocations of one function that are listed; the history has the older ones."""

OnOver = Callable[[InvocationRecord, Invocation], None]
OnFollowUp = Callable[[InvocationRecord, Mapping[str, bytes]], None]


class Invocations:
    """Makes a record of each invocation that the engine accepts, and keeps it up to date.

    A record is written anew when somebody looks and when the invocation is over, not with every
    event: while thousands run in a second, nobody sees each step.
    """

    def __init__(
        self, pools: Mapping[str, Pool], on_over: OnOver, on_follow_up: OnFollowUp
    ) -> None:
        """``on_over`` is called with each record that is complete; it must not block or raise.

        ``on_follow_up`` is called with one of which more has become known since then, and with the
        extras of the history that tell it.
        """
        # To the microsecond: two may begin in one second.
        self.session = datetime.now().astimezone().isoformat()
        self.version = 0
        """Grows with every change to a record."""
        self.total = self.cold = self.failed = 0
        """Counts of all functions in this session."""
        self._queued_events: dict[str, str] = {}
        """Names of events by request id."""
        self._pools = pools
        self._on_over = on_over
        self._on_follow_up = on_follow_up
        self._records: dict[str, deque[InvocationRecord]] = {}
        self._earlier: dict[str, list[InvocationRecord]] = {}
        """Records of earlier sessions, oldest first."""
        self._running: dict[tuple[str, int], tuple[InvocationRecord, Invocation]] = {}
        """By function and number: those that still change."""
        self._last_attempts: dict[str, InvocationRecord] = {}
        """By request id: the last attempts of asynchronous invocations that are not over."""

    def of(self, function: str) -> Sequence[InvocationRecord]:
        """Return the records of a function as they are now, oldest first."""
        for record, invocation in self._running.values():
            if record.function == function:
                self.version += _update(record, invocation)
        own, earlier = self._records.get(function, ()), self._earlier.get(function)
        return [*earlier, *own] if earlier else own

    def add_earlier(self, function: str, records: list[InvocationRecord]) -> None:
        """List records of earlier sessions too, oldest first."""
        self._earlier[function] = records
        self.version += 1

    def last(self, function: str) -> InvocationRecord | None:
        """Return the newest record of a function in this session."""
        records = self._records.get(function)
        if not records:
            return None
        running = self._running.get((function, records[-1].number))
        if running is not None:
            self.version += _update(*running)
        return records[-1]

    def live(self, record: InvocationRecord) -> Invocation | None:
        """Return the invocation itself; None when the engine no longer remembers it."""
        running = self._running.get((record.function, record.number))
        if running is not None:
            return running[1]
        pool = self._pools.get(record.function)
        if pool is None or record.session != self.session or not len(pool.invocations):
            return None
        # They are numbered in their order.
        index = record.number - pool.invocations[0].number
        is_there = 0 <= index < len(pool.invocations)
        return pool.invocations[index] if is_there else None

    def note_tmp(self, change: TmpChange) -> None:
        """Note what invocations have changed in ``/tmp``; each of several has the sum of all."""
        wanted, later = set(change.invocations), {TMP: change.to_json()}
        for record in reversed(self._records.get(change.function, ())):
            if record.number < change.invocations[0]:
                break
            if record.number in wanted:
                record.tmp_added = change.added_count
                record.tmp_changed = change.changed_count
                record.tmp_removed = change.removed_count
                self.version += 1
                self._on_follow_up(record, later)

    def name_event(self, invocation: Invocation, name: str) -> None:
        """Note which event an invocation was sent; the engine knows the bytes alone."""
        running = self._running.get((invocation.function, invocation.number))
        if running is not None:
            running[0].event_name = name
            self.version += 1

    def name_queued_event(self, request_id: str, name: str) -> None:
        """Note which event every attempt of an asynchronous invocation is sent."""
        self._queued_events[request_id] = name
        if len(self._queued_events) > KEPT:
            del self._queued_events[next(iter(self._queued_events))]
        attempt = self._last_attempts.get(request_id)
        if attempt is not None:
            attempt.event_name = name
            self.version += 1

    def on_event(self, event: events.Event) -> None:
        """Take notice of an event of the engine."""
        match event.record:
            case events.InvocationAccepted(number=number):
                self._begin(event.function, number)
            case events.AsyncRetried(request_id=request_id, delay_seconds=delay):
                at = time.strftime("%H:%M:%S", time.localtime(event.time + delay))
                self._follow_up(request_id, f"next attempt at {at}", is_last=False)
            case events.AsyncDelivered(request_id=request_id, target=target) as delivered:
                what = "dead letter" if delivered.is_dead_letter else delivered.condition
                where = f"to {target}" if target else "to nobody: it has no destination"
                self._follow_up(request_id, f"{what} {where}", is_last=True)

    def _begin(self, function: str, number: int) -> None:
        pool = self._pools.get(function)
        if pool is None:
            return
        # The event is emitted in the moment in which the pool has added it.
        invocation = pool.invocations[-1]
        caller = invocation.caller
        record = InvocationRecord(
            session=self.session,
            function=function,
            number=number,
            request_id=invocation.request_id,
            started=invocation.started,
            caller=caller.name,
            attempt=caller.attempt,
            attempts=caller.attempts,
            event_name=self._queued_events.get(invocation.request_id, ""),
            event_bytes=len(invocation.payload),
            qualifier=invocation.qualifier,
            version=invocation.version,
            tenant_id=invocation.tenant_id,
            memory_size_mb=pool.function.memory_size,
        )
        self._records.setdefault(function, deque(maxlen=KEPT)).append(record)
        self._running[function, number] = record, invocation
        if caller.attempt:
            self._last_attempts[record.request_id] = record
        self.total += 1
        self.version += 1
        invocation.when_over(self._end)

    def _end(self, invocation: Invocation) -> None:
        record, _ = self._running.pop((invocation.function, invocation.number))
        _update(record, invocation)
        self.version += 1
        self.cold += record.is_cold
        self.failed += record.has_failed
        record.cost = self._cost(record)
        self._on_over(record, invocation)

    def _cost(self, record: InvocationRecord) -> float | None:
        """Return what AWS would bill; None for what it would not."""
        pool = self._pools.get(record.function)
        if pool is None or record.billed_ms is None:
            return None
        serving = (each for each in pool.environments if each.number == record.environment)
        kinds = {each.initialization_type for each in serving}
        return price(
            record.billed_ms,
            record.memory_size_mb,
            architecture=pool.function.architecture,
            storage_mb=pool.function.ephemeral_storage,
            is_provisioned="provisioned-concurrency" in kinds,
            is_restored=record.restore_ms is not None,
        )

    def _follow_up(self, request_id: str, text: str, *, is_last: bool) -> None:
        record = self._last_attempts.get(request_id)
        if record is None:
            return
        self.version += 1
        record.follow_up = f"{record.follow_up} · {text}" if record.follow_up else text
        if record.is_over:
            self._on_follow_up(record, {})
        if is_last:
            # A dead letter and a record of it may both be told of.
            self._last_attempts.pop(request_id, None)


def _update(record: InvocationRecord, invocation: Invocation) -> bool:
    """Write what is known of an invocation into its record; return whether that was new."""
    response = invocation.response
    known = record.status, record.environment, record.response_bytes is not None
    now = invocation.status, invocation.environment, response is not None
    if known == now and invocation.report is None:
        # Nothing else becomes known before the report.
        return False
    record.status = invocation.status
    record.environment = invocation.environment
    record.environment_id = invocation.environment_id or ""
    record.is_cold = invocation.cold_start
    record.cold_because = invocation.cold_because
    record.duration_ms = invocation.duration_ms
    record.billed_ms = invocation.billed_duration_ms
    record.init_ms = invocation.init_duration_ms
    record.restore_ms = invocation.restore_duration_ms
    record.max_memory_mb = invocation.max_memory_used_mb
    if response is None or record.response_bytes is not None:
        return True
    record.response_bytes = len(response)
    record.answer = answer_word(record.status, response)
    if record.has_failed:
        error = failing(response)
        record.error_type, record.error_message = error.type, error.message
        record.error_place = error.place
    return True
