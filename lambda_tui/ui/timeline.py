"""The history of an environment: a cell for each state, and one more for each second in it."""

from __future__ import annotations

from collections import deque

from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State

STRIP_CELLS = 200
"""Cells that are kept for one environment."""


class Timeline:
    """The states of one environment in their order, oldest first."""

    def __init__(self) -> None:
        self.cells: deque[State] = deque(maxlen=STRIP_CELLS)
        self._state: State | None = None
        self._since = 0.0

    def add(self, event: events.Event) -> None:
        """Take notice of an event of the environment."""
        if not isinstance(event.record, events.StateChange):
            return
        state = event.record.state
        self.tick(event.time)
        self._state, self._since = state, event.time
        if state is not State.IDLE:
            self.cells.append(state)

    def tick(self, now: float) -> None:
        """Add a cell of the present state for each whole second that it has lasted."""
        if self._state is None or self._state is State.ENDED:
            return
        whole = int(now - self._since)
        if whole > 0:
            self._since += whole
            self.cells.extend([self._state] * min(whole, STRIP_CELLS))

    def last(self, count: int) -> list[State]:
        """Return the newest ``count`` cells, oldest first."""
        return list(self.cells)[-count:] if count > 0 else []
