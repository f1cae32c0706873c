"""The real application in a real terminal, which is as it was however the application ends."""

from __future__ import annotations

import re
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_tui.end_signals import END_SIGNALS
from support.terminal import Terminal, lambda_tui, screen_environment

PROGRAM = Path(__file__).with_name("terminal_program.py")
OFF = {
    "the alternate screen": b"\x1b[?1049l",
    "the mouse's clicks": b"\x1b[?1000l",
    "the mouse's moves": b"\x1b[?1003l",
}


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
def terminal(project: Path, tmp_path: Path) -> Iterator[Terminal]:
    environment = {**screen_environment(tmp_path), "KEYS": "1"}
    terminal = Terminal([sys.executable, PROGRAM, project], environment)
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
    command = lambda_tui(project)
    with (tmp_path / "errors").open("w") as errors:
        terminal = Terminal(command, screen_environment(tmp_path), standard_error=errors.fileno())
    try:
        terminal.read_until(b"Functions")
        terminal.press(b"q")
        assert terminal.wait_for_end() == 0
        assert_is_clean(terminal)
    finally:
        terminal.close()
    assert (tmp_path / "errors").read_text() == ""


@pytest.mark.parametrize("number", END_SIGNALS)
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
    terminal.read_until("#12 ✓".encode())
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
