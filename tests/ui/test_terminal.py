"""The real application in a real terminal, which is as it was however the application ends."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("terminal_program.py")
ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds until a wait is given up."""
OFF = {
    "the alternate screen": b"\x1b[?1049l",
    "the mouse's clicks": b"\x1b[?1000l",
    "the mouse's moves": b"\x1b[?1003l",
}


class Terminal:
    """A pseudo-terminal with the application in it."""

    def __init__(
        self,
        project: Path,
        home: Path,
        *,
        program: tuple[str, ...] = (str(PROGRAM),),
        standard_error: int | None = None,
        **environment: str,
    ) -> None:
        self.master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.modes = termios.tcgetattr(slave)
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, *program, str(project)],
            stdin=slave,
            stdout=slave,
            stderr=slave if standard_error is None else standard_error,
            cwd=ROOT,
            start_new_session=True,
            env={
                **kept,
                "TERM": "xterm-256color",
                "PYTHONPATH": str(ROOT),
                "HOME": str(home),
                "XDG_STATE_HOME": str(home / "state"),
                **environment,
            },
        )
        self.slave = slave
        self.output = b""

    def read_until(self, wanted: bytes) -> None:
        """Read until the application has written this."""
        deadline = time.monotonic() + PATIENCE
        while wanted not in self.output:
            assert time.monotonic() < deadline, f"never saw {wanted!r} in {self.output[-2000:]!r}"
            self._read(0.1)

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def wait_for_end(self) -> int:
        """Read everything that the application writes until it ends; return its exit status."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"still running: {self.output[-2000:]!r}"
            self._read(0.05)
        while self._read(0):
            pass
        return self.process.returncode

    def _read(self, wait: float) -> bool:
        ready, _, _ = select.select([self.master], [], [], wait)
        if ready:
            self.output += os.read(self.master, 65536)
        return bool(ready)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "lambda_function.py").write_text(
        "def lambda_handler(event, context):\n"
        "    print('\\x1b]0;PWNED\\x07')\n"
        "    return 'answered'\n"
    )
    return folder


@pytest.fixture
def terminal(project: Path, tmp_path: Path):  # type: ignore[no-untyped-def]
    terminal = Terminal(project, tmp_path, CRASH="1")
    yield terminal
    terminal.close()


def assert_is_clean(terminal: Terminal) -> None:
    for name, off in OFF.items():
        on = off[:-1] + b"h"
        assert terminal.output.count(on) >= 1, f"{name} was never switched on"
        assert terminal.output.rfind(off) > terminal.output.rfind(on), f"{name} is still on"
    shown, hidden = (terminal.output.rfind(b"\x1b[?25" + end) for end in (b"h", b"l"))
    assert shown > hidden, "the cursor is still hidden"
    assert termios.tcgetattr(terminal.slave)[3] == terminal.modes[3], "the terminal is still raw"


def test_q_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    terminal.read_until(b"Functions")
    terminal.press(b"q")
    assert terminal.wait_for_end() == 0
    assert_is_clean(terminal)


def test_the_screen_is_there_when_standard_error_goes_to_a_file(
    project: Path, tmp_path: Path
) -> None:
    with (tmp_path / "errors").open("w") as errors:
        terminal = Terminal(
            project, tmp_path, program=("-m", "lambda_tui"), standard_error=errors.fileno()
        )
    try:
        terminal.read_until(b"Functions")
        terminal.press(b"q")
        assert terminal.wait_for_end() == 0
        assert_is_clean(terminal)
    finally:
        terminal.close()
    assert (tmp_path / "errors").read_text() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(terminal: Terminal, number: int) -> None:
    terminal.read_until(b"Functions")
    terminal.process.send_signal(number)
    assert terminal.wait_for_end() == 128 + number
    assert_is_clean(terminal)


def test_an_exception_leaves_the_terminal_clean_and_a_report_without_data(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.read_until(b"Functions")
    terminal.press(b"\x1b[20~")
    assert terminal.wait_for_end() == 1
    assert_is_clean(terminal)
    last_words = terminal.output[terminal.output.rfind(b"\x1b[?1049l") :]
    assert b"lambda-tui stopped on a ValueError" in last_words
    (report,) = tmp_path.rglob("crash-*.txt")
    assert str(report).encode() in last_words
    text = report.read_text()
    assert "ValueError" in text
    assert "action_crash" in text
    assert b"AKIASECRET" not in terminal.output
    assert "AKIASECRET" not in text
    assert report.stat().st_mode & 0o077 == 0


def test_a_burst_can_be_typed_in_one_go(terminal: Terminal) -> None:
    terminal.read_until(b"Functions")
    terminal.press(b"b\x7f\x7f12\r")
    terminal.read_until("4 Response #12 ✓".encode())
    terminal.press(b"qy")
    assert terminal.wait_for_end() == 0


def test_output_of_a_function_sets_no_title(terminal: Terminal) -> None:
    terminal.read_until(b"Functions")
    terminal.press(b"i")
    terminal.read_until(b"answered")
    terminal.press(b"q")
    assert terminal.wait_for_end() == 0
    assert b"PWNED" not in terminal.output
    assert re.search(rb"\x1b\][02];PWNED", terminal.output) is None


def test_a_terminal_that_goes_away_takes_the_application_with_it(terminal: Terminal) -> None:
    terminal.read_until(b"Functions")
    os.close(terminal.master)
    terminal.master = os.open(os.devnull, os.O_RDONLY)
    os.close(terminal.slave)
    terminal.slave = os.open(os.devnull, os.O_RDONLY)
    # Not a controlling terminal here: the signal that comes with a real one.
    terminal.process.send_signal(signal.SIGHUP)
    assert terminal.process.wait(PATIENCE) == 128 + signal.SIGHUP
