"""Ends from outside: signals that Textual's Linux driver does not hear, terminals that go away."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
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


def forget_unwritable() -> None:
    """Drops what can no longer be written: Python would end with a status of its own for it."""
    for stream in filter(None, (sys.__stdout__, sys.__stderr__)):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
