"""The last invocations of a function, bounded in number and in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from lambda_tui.engine.invocation import Invocation

REMEMBERED_INVOCATIONS = 200
REMEMBERED_BYTES = 8 << 20
"""Of their events and responses together, the last one's aside.

The memory of one that is forgotten serves the next event that comes; fresh memory would be slower.
"""
_BULKY = 1 << 16


class RecentInvocations:
    """Oldest first."""

    def __init__(self) -> None:
        self._all: deque[Invocation] = deque(maxlen=REMEMBERED_INVOCATIONS)

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._all)

    def __iter__(self) -> Iterator[Invocation]:
        """Oldest first."""
        return iter(self._all)

    def __getitem__(self, index: int) -> Invocation:
        """The newest is at -1."""
        return self._all[index]

    def add(self, invocation: Invocation) -> None:
        """Remembers one more, and forgets what is too much."""
        self._all.append(invocation)
        invocation.when_over(self._forget_bulky)

    def _forget_bulky(self, last: Invocation) -> None:
        """Lets go of the oldest when their events and responses are large."""
        if _size(last) < _BULKY:
            return
        total = sum(_size(invocation) for invocation in self._all)
        while total > REMEMBERED_BYTES and len(self._all) > 1:
            total -= _size(self._all.popleft())


def _size(invocation: Invocation) -> int:
    return len(invocation.payload) + len(invocation.response or b"")
