"""Runs programs of the user's, such as package managers, and gives their output as lines."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST_SECONDS = 600.0
"""After so long a program is ended."""
_KEPT_LINES = 200
_LONGEST_LINE = 1 << 16
"""Bytes; a longer one is given in parts."""
_TIED = """\
import ctypes, os, signal, sys
parent, *command = sys.argv[1:]
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(1)
try:
    os.execvp(command[0], command)
except OSError as error:
    sys.exit(f"{command[0]} does not start: {error.strerror}.")
"""
"""Executes a command that the kernel kills when this process ends, however it ends."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a program has ended."""

    status: int
    """The exit status; below 0 the number of the signal that has ended it."""
    lines: tuple[str, ...]
    """The last lines that it has written, on standard output and standard error."""


class Program:
    """A program that runs beside lambda-tui, and ends with it; ``run`` belongs in a thread.

    It reads nothing, and leads a session of its own: no key of the terminal reaches it.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        variables: Mapping[str, str] | None = None,
        on_line: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """``command`` is run in a folder, with ``variables`` beside those of lambda-tui itself.

        ``on_line`` is called in the thread of ``run`` with each line, as the program has written
        it: whoever shows it removes what a terminal would act upon.
        """
        self._command = tuple(command)
        self._folder = folder
        self._variables = {**os.environ, **(variables or {})}
        self._on_line = on_line
        self._process: subprocess.Popen[bytes] | None = None
        self.is_cancelled = False
        """Whether it was ended before its time, by ``cancel`` or for taking too long."""

    def run(self) -> Ending:
        """Run it to its end. Raise ``OSError`` where no program can be started."""
        # By posix_spawn or vfork, as a fork of a process with threads could deadlock.
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid()), *self._command],
            cwd=self._folder,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._process = process
        if self.is_cancelled:
            self.cancel()
        limit = threading.Timer(LONGEST_SECONDS, self.cancel)
        limit.daemon = True
        limit.start()
        try:
            lines = self._read(process)
            return Ending(process.wait(), lines)
        finally:
            limit.cancel()

    def cancel(self) -> None:
        """End it and what it has started, now or as soon as it runs; from any thread."""
        self.is_cancelled = True
        process = self._process
        if process is not None and process.poll() is None:
            # It leads a group of its own.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)

    def _read(self, process: subprocess.Popen[bytes]) -> tuple[str, ...]:
        lines: deque[str] = deque(maxlen=_KEPT_LINES)
        assert process.stdout is not None
        with process.stdout as stream:
            for line in iter(lambda: stream.readline(_LONGEST_LINE), b""):
                lines.append(line.decode(errors="replace").rstrip())
                self._on_line(lines[-1])
        return tuple(lines)
