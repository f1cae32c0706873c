"""Programs in a pseudo-terminal of their own, which is the terminal that controls them."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path

import psutil

from support.files import ROOT
from support.leftovers import still_alive

PATIENCE = 60.0
"""Seconds until a wait is given up."""
SETSID = shutil.which("setsid") or "setsid"


def screen_environment(home: Path) -> dict[str, str]:
    """Return the variables of a user whose settings, logs and caches are below ``home``."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {
        **kept,
        "TERM": "xterm-256color",
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
    }


def until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"never: {what}"
        select.select([], [], [], 0.02)


class Terminal:
    """A pseudo-terminal with a program in it, which leads its session."""

    def __init__(
        self,
        command: Sequence[str | Path],
        environment: dict[str, str],
        size: tuple[int, int] = (80, 24),
        standard_error: int | None = None,
    ) -> None:
        """``size`` is in columns and lines."""
        self.master, self.slave = pty.openpty()
        self.resize(*size)
        self.modes = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(
            [SETSID, "--ctty", *map(str, command)],
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave if standard_error is None else standard_error,
            cwd=ROOT,
            env=environment,
        )
        self.output = b""

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read_until(self, wanted: bytes, after: int = 0) -> None:
        """Read until the program has written this, behind the given number of bytes."""
        deadline = time.monotonic() + PATIENCE
        while wanted not in self.output[after:]:
            assert time.monotonic() < deadline, f"never saw {wanted!r} in {self.output[-2000:]!r}"
            self.read(0.1)

    def read(self, wait: float = 0.0) -> bool:
        """Read what there is; return whether there was something."""
        ready, _, _ = select.select([self.master], [], [], wait)
        with suppress(OSError):
            if ready:
                self.output += os.read(self.master, 65536)
        return bool(ready)

    def press(self, keys: bytes) -> None:
        """Send keys to the program."""
        os.write(self.master, keys)

    def wait_for_end(self) -> int:
        """Read everything that the program writes until it ends; return its exit status."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"still running: {self.output[-2000:]!r}"
            self.read(0.05)
        while self.read():
            pass
        return self.process.returncode

    def hang_up(self) -> None:
        """Close both ends."""
        for end in ("master", "slave"):
            os.close(getattr(self, end))
            setattr(self, end, os.open(os.devnull, os.O_RDWR))

    def close(self) -> None:
        """End the program and close the terminal."""
        for process in family(self.process.pid):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all that it has started."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def assert_family_ends(processes: Sequence[psutil.Process], seconds: float) -> None:
    """Expect every one of these processes to end within so many seconds; kill the others."""
    alive = still_alive(processes, seconds)
    described = [f"{one.pid} {one.status()} {one.cmdline()}" for one in alive]
    for one in alive:
        with suppress(psutil.NoSuchProcess):
            one.send_signal(signal.SIGKILL)
    assert described == [], described


def lambda_tui(*arguments: str | Path) -> list[str]:
    """Return the command line of lambda-tui."""
    return [sys.executable, "-m", "lambda_tui", *map(str, arguments)]
