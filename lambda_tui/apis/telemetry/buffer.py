"""Events that wait for their delivery, within bounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from lambda_tui.apis.telemetry.subscription import Buffering

_BATCHES = 4
"""So many full batches are kept besides the one that is under way; what comes then is dropped."""


class Item(NamedTuple):
    """One event."""

    arrived: float
    """Monotonic time."""
    event: bytes
    """As JSON."""
    is_counted: bool
    """Whether its loss is told: the loss of what tells of a loss is not."""


class Loss:
    """How much was dropped since it was last told."""

    def __init__(self) -> None:
        self.records = 0
        self.bytes = 0

    def add(self, items: Sequence[Item]) -> None:
        """These have been dropped."""
        for item in items:
            if item.is_counted:
                self.records += 1
                self.bytes += len(item.event)


class Buffer:
    """Cuts what comes into batches; drops the newest when too many wait."""

    def __init__(self, buffering: Buffering) -> None:
        self._buffering = buffering
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._batch_items = 0
        self._batch_bytes = 0
        """Of the oldest batch so far; it is full at one event more than fits."""

    def __len__(self) -> int:
        """How many events wait."""
        return len(self._items)

    @property
    def has_full_batch(self) -> bool:
        """Whether the oldest batch can take no more."""
        return (
            self._batch_items >= self._buffering.maximum_items
            or self._batch_bytes >= self._buffering.maximum_bytes
        )

    @property
    def due_at(self) -> float | None:
        """Monotonic time at which the oldest batch is sent, full or not; None without one."""
        if not self._items:
            return None
        return self._items[0].arrived + self._buffering.timeout_ms / 1000

    def add(self, item: Item) -> bool:
        """Keeps an event, unless there is no room."""
        if (
            len(self._items) >= _BATCHES * self._buffering.maximum_items
            or self._bytes >= _BATCHES * self._buffering.maximum_bytes
        ):
            return False
        if not self.has_full_batch:
            self._batch_items += 1
            self._batch_bytes += len(item.event)
        self._items.append(item)
        self._bytes += len(item.event)
        return True

    def take(self) -> list[Item]:
        """The oldest batch, which may be empty."""
        batch = [self._items.popleft() for _ in range(self._batch_items)]
        self._bytes -= self._batch_bytes
        self._batch_items = self._batch_bytes = 0
        for item in self._items:
            if self.has_full_batch:
                break
            self._batch_items += 1
            self._batch_bytes += len(item.event)
        return batch
