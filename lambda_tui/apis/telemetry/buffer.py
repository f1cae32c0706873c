"""Buffers events until they are delivered, within bounds."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from lambda_tui.apis.telemetry.subscription import Buffering

_BATCHES = 4
"""Full batches that are kept besides the one that is being sent; later events are dropped."""


class Item(NamedTuple):
    """A buffered event."""

    arrived: float
    """The time of its arrival, in monotonic seconds."""
    event: bytes
    """The envelope, in JSON."""
    is_counted: bool
    """Whether its loss is reported: that of a report of a loss is not."""


class Loss:
    """The number of records and bytes dropped since the last report of a loss."""

    def __init__(self) -> None:
        self.records = 0
        self.bytes = 0

    def add(self, items: Sequence[Item]) -> None:
        """Count items that have been dropped."""
        for item in items:
            if item.is_counted:
                self.records += 1
                self.bytes += len(item.event)


class Buffer:
    """Divides events into batches, and drops the newest when too many are waiting."""

    def __init__(self, buffering: Buffering) -> None:
        self._buffering = buffering
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._batch_items = 0
        self._batch_bytes = 0
        """Bytes of the oldest batch so far. The event that goes over the limit belongs to it."""

    def __len__(self) -> int:
        """Return the number of waiting events."""
        return len(self._items)

    @property
    def has_full_batch(self) -> bool:
        """Whether the oldest batch is full."""
        return (
            self._batch_items >= self._buffering.maximum_items
            or self._batch_bytes >= self._buffering.maximum_bytes
        )

    @property
    def due_at(self) -> float | None:
        """The monotonic time at which the oldest batch is sent, full or not; None without one."""
        if not self._items:
            return None
        return self._items[0].arrived + self._buffering.timeout_ms / 1000

    def add(self, item: Item) -> bool:
        """Keep an event. Returns whether there was room for it."""
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
        """Remove and return the oldest batch, which may be empty."""
        batch = [self._items.popleft() for _ in range(self._batch_items)]
        self._bytes -= self._batch_bytes
        self._batch_items = self._batch_bytes = 0
        for item in self._items:
            if self.has_full_batch:
                break
            self._batch_items += 1
            self._batch_bytes += len(item.event)
        return batch
