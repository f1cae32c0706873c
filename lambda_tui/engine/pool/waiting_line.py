"""Invocations that wait for an environment which has answered and is about to be free."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lambda_tui.engine.invocation import Invocation


class WaitingLine:
    """First come, first served; one that has waited for its limit leaves the line."""

    def __init__(self, on_late: Callable[[Invocation], None]) -> None:
        """``on_late`` receives each that leaves because of its limit."""
        self.invocations: dict[Invocation, asyncio.TimerHandle | None] = {}
        """Everyone who waits, in their order, each with the timer of its limit if it has one."""
        self._on_late = on_late

    def add(self, invocation: Invocation, seconds: float | None) -> None:
        """Have one wait, for so many seconds at most."""
        loop = asyncio.get_running_loop()
        timer = None if seconds is None else loop.call_later(seconds, self._leave, invocation)
        self.invocations[invocation] = timer

    def take(self) -> Invocation:
        """Return the one that has waited longest. Raise ``StopIteration`` where nobody waits."""
        invocation = next(iter(self.invocations))
        timer = self.invocations.pop(invocation)
        if timer is not None:
            timer.cancel()
        return invocation

    def take_all(self) -> list[Invocation]:
        """Return everyone, in their order."""
        return [self.take() for _ in range(len(self.invocations))]

    def _leave(self, invocation: Invocation) -> None:
        del self.invocations[invocation]
        self._on_late(invocation)
