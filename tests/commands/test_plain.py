"""``lambda-tui --plain`` in a real terminal: lines, letter keys, and a terminal left as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_tui.end_signals import END_SIGNALS
from support.terminal import Terminal, lambda_tui, screen_environment, until

CODE = """\
import time


def greet(event, context):
    print("at work for", event.get("name"))
    return {"hello": event.get("name")}


def slow(event, context):
    print("begun")
    time.sleep(50)


def fail(event, context):
    raise ValueError("no")
"""
TEMPLATE = """\
Resources:
  Greet:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: app.greet, Runtime: python3.11}
  Slow:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: app.slow, Runtime: python3.11, Timeout: 60}
  Fail:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.fail
      Runtime: python3.11
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "orders"
    (folder / "code").mkdir(parents=True)
    (folder / "events").mkdir()
    (folder / "template.yaml").write_text(TEMPLATE)
    (folder / "code" / "app.py").write_text(CODE)
    (folder / "events" / "greet.json").write_text('{"name": "Ada"}\n')
    (folder / "events" / "greet-other.json").write_text('{"name": "Grace"}\n')
    (folder / "lambda-tui.toml").write_text("watch = false\n")
    return folder


@pytest.fixture
def terminal(project: Path, tmp_path: Path) -> Iterator[Terminal]:
    environment = {**screen_environment(tmp_path), "TERM": "dumb"}
    terminal = Terminal(lambda_tui("--plain", "--port", "0", project), environment)
    terminal.read_until(b"  3 Fail")
    yield terminal
    terminal.close()


def assert_is_as_it_was(terminal: Terminal) -> None:
    assert termios.tcgetattr(terminal.slave) == terminal.modes
    assert b"\x1b" not in terminal.output


def test_i_invokes_and_q_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    terminal.press(b"i")
    terminal.read_until(b"Greet #1 success")
    assert b"> Greet with greet.json" in terminal.output
    assert b"at work for Ada" in terminal.output
    assert b"REPORT RequestId" in terminal.output
    terminal.press(b"q")
    assert terminal.wait_for_end() == 0
    assert_is_as_it_was(terminal)


def test_keys_are_not_shown_and_need_no_enter(terminal: Terminal) -> None:
    start = len(terminal.output)
    terminal.press(b"2")
    terminal.read_until(b"> Slow", start)
    terminal.press(b"9")
    terminal.read_until(b"There are 3 functions.", start)
    assert terminal.output[start:].replace(b"\r\n", b"\n") == b"> Slow\nThere are 3 functions.\n"


def test_a_function_is_found_by_a_part_of_its_name_that_is_typed_ahead(terminal: Terminal) -> None:
    start = len(terminal.output)
    terminal.press(b"/fai\n")
    terminal.read_until(b"> Fail", start)
    terminal.press(b"i")
    terminal.read_until(b"Fail #1 error", start)
    assert b"ValueError" in terminal.output


def test_a_part_that_several_names_have_lists_them(terminal: Terminal) -> None:
    start = len(terminal.output)
    terminal.press(b"/")
    terminal.read_until(b"enter lists all): ", start)
    terminal.press(b"l\n")
    terminal.read_until(b"3 Fail", start)
    assert b"2 Slow" in terminal.output[start:]
    assert b"1 Greet" not in terminal.output[start:]


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (b"2", b"Grace"),
        (b"greet-other", b"Grace"),
        (b"events/greet-other.json", b"Grace"),
        (b'{"name": "Alan"}', b"Alan"),
        (b"", b"Ada"),
    ],
)
def test_e_chooses_an_event_by_number_name_path_or_as_json(
    terminal: Terminal, answer: bytes, name: bytes
) -> None:
    start = len(terminal.output)
    terminal.press(b"e")
    terminal.read_until(b"enter keeps greet.json): ", start)
    terminal.press(answer + b"\n")
    terminal.press(b"i")
    terminal.read_until(b"at work for " + name, start)


def test_an_event_that_cannot_be_read_is_told_and_changes_nothing(terminal: Terminal) -> None:
    start = len(terminal.output)
    terminal.press(b"enowhere.json\n")
    terminal.read_until(b"does not exist", start)
    terminal.press(b"i")
    terminal.read_until(b"at work for Ada", start)


def test_a_burst_invokes_several_at_once(terminal: Terminal) -> None:
    terminal.press(b"b3\n")
    for number in (b"1", b"2", b"3"):
        terminal.read_until(b"Greet #" + number + b" success")


def test_the_log_waits_while_a_line_is_typed(terminal: Terminal) -> None:
    terminal.press(b"2i")
    terminal.read_until(b"begun")
    start = len(terminal.output)
    terminal.press(b"1i/")
    terminal.read_until(b"enter lists all): ", start)
    prompt = len(terminal.output)
    terminal.press(b"gre")
    terminal.read_until(b"gre", prompt)
    # Nothing comes meanwhile but what the terminal echoes.
    assert terminal.output[prompt:].startswith(b"gre")
    terminal.press(b"\n")
    terminal.read_until(b"> Greet", prompt)
    terminal.read_until(b"Greet #1 success", start)


def test_q_asks_while_an_invocation_runs_and_again_leaves(terminal: Terminal) -> None:
    terminal.press(b"2i")
    terminal.read_until(b"begun")
    terminal.press(b"q")
    terminal.read_until(b"1 running invocation would be lost")
    terminal.press(b"?q")
    start = len(terminal.output)
    terminal.read_until(b"1 running invocation would be lost", start)
    terminal.press(b"q")
    assert terminal.wait_for_end() == 0
    assert_is_as_it_was(terminal)


def test_r_makes_new_environments(terminal: Terminal) -> None:
    terminal.press(b"r")
    terminal.read_until(b"> Greet: new environments")
    terminal.read_until(b"INIT_START")


@pytest.mark.parametrize("number", END_SIGNALS)
def test_a_signal_leaves_the_terminal_as_it_was(terminal: Terminal, number: int) -> None:
    terminal.process.send_signal(number)
    assert terminal.wait_for_end() == 128 + number
    assert_is_as_it_was(terminal)


def test_ctrl_c_while_a_line_is_typed_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    terminal.press(b"/")
    terminal.read_until(b"enter lists all): ")
    terminal.press(b"\x03")
    assert terminal.wait_for_end() == 128 + signal.SIGINT
    assert termios.tcgetattr(terminal.slave) == terminal.modes


def test_a_stopped_job_gives_the_terminal_back_until_it_is_continued(terminal: Terminal) -> None:
    terminal.press(b"\x1a")
    until(lambda: termios.tcgetattr(terminal.slave) == terminal.modes, "the modes of before")
    # Without a shell whose job it is, the system stops nothing.
    terminal.process.send_signal(signal.SIGCONT)
    until(lambda: termios.tcgetattr(terminal.slave) != terminal.modes, "the modes for keys")
    terminal.press(b"3")
    terminal.read_until(b"> Fail")


def test_arrows_are_no_keys(terminal: Terminal) -> None:
    start = len(terminal.output)
    terminal.press(b"\x1b[A\x1bOP\x1b[1;5C3")
    terminal.read_until(b"> Fail", start)
    assert terminal.output[start:].replace(b"\r\n", b"\n") == b"> Fail\n"


def test_the_settings_change_the_keys_here_too(project: Path, tmp_path: Path) -> None:
    (project / "lambda-tui.toml").write_text('watch = false\n[keys]\ninvoke = "g,f5"\n')
    terminal = Terminal(lambda_tui("--plain", "--port", "0", project), screen_environment(tmp_path))
    try:
        terminal.read_until(b"g invoke")
        terminal.press(b"g")
        terminal.read_until(b"Greet #1 success")
    finally:
        terminal.close()


def test_without_a_terminal_the_log_goes_on_until_a_signal(project: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        lambda_tui("--plain", "--port", "0", project),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=screen_environment(tmp_path),
    ) as process:
        assert process.stdout is not None
        lines = b""
        while b"there are no keys" not in lines:
            lines += process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_the_screen_says_so_on_a_terminal_that_can_show_none(project: Path, tmp_path: Path) -> None:
    environment = {**screen_environment(tmp_path), "TERM": "dumb"}
    terminal = Terminal(lambda_tui(project), environment)
    try:
        assert terminal.wait_for_end() == 2
        assert b"lambda-tui --plain" in terminal.output
    finally:
        terminal.close()


def test_no_screen_is_loaded() -> None:
    code = (
        "import sys, lambda_tui.commands.plain;"
        "print([name for name in sys.modules if name.split('.')[0] == 'textual'])"
    )
    result = subprocess.run(
        [*lambda_tui()[:1], "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ},
    )

    assert result.stdout.strip() == "[]"
