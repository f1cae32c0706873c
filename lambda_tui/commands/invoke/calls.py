"""Makes the invocations of one command, some of them at a time, and reports each that is over."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from lambda_tui.commands.output import OutputStream
from lambda_tui.engine import events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import AsyncDelivered, AsyncRetried
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.pool import Pool

_SUCCESSES = frozenset({"success", "Success"})


@dataclass(frozen=True, slots=True)
class Plan:
    """An event, and how often, how many times at once and in what way it is to be sent."""

    payload: bytes
    count: int
    concurrency: int
    is_asynchronous: bool
    qualifier: str | None = None
    """The version or the alias to invoke; None for the function itself."""
    tenant_id: str | None = None
    client_context: str | None = None
    """JSON text for the function's context."""


@dataclass(slots=True)
class AsyncResult:
    """An asynchronous invocation that is over, and everything that was delivered for it."""

    function: str
    last_attempt: Invocation | None
    """The invocation; None when the function was never reached."""
    delivered: list[AsyncDelivered] = field(default_factory=list)
    """The record for its destination, then the event for its dead-letter queue."""


class ResultWriter(Protocol):
    """Writes each invocation that is over, in one of the output formats."""

    def write_invocation(self, invocation: Invocation) -> None:
        """Write a synchronous invocation."""

    def write_async_result(self, result: AsyncResult) -> None:
        """Write an asynchronous invocation."""


class Calls:
    """Carries out a plan. Its memory does not grow with the plan's count."""

    def __init__(
        self, engine: Engine, pool: Pool, plan: Plan, output: OutputStream, writer: ResultWriter
    ) -> None:
        self.tally: Counter[str] = Counter()
        """Invocations by how they ended: by status, or for asynchronous ones by condition."""
        self.problem: str | None = None
        """Why the function cannot run at all; nothing more is invoked then."""
        self._pool = pool
        self._plan = plan
        self._output = output
        self._writer = writer
        self._async_results = AsyncResults(engine, self._note_async_result)
        self._started = 0
        self._done = 0
        self._began = time.monotonic()
        engine.events.listen(self._note_retry)

    @property
    def has_failures(self) -> bool:
        """Whether any invocation so far has failed or was throttled."""
        return any(word not in _SUCCESSES for word in self.tally)

    async def run(self) -> None:
        """Invoke until the count is reached. Cancelling gives up what is under way."""
        async with asyncio.TaskGroup() as callers:
            for _ in range(min(self._plan.count, self._plan.concurrency)):
                callers.create_task(self._call())
        if self.problem is None:
            await self._async_results.settle()

    def summary(self, *, is_interrupted: bool) -> str:
        """Return one line on what was done, and what was given up."""
        words = ", ".join(f"{number:,} {word}" for word, number in self.tally.most_common())
        seconds = f"{time.monotonic() - self._began:.1f} s"
        name = self._pool.function.name
        done = f"{self._done:,} of {self._plan.count:,} invocations of {name}"
        line = f"{done} in {seconds}: {words or 'none ended'}"
        if not is_interrupted:
            return line
        return f"interrupted after {line}; {self._started - self._done:,} given up"

    async def _call(self) -> None:
        while self._started < self._plan.count and self.problem is None:
            self._started += 1
            if self._plan.is_asynchronous:
                await self._async_results.send(self._pool, self._plan)
            else:
                invocation = self._pool.invoke(
                    self._plan.payload,
                    client_context=self._plan.client_context,
                    qualifier=self._plan.qualifier,
                    tenant_id=self._plan.tenant_id,
                )
                await invocation.wait()
                self._note_over(invocation)
            self._done += 1
            await self._output.drain()
            # A throttled invocation is over at once: without this no other task would ever run.
            await asyncio.sleep(0)

    def _note_over(self, invocation: Invocation) -> None:
        self.problem = self._pool.problem
        if self.problem is None:
            self.tally[invocation.status] += 1
            self._writer.write_invocation(invocation)

    def _note_retry(self, event: events.Event) -> None:
        """Give up a function that cannot run at all: no later attempt will do better."""
        if isinstance(event.record, AsyncRetried) and self._pool.problem is not None:
            self.problem = self._pool.problem
            self._async_results.give_up()

    def _note_async_result(self, result: AsyncResult) -> None:
        self.problem = self._pool.problem
        if self.problem is None:
            self.tally[result.delivered[0].condition] += 1
            self._writer.write_async_result(result)


class AsyncResults:
    """Reports each asynchronous invocation that is over: those sent, and those that follow."""

    def __init__(self, engine: Engine, on_over: Callable[[AsyncResult], None]) -> None:
        self._engine = engine
        self._on_over = on_over
        self._loop = asyncio.get_running_loop()
        self._over: dict[str, AsyncResult] = {}
        """By request id, until everything for it has been delivered."""
        self._senders: dict[str, asyncio.Future[None]] = {}
        self._settled = asyncio.Event()
        engine.events.listen(self._note)

    async def send(self, pool: Pool, plan: Plan) -> None:
        """Send an event and wait until it is over."""
        request_id = self._engine.asynchronous.accept(
            pool, plan.payload, qualifier=plan.qualifier, tenant_id=plan.tenant_id
        )
        if request_id is not None:
            self._senders[request_id] = self._loop.create_future()
            await self._senders[request_id]

    def give_up(self) -> None:
        """End the waiting of every sender, whatever becomes of its event."""
        for sender in self._senders.values():
            if not sender.done():
                sender.set_result(None)

    async def settle(self) -> None:
        """Wait until the events that were delivered to functions are over as well."""
        self._settled.clear()
        if self._engine.asynchronous.waiting:
            await self._settled.wait()

    def _note(self, event: events.Event) -> None:
        record = event.record
        if not isinstance(record, AsyncDelivered):
            return
        if record.request_id not in self._over:
            last = self._last_attempt(event.function, record.request_id)
            self._over[record.request_id] = AsyncResult(event.function, last)
            # Not before the next iteration of the loop: the other deliveries follow in this one.
            self._loop.call_soon(self._report, record.request_id)
        self._over[record.request_id].delivered.append(record)

    def _report(self, request_id: str) -> None:
        self._on_over(self._over.pop(request_id))
        sender = self._senders.pop(request_id, None)
        if sender is not None and not sender.done():
            sender.set_result(None)
        # Not before the next iteration: only then does the engine count it no more.
        self._loop.call_soon(self._note_settled)

    def _note_settled(self) -> None:
        if self._engine.asynchronous.waiting == 0:
            self._settled.set()

    def _last_attempt(self, function: str, request_id: str) -> Invocation | None:
        """Return the last attempt that reached the function.

        Only recent invocations are remembered, so it may be None after long retries.
        """
        recent = self._engine.pools[function].invocations
        attempts = (one for one in reversed(recent) if one.request_id == request_id)
        return next((one for one in attempts if one.status != "throttled"), None)
