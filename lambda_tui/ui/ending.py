"""Signals that end the application from outside; Textual's Linux driver hears neither of them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_ENDING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ending_signals(end: Callable[[int], None]) -> Iterator[None]:
    """Calls ``end`` with the signal's number, in the loop, so that the terminal is left clean."""
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, end, number)
    try:
        yield
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)
