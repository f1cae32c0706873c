"""SIGCHLD as readable bytes, so that one ``select`` waits for frames and ended children alike."""

from __future__ import annotations

import os
import select
import signal
import sys

from . import linux
from .frames import Channel
from .macos import ForkWatch


class SigchldPipe:
    """A pipe that becomes readable when a child has ended: the self-pipe trick."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(self._write_end, False)
        # Python writes to the wake-up descriptor only for signals that have a handler of its own.
        before = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self._handler_before = signal.SIG_DFL if before is None else before
        signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        if sys.platform.startswith("linux"):
            # After the handler is installed, which sets the flags that this one changes.
            linux.ignore_stopped_children()

    def wait(
        self,
        channel: Channel,
        seconds: float | None = None,
        forks: ForkWatch | None = None,
    ) -> bool:
        """Wait for a frame, a child's end or a timeout; return whether the channel can be read.

        Where processes are followed, their ``forks`` end the wait too.

        Reap after this, not before: a child that ends once the pipe is drained fills it again.
        """
        if channel.has_buffered_frame:
            return True
        descriptors = [channel.fileno(), self._read_end]
        if forks is not None:
            descriptors.append(forks.fileno())
        readable, _, _ = select.select(descriptors, [], [], seconds)
        if self._read_end in readable:
            os.read(self._read_end, 4096)
        return channel.fileno() in readable

    def uninstall(self) -> None:
        """Restore the former signal handling, in a fork that has closed the pipe already."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, self._handler_before)

    def close(self) -> None:
        """Restore the former signal handling and close the pipe, in a fork of this process."""
        self.uninstall()
        os.close(self._read_end)
        os.close(self._write_end)
