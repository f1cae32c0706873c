"""The signals by which a user, the system or a lost terminal ends lambda-tui.

A thread waits for them, so that a loop that is stuck cannot hold the end up: what the loop does not
do in time, the thread does by force. The processes of the environments end with this one.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

END_SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
LOOP_PATIENCE = 1.0
"""Seconds after a signal in which the loop has to take it up."""

_LAST_ACT_PATIENCE = 0.5
"""Seconds for what is done before an end by force."""
_SIGNALLED = 128
_WAKE = 0
"""Stands in the pipe where no signal came; no signal has this number."""


class EndSignals:
    """A context in which a signal calls a function in the running loop, and ends nothing itself.

    The process is ended by force when the loop does not take a signal up, or when it does not end
    within the time that ``limit`` has set.
    """

    def __init__(
        self,
        handle: Callable[[int], object],
        last_act: Callable[[], object] = lambda: None,
        terminal: int | None = None,
    ) -> None:
        """``handle`` gets the signal's number.

        ``last_act`` is called in a thread before an end by force. When ``terminal``, a descriptor,
        is lost, that counts as ``SIGHUP``.
        """
        self.number: int | None = None
        """The number of the first signal; None until there was one."""
        self._handle = handle
        self._last_act = last_act
        self._terminal = terminal
        self._loop = asyncio.get_running_loop()
        self._read_end, self._write_end = os.pipe()
        self._handlers_before: dict[int, Any] = {}
        self._wakeup_before = -1
        self._is_left = False
        self._loop_limit: tuple[float, int] | None = None
        """A time of the monotonic clock, and the status to end with then."""
        self._end_limit: tuple[float, int] | None = None

    def __enter__(self) -> Self:
        """Begin to handle the signals."""
        os.set_blocking(self._read_end, False)
        os.set_blocking(self._write_end, False)
        # A signal's number is written there at once, whatever this thread is doing.
        self._wakeup_before = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        self._handlers_before = {each: signal.signal(each, self._note) for each in END_SIGNALS}
        # A daemon: it may wait for ever.
        threading.Thread(target=self._watch, name="end-signals", daemon=True).start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Handle the signals as before; a limit that was set remains."""
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._handlers_before.items():
            signal.signal(number, handler)
        self._is_left, self._loop_limit = True, None
        self._send(_WAKE)

    def end(self, number: int) -> None:
        """Do as if this signal had come. Any thread may call this."""
        self._send(number)

    def limit(self, seconds: float, status: int) -> None:
        """End the process with this status by force if it has not ended after so many seconds.

        Only the first call has an effect.
        """
        self._end_limit = self._end_limit or (time.monotonic() + seconds, status)
        self._send(_WAKE)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        # For those who ask in the handler of another signal, such as ``SIGCONT``.
        self.number = self.number or number

    def _send(self, number: int) -> None:
        with suppress(OSError):
            os.write(self._write_end, bytes([number]))

    def _watch(self) -> None:
        """Wait for signals, for the loss of the terminal and for the limits; the thread's work."""
        poll = select.poll()
        poll.register(self._read_end, select.POLLIN)
        if self._terminal is not None:
            # Nothing is asked for: a hang-up is told in any case.
            poll.register(self._terminal, 0)
        while not (self._is_left and self._end_limit is None):
            limit = min(filter(None, (self._loop_limit, self._end_limit)), default=None)
            wait = None if limit is None else max(0.0, limit[0] - time.monotonic()) * 1000
            for descriptor, _ in poll.poll(wait):
                if descriptor == self._read_end:
                    for number in os.read(self._read_end, 4096):
                        self._take(number)
                else:
                    poll.unregister(descriptor)
                    self._take(signal.SIGHUP)
            # The loop may have taken the signal up in the meantime.
            if limit in (self._loop_limit, self._end_limit) and limit is not None:
                self._end_by_force(*limit)

    def _take(self, number: int) -> None:
        """Pass a signal on to the loop, and give it some time to take it up."""
        if number not in END_SIGNALS or self._is_left:
            return
        self.number = self.number or number
        self._loop_limit = (time.monotonic() + LOOP_PATIENCE, _SIGNALLED + number)
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._handle_in_loop, number)

    def _handle_in_loop(self, number: int) -> None:
        self._loop_limit = None
        self._handle(number)

    def _end_by_force(self, at: float, status: int) -> None:
        if time.monotonic() < at:
            return
        act = threading.Thread(target=self._last_act, daemon=True)
        act.start()
        act.join(_LAST_ACT_PATIENCE)
        os._exit(status)
