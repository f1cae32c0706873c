"""The invocations that one command makes: so many, so many at a time, each told of when over."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass

from lambda_tui.commands.deliveries import Deliveries, SeenThrough
from lambda_tui.commands.output_stream import OutputStream
from lambda_tui.commands.reports import Report
from lambda_tui.engine import events
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import AsyncRetried
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.pool import Pool

_SUCCESSES = frozenset({"success", "Success"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be invoked how often."""

    payload: bytes
    count: int
    concurrency: int
    is_asynchronous: bool


class Calls:
    """Carries out a plan; memory does not grow with its count."""

    def __init__(
        self, engine: Engine, pool: Pool, plan: Plan, output: OutputStream, report: Report
    ) -> None:
        self.tally: Counter[str] = Counter()
        """How many ended how: statuses, or conditions of asynchronous ones."""
        self.problem: str | None = None
        """Why the function cannot run at all; nothing more is invoked then."""
        self._pool = pool
        self._plan = plan
        self._output = output
        self._report = report
        self._deliveries = Deliveries(engine, self._note_seen_through)
        self._started = 0
        self._done = 0
        self._began = time.monotonic()
        engine.events.listen(self._note_retry)

    @property
    def has_failures(self) -> bool:
        """Whether any invocation so far ended otherwise than well."""
        return any(word not in _SUCCESSES for word in self.tally)

    async def run(self) -> None:
        """Invokes until the count is reached; what is under way is given up on cancellation."""
        async with asyncio.TaskGroup() as callers:
            for _ in range(min(self._plan.count, self._plan.concurrency)):
                callers.create_task(self._call())
        if self.problem is None:
            await self._deliveries.settle()

    def summary(self, *, is_interrupted: bool) -> str:
        """One line on what is done, and what was given up."""
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
                await self._deliveries.send(self._pool, self._plan.payload)
            else:
                invocation = self._pool.invoke(self._plan.payload)
                await invocation.wait()
                self._note_over(invocation)
            self._done += 1
            await self._output.room()
            # One that is throttled is over at once, and nobody else would get a turn.
            await asyncio.sleep(0)

    def _note_over(self, invocation: Invocation) -> None:
        self.problem = self._pool.problem
        if self.problem is None:
            self.tally[invocation.status] += 1
            self._report.tell_of(invocation)

    def _note_retry(self, event: events.Event) -> None:
        """No later try will do better where nothing can run."""
        if isinstance(event.record, AsyncRetried) and self._pool.problem is not None:
            self.problem = self._pool.problem
            self._deliveries.give_up()

    def _note_seen_through(self, seen: SeenThrough) -> None:
        self.problem = self._pool.problem
        if self.problem is None:
            self.tally[seen.delivered[0].condition] += 1
            self._report.tell_of_delivery(seen)
