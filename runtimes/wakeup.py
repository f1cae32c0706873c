"""SIGCHLD as readable bytes: one ``select`` waits for frames and ended children alike."""

from __future__ import annotations

import os
import select
import signal
import sys

from . import linux
from .frames import Channel


class ChildWakeup:
    """A pipe that becomes readable when a child has ended."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(self._write_end, False)
        before = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self._before = signal.SIG_DFL if before is None else before
        signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        if sys.platform.startswith("linux"):
            linux.ignore_stopped_children()

    def wait(self, channel: Channel, seconds: float | None = None) -> bool:
        """Waits for a frame or a child, or so long; whether the channel can be read."""
        if channel.has_buffered_frame:
            return True
        readable, _, _ = select.select([channel.fileno(), self._read_end], [], [], seconds)
        if self._read_end in readable:
            os.read(self._read_end, 4096)
        return channel.fileno() in readable

    def forget(self) -> None:
        """Goes back to what was before, for a forked process that has closed its descriptors."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, self._before)

    def close(self) -> None:
        """Goes back to what was before, for a process that was forked from this one."""
        self.forget()
        os.close(self._read_end)
        os.close(self._write_end)
