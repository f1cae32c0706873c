"""The real command in a real terminal, whose output is read as the bytes that it is."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType

COLUMNS, ROWS = 120, 40
_GOODBYE_SECONDS = 5.0


class Terminal:
    """A pseudo terminal with lambda-tui in it, or with another command."""

    def __init__(self, project: Path, command: Sequence[str] = ()) -> None:
        """``command`` is run in the project's folder in the place of lambda-tui."""
        self._unread = b""
        self._state = tempfile.TemporaryDirectory(prefix="lambda-tui-benchmark-")
        self._end, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        variables = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            # The settings and the history of whoever runs the benchmark must not matter.
            "XDG_CONFIG_HOME": str(project / ".config"),
            "XDG_STATE_HOME": self._state.name,
            # An installed application has its bytecode; the checkout's may not be written.
            "PYTHONPYCACHEPREFIX": _bytecode().name,
            "PYTHONDONTWRITEBYTECODE": "",
        }
        self.launched = time.monotonic()
        self._process = subprocess.Popen(
            command or [*_command(), str(project)],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=variables,
            start_new_session=True,
        )
        os.close(theirs)

    def __enter__(self) -> Terminal:
        """Return the terminal itself."""
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """End the command."""
        self._process.terminate()
        deadline = time.monotonic() + _GOODBYE_SECONDS
        with suppress(RuntimeError):
            while self._process.poll() is None and time.monotonic() < deadline:
                # A terminal that nobody reads would keep the command from ending.
                self.read(0.05)
        try:
            self._process.wait(_GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._end)
        self._state.cleanup()

    @property
    def pid(self) -> int:
        """The process of the command."""
        return self._process.pid

    def press(self, keys: str) -> float:
        """Types; the monotonic time of it."""
        pressed = time.monotonic()
        os.write(self._end, keys.encode())
        return pressed

    def read(self, seconds: float) -> bytes:
        """Return the next output, or nothing when there is none within the seconds."""
        if not select.select([self._end], [], [], max(seconds, 0))[0]:
            return b""
        try:
            return os.read(self._end, 65536)
        except OSError:
            # Linux's way to say that nobody has the other end open.
            last_words = self._unread[-2000:].decode(errors="replace")
            raise RuntimeError(f"lambda-tui has ended: {last_words}") from None

    def wait_for(self, text: str, timeout: float = 15.0, *, keep: bool = False) -> float:
        """Read until a regular expression matches the output; return the monotonic time of that.

        The next wait reads on behind the match, or with ``keep`` finds what stands before it too.
        """
        pattern = re.compile(text.encode())
        deadline = time.monotonic() + timeout
        while True:
            match = pattern.search(self._unread)
            if match:
                self._unread = self._unread if keep else self._unread[match.end() :]
                return time.monotonic()
            if time.monotonic() > deadline:
                raise RuntimeError(f"the screen does not show {text}")
            self._unread = self._unread[-4096:] + self.read(0.05)

    def watch(self, seconds: float) -> bytes:
        """All that is written in so many seconds."""
        written, self._unread = self._unread, b""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            written += self.read(deadline - time.monotonic())
        return written


@cache
def _bytecode() -> tempfile.TemporaryDirectory[str]:
    """Return the folder with the bytecode of everything that is started."""
    return tempfile.TemporaryDirectory(prefix="lambda-tui-benchmark-bytecode-")


def bare_terminal(project: Path) -> Terminal:
    """Return a terminal with a Textual application that does nothing."""
    program = Path(__file__).with_name("bare_app.py")
    return Terminal(project, [sys.executable, str(program)])


def _command() -> list[str]:
    """Return the installed command, or the package's where it is not installed."""
    installed = Path(sys.executable).with_name("lambda-tui")
    return [str(installed)] if installed.exists() else [sys.executable, "-m", "lambda_tui"]
