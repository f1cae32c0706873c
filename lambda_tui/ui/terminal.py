"""The terminal that the screen is drawn on, which may stop reading, change hands, or go away."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from textual.app import App

from lambda_tui.end_signals import EndSignals
from lambda_tui.ui.textual_private import SizedLinuxDriver

BEHIND = 64_000
"""Bytes that wait for the terminal from which on frames are left out."""

_STOP_SIGNALS = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)
_LAST_WORDS_PATIENCE = 0.3
"""Seconds in which the terminal has to take what restores it."""
_RESTORE = (
    "\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l"
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Switches off whatever Textual's driver switches on, in its order."""


class TerminalDriver(SizedLinuxDriver):
    """Textual's driver, for terminals that do not do what they should.

    Writing never blocks the loop. A process in the background leaves the terminal to the process
    that it belongs to, and one that is continued takes it back and paints everything anew.
    """

    def __init__(
        self,
        app: App[Any],
        *,
        end_signals: EndSignals,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._terminal_app = app
        self._end_signals = end_signals
        self._running_loop = asyncio.get_running_loop()
        self._output: _Output | None = None
        self._is_drawn_on = False
        self._is_stopping = False
        self._was_continued = False
        self._modes_before: list[Any] | None = None
        """The modes to restore at the end, where the present ones are not those."""
        self._missed_frame = False
        signal.signal(signal.SIGCONT, self._note_continued)
        self._handle_stop_signals()

    # Writing

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has not read what it was sent; then the next frame is left out.

        When it has caught up, everything is painted anew.
        """
        behind = self._output is not None and self._output.size > BEHIND
        self._missed_frame |= behind
        return behind

    def write(self, data: str) -> None:
        """Send data to the terminal, as soon as it reads."""
        if self._output is not None:
            self._output.write(data)

    def close(self) -> None:
        """Wait a moment until the terminal has taken what it was sent."""
        super().close()
        output, self._output = self._output, None
        if output is not None:
            output.close()

    def restore_by_force(self) -> None:
        """Restore the terminal from another thread, as the one that should is stuck."""
        if not self._is_drawn_on:
            return
        with _background_writing():
            modes = self._modes_before or self.attrs_before
            if modes is not None and not self._is_in_background():
                with suppress(termios.error):
                    termios.tcsetattr(self.fileno, termios.TCSANOW, modes)
            self.write(_RESTORE)
            self.close()

    def _on_caught_up(self) -> None:
        if self._missed_frame:
            self._missed_frame = False
            self._call_in_loop(self._terminal_app.refresh)

    def _on_lost(self) -> None:
        self._end_signals.end(signal.SIGHUP)

    # Reading

    def run_input_thread(self) -> None:
        """Read keys until the input is disabled or the terminal is lost."""
        try:
            super().run_input_thread()
        except OSError:
            self._on_lost()

    # Taking the terminal, and leaving it to others

    def start_application_mode(self) -> None:
        """Take the terminal, as soon as this process is in its foreground."""
        while self._is_in_background():
            # As the terminal itself stops a process that wants to draw in the background.
            if self._end_signals.number is not None:
                return
            if not self._stop(signal.SIGTTOU):
                # Nobody can bring it to the foreground.
                self._on_lost()
                return
        self._output = _Output(self._on_caught_up, self._on_lost)
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._handle_stop_signals()
        if self._modes_before is not None:
            self.attrs_before = self._modes_before
        self._is_drawn_on = True

    def stop_application_mode(self) -> None:
        """Leave the terminal as it was, or as its present owner has it."""
        if not self._is_drawn_on:
            return
        with _background_writing():
            if self._is_in_background():
                self._modes_before, self.attrs_before = self.attrs_before, None
            else:
                self._modes_before = None
            super().stop_application_mode()
        self._is_drawn_on = False

    def disable_input(self) -> None:
        """Read no more keys."""
        if self._is_drawn_on:
            with _background_writing():
                super().disable_input()

    # Job control

    def suspend(self, number: int = signal.SIGTSTP) -> bool:
        """Stop this job, as ctrl+z does elsewhere; go on when it is continued.

        Returns whether it was stopped, which a process that no shell has started cannot be.
        """
        if self._end_signals.number is not None:
            return False
        self.suspend_application_mode()
        was_stopped = self._stop(number)
        self.resume_application_mode()
        self._terminal_app.refresh(layout=True)
        return was_stopped

    def _stop(self, number: int) -> bool:
        """Stop all processes of the job by this signal; return whether that was so."""
        self._is_stopping, self._was_continued = True, False
        before = signal.signal(number, signal.SIG_DFL)
        try:
            os.kill(0, number)
        finally:
            signal.signal(number, before)
            self._is_stopping = False
        return self._was_continued

    def _handle_stop_signals(self) -> None:
        for number in _STOP_SIGNALS:
            signal.signal(number, self._note_stop_signal)

    def _note_stop_signal(self, number: int, _frame: FrameType | None) -> None:
        self._call_in_loop(self.suspend, number)

    def _note_continued(self, _number: int, _frame: FrameType | None) -> None:
        self._was_continued = True
        if not self._is_stopping:
            self._call_in_loop(self._take_back)

    def _take_back(self) -> None:
        """Take the terminal back after a stop that could not be foreseen."""
        if self._is_drawn_on and self._end_signals.number is None:
            self.suspend_application_mode()
            self.resume_application_mode()
            self._terminal_app.refresh(layout=True)

    def _is_in_background(self) -> bool:
        try:
            return os.tcgetpgrp(self.fileno) != os.getpgrp()
        except OSError:
            # It is not the terminal that controls this process, or it is lost.
            return False

    def _call_in_loop(self, function: Callable[..., object], *arguments: object) -> None:
        # The loop is closed once the application has ended.
        with suppress(RuntimeError):
            self._running_loop.call_soon_threadsafe(function, *arguments)


class _Output:
    """Writes to the terminal in a thread, which waits where the terminal does not read."""

    def __init__(self, on_caught_up: Callable[[], None], on_lost: Callable[[], None]) -> None:
        """Both functions are called in the thread."""
        self.size = 0
        """Bytes that the terminal has not taken."""
        # Where Textual writes as well: standard output may be anything.
        stream = sys.__stderr__
        assert stream is not None
        self._descriptor = stream.fileno()
        self._on_caught_up = on_caught_up
        self._on_lost = on_lost
        self._pieces: list[bytes] = []
        self._is_closed = False
        self._change = threading.Condition()
        # A daemon: a terminal that never reads must not keep the process alive.
        self._thread = threading.Thread(target=self._write_all, name="terminal", daemon=True)
        self._thread.start()

    def write(self, data: str) -> None:
        """Have this written, after what was given before."""
        piece = data.encode("utf-8", "replace")
        with self._change:
            self._pieces.append(piece)
            self.size += len(piece)
            self._change.notify()

    def close(self) -> None:
        """Wait until everything is written, or the terminal has had its time to read it."""
        with self._change:
            self._is_closed = True
            self._change.notify()
        self._thread.join(_LAST_WORDS_PATIENCE)

    def _write_all(self) -> None:
        try:
            while pieces := self._next():
                rest = memoryview(b"".join(pieces))
                while rest:
                    written = os.write(self._descriptor, rest)
                    rest = rest[written:]
                    with self._change:
                        self.size -= written
                if not self.size:
                    self._on_caught_up()
        except OSError:
            self._on_lost()

    def _next(self) -> list[bytes]:
        """Return what is to be written; nothing once all is written and this is closed."""
        with self._change:
            self._change.wait_for(lambda: self._pieces or self._is_closed)
            pieces, self._pieces = self._pieces, []
            return pieces


@contextmanager
def _background_writing() -> Iterator[None]:
    """Let this thread restore the terminal even in the background, where that would stop it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
