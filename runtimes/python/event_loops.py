"""Event loops from before a snapshot, on macOS, where no fork inherits a kqueue."""

from __future__ import annotations

import contextlib
import gc
import select
import sys
from typing import Any

# It has kqueue on macOS, where a type checker that runs on Linux does not find it.
_kqueue: Any = select


class EventLoops:
    """The loops of a snapshot, and the selectors that wait with a kqueue."""

    def __init__(self) -> None:
        """Find them; to be called before objects are excluded from collections."""
        self._selectors = _instances("selectors", "KqueueSelector")
        self._loops = _instances("asyncio.selector_events", "BaseSelectorEventLoop")
        self._lost: list[Any] = []
        """Python before 3.13 closes, as a kqueue goes, whatever has its number by then."""

    def renew(self) -> None:
        """Give each a kqueue anew, with the same registrations, and loops a way to wake up."""
        for selector in self._selectors:
            # None of one that is closed.
            keys = selector.get_map()
            if keys is None:
                continue
            self._lost.append(selector._selector)
            selector._selector = _kqueue.kqueue()
            for key in keys.values():
                _register(selector, key)
        for loop in self._loops:
            if not loop.is_closed():
                # All restored environments share that of the snapshot.
                loop._close_self_pipe()
                loop._make_self_pipe()


def _instances(module: str, name: str) -> list[Any]:
    kind = getattr(sys.modules.get(module), name, None)
    # By their real type: a proxy's says what it stands for, and may fail.
    return [] if kind is None else [one for one in gc.get_objects() if issubclass(type(one), kind)]


def _register(selector: Any, key: Any) -> None:  # noqa: ANN401
    filters = ((1, _kqueue.KQ_FILTER_READ), (2, _kqueue.KQ_FILTER_WRITE))
    for event, kind in filters:
        if key.events & event:
            # A descriptor may be closed without its loop knowing.
            with contextlib.suppress(OSError):
                change = _kqueue.kevent(key.fd, kind, _kqueue.KQ_EV_ADD)
                selector._selector.control([change], 0, 0)
