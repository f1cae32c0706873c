"""Additions to asyncio's event loop: tasks that are heard of, cheap time limits, busy polling."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine

from lambda_tui.engine.events import Event, EventStream, Report, Start

POLLING_SECONDS = 0.0001
"""Time in which quick functions answer, and callers send their next request."""


def released(*_arguments: object) -> None:
    """Do nothing: stands in the place of a callback when there is nothing more to tell.

    Whoever has ended lets go of those that it told. What is left of an environment then goes at
    once, where a circle of references would wait for a collection of all objects, which is rare.
    """


def start_task(work: Coroutine[object, object, None]) -> asyncio.Task[None]:
    """Start a task that nobody waits for; the exception that it ends with is reported at once."""
    task = asyncio.get_running_loop().create_task(work)
    task.add_done_callback(_report_failure)
    return task


def report_defect(error: Exception, message: str) -> None:
    """Report an exception that nothing has foreseen to the loop's exception handler."""
    context = {"message": message, "exception": error}
    asyncio.get_running_loop().call_exception_handler(context)


def _report_failure(task: asyncio.Task[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if isinstance(error, Exception):
        report_defect(error, "A task of the engine failed.")


class Deadline:
    """Calls back once when a time limit has passed, unless it is cleared or set anew before.

    It is set and cleared with every invocation. So a running timer is not cancelled: when it fires
    it checks whether the limit has passed, and otherwise waits for the rest.
    """

    def __init__(self, on_limit: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_limit: Callable[[], None] = on_limit
        self._due: float | None = None
        """Loop time at which the limit passes; None while there is none."""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0
        """Loop time at which the timer fires: when the limit passes, or before."""

    def set(self, seconds: float) -> None:
        """Start a limit that counts from now."""
        self._due = due = self._loop.time() + seconds
        if self._timer is None or self._timer_due > due:
            self._start(due)

    def clear(self) -> None:
        """Stop the clock."""
        self._due = None

    def close(self) -> None:
        """Stop the clock for good, and release the callback."""
        self._due = None
        self._on_limit = released
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self, due: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_due = due
        self._timer = self._loop.call_at(due, self._check)

    def _check(self) -> None:
        self._timer = None
        if self._due is None:
            return
        if self._due > self._timer_due:
            self._start(self._due)
        else:
            self._due = None
            self._on_limit()


def poll_after_invocations(stream: EventStream) -> None:
    """Keep the loop polling for a moment after each invocation starts or ends.

    A wake-up from another core can take longer than the work it is for. With one core, polling
    would only delay the others.
    """
    if available_cores() > 1:
        stream.listen(_BusyPolling().on_event, Start, Report)


class _BusyPolling:
    """Keeps a callback scheduled, so that the loop's selector does not block."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._until = 0.0
        """Monotonic time before which the loop does not block."""
        self._is_polling = False

    def on_event(self, _event: Event) -> None:
        """Poll for another moment."""
        self._until = time.monotonic() + POLLING_SECONDS
        if not self._is_polling:
            self._is_polling = True
            self._loop.call_soon(self._poll)

    def _poll(self) -> None:
        self._is_polling = time.monotonic() < self._until
        if self._is_polling:
            self._loop.call_soon(self._poll)


def available_cores() -> int:
    """Return the number of cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
