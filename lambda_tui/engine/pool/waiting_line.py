"""Invocations that wait for an environment which has answered and is about to be free."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lambda_tui.engine.environment import Partition
from lambda_tui.engine.invocation import Invocation


class WaitingLine:
    """First come, first served; one that has waited for its limit leaves the line."""

    def __init__(self, on_late: Callable[[Invocation], None]) -> None:
        """``on_late`` receives each that leaves because of its limit."""
        self._timers: dict[Invocation, asyncio.TimerHandle | None] = {}
        """Everyone who waits, in their order, each with the timer of its limit if it has one."""
        self._on_late = on_late

    def add(self, invocation: Invocation, seconds: float | None) -> None:
        """Have one wait, for so many seconds at most."""
        loop = asyncio.get_running_loop()
        timer = None if seconds is None else loop.call_later(seconds, self._leave, invocation)
        self._timers[invocation] = timer

    def waiting(self, partition: Partition) -> list[Invocation]:
        """Return those that wait for an environment of a partition, in their order."""
        if not self._timers:
            return []
        return [one for one in self._timers if partition_of(one) == partition]

    def take(self, invocation: Invocation) -> Invocation:
        """Take one out of the line, and return it."""
        timer = self._timers.pop(invocation)
        if timer is not None:
            timer.cancel()
        return invocation

    def take_all(self) -> list[Invocation]:
        """Return everyone, in their order."""
        return [self.take(one) for one in list(self._timers)]

    def _leave(self, invocation: Invocation) -> None:
        del self._timers[invocation]
        self._on_late(invocation)


def partition_of(invocation: Invocation) -> Partition:
    """Return the partition whose environments may serve an invocation."""
    return Partition(invocation.version, invocation.tenant_id)
