"""Reads single keys and whole lines from a terminal, and leaves the terminal as it was."""

from __future__ import annotations

import asyncio
import os
import signal
import termios
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

from lambda_tui.terminal_text import ESCAPE_SEQUENCE

_LOCAL_MODES = 3
"""The index of the local modes in what ``tcgetattr`` returns; the control characters are at 6."""
_CONTROL_CHARACTERS = 6
_LONGEST_AHEAD = 65_536
"""Characters that are typed ahead and not lost."""


class Keyboard:
    """A context in which a terminal gives each key at once and shows none of them.

    For a line the terminal has its own modes, so that it shows and edits what is typed. When the
    job is stopped the terminal is as it was before, and when it is continued as it was here.
    """

    def __init__(self, descriptor: int, on_lost: Callable[[], object]) -> None:
        """``on_lost`` is called when the terminal can give no more keys."""
        self._descriptor = descriptor
        self._on_lost = on_lost
        self._modes: list[Any] = termios.tcgetattr(descriptor)
        self._is_in_line = False
        self._typed = ""
        self._is_there_more = asyncio.Event()
        self._handlers_before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Begin to read keys."""
        self._handlers_before = {
            signal.SIGTSTP: signal.signal(signal.SIGTSTP, self._stop),
            signal.SIGCONT: signal.signal(signal.SIGCONT, self._continue),
        }
        self._take_keys()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        asyncio.get_running_loop().remove_reader(self._descriptor)
        for number, handler in self._handlers_before.items():
            signal.signal(number, handler)
        self.restore()

    def restore(self) -> None:
        """Give the terminal the modes that it had. Any thread may call this."""
        if self._is_in_foreground():
            with suppress(termios.error):
                termios.tcsetattr(self._descriptor, termios.TCSANOW, self._modes)

    async def key(self) -> str:
        """Return the next character that is typed; arrows and function keys are left out."""
        await self._wait_for_more()
        key, self._typed = self._typed[0], self._typed[1:]
        return key

    async def line(self, show: Callable[[str], object]) -> str:
        """Return a line, without its end; ``show`` gets what of it was typed ahead."""
        self._is_in_line = True
        self.restore()
        try:
            if self._typed:
                show(self._typed.split("\n")[0])
            while "\n" not in self._typed:
                self._is_there_more.clear()
                await self._is_there_more.wait()
        finally:
            self._is_in_line = False
            self._take_keys()
        line, _, self._typed = self._typed.partition("\n")
        return line

    async def _wait_for_more(self) -> None:
        while not self._typed:
            self._is_there_more.clear()
            await self._is_there_more.wait()

    def _take_keys(self) -> None:
        """Switch echo and lines off, but for a job in the background, which has no keys."""
        loop = asyncio.get_running_loop()
        if not self._is_in_foreground():
            loop.remove_reader(self._descriptor)
            return
        if not self._is_in_line:
            modes = [*self._modes]
            modes[_LOCAL_MODES] &= ~(termios.ICANON | termios.ECHO)
            modes[_CONTROL_CHARACTERS] = [*modes[_CONTROL_CHARACTERS]]
            modes[_CONTROL_CHARACTERS][termios.VMIN] = 1
            modes[_CONTROL_CHARACTERS][termios.VTIME] = 0
            with suppress(termios.error):
                termios.tcsetattr(self._descriptor, termios.TCSANOW, modes)
        loop.add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        if not self._is_in_foreground():
            # The shell reads now; to read as well would stop this job.
            asyncio.get_running_loop().remove_reader(self._descriptor)
            return
        try:
            data = os.read(self._descriptor, 4096)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data and not self._is_in_line:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            self._on_lost()
            return
        # Ctrl+D on an empty line ends the line, as it does elsewhere.
        text = ESCAPE_SEQUENCE.sub("", data.decode("utf-8", "ignore")) if data else "\n"
        self._typed = (self._typed + text.replace("\r", "\n"))[:_LONGEST_AHEAD]
        self._is_there_more.set()

    def _is_in_foreground(self) -> bool:
        try:
            return os.tcgetpgrp(self._descriptor) == os.getpgrp()
        except OSError:
            # It does not control this process, which may use it anyhow.
            return True

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self.restore()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        # Here it goes on.
        signal.signal(number, self._stop)

    def _continue(self, _number: int, _frame: FrameType | None) -> None:
        self._take_keys()
