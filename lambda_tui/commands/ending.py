"""Why a command ends before it is done: a signal, or an output that takes no more."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Ending = asyncio.Future[int]
"""Done with the number of the signal that ends the command.

SIGPIPE stands for an output that takes no more.
"""


def end(ending: Ending, number: int) -> None:
    """Asks the command to end; the first reason holds."""
    if not ending.done():
        ending.set_result(number)


@contextmanager
def listening_for_signals(ending: Ending) -> Iterator[None]:
    """Lets the user's signals, in place of what they do by default, end the command in order."""
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, end, ending, number)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
