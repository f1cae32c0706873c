"""Whatever happens to its terminal, lambda-tui ends when it should, with everything it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from lambda_tui.end_signals import END_SIGNALS
from support.terminal import (
    PATIENCE,
    Terminal,
    assert_family_ends,
    family,
    lambda_tui,
    screen_environment,
    until,
)

SECONDS = 3.0
"""Seconds in which everything has to be over."""
LOAD = 4.0
"""Seconds more, for a machine that has much else to do."""
PROGRAM = Path(__file__).with_name("terminal_program.py")
OPENED = b"Environments"
IGNORING_HANG_UPS = """\
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])
"""
INSTALLING = """\
import sys
from pathlib import Path
from lambda_tui.project.installers import Installer
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.sdk import install_sdk
interpreter = Interpreter(Path(sys.executable), "the tests' own")
install_sdk(Installer(interpreter, print), "python3.11", ["boto3"])
"""

Start = Callable[..., Terminal]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "lambda_function.py").write_text(
        "import time\n\n\ndef lambda_handler(event, context):\n    time.sleep(60)\n"
    )
    return folder


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A function that starts a command in a terminal."""
    terminals = []

    def start_it(*command: str | Path, size: tuple[int, int] = (80, 24), **more: str) -> Terminal:
        environment = {**screen_environment(tmp_path), **more}
        terminals.append(Terminal(command, environment, size))
        return terminals[-1]

    yield start_it
    for terminal in terminals:
        terminal.close()


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """A function that runs a command of a tmux server of its own."""
    name = f"lambda-tui-{os.getpid()}-{time.monotonic_ns()}"
    environment = screen_environment(tmp_path)

    def run(*arguments: str) -> str:
        command = ["tmux", "-L", name, "-f", os.devnull, *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
        return done.stdout

    yield run
    run("kill-server")


def invoked(terminal: Terminal) -> list[psutil.Process]:
    """Return what the application has started, once an invocation keeps an environment busy."""
    terminal.read_until(OPENED)
    terminal.press(b"i")
    terminal.read_until("► running".encode())
    _, *processes = family(terminal.process.pid)
    assert len(processes) >= 3
    return processes


def in_tmux(tmux: Callable[..., str], command: str) -> psutil.Process:
    """Run a shell's command in tmux; return the process of its pane."""
    tmux("new-session", "-d", "-x", "100", "-y", "30", command)
    return psutil.Process(int(tmux("list-panes", "-F", "#{pane_pid}")))


@pytest.mark.parametrize("number", END_SIGNALS)
def test_a_signal_ends_everything_while_the_loop_is_stuck(
    start: Start, project: Path, number: signal.Signals
) -> None:
    terminal = start(sys.executable, PROGRAM, project, KEYS="1")
    processes = invoked(terminal)
    terminal.press(b"\x1b[19~")
    terminal.read_until(b"LOOPING")
    terminal.process.send_signal(number)
    assert terminal.wait_for_end() == 128 + number
    assert_family_ends(processes, SECONDS + LOAD)
    assert terminal.output.rfind(b"\x1b[?1049l") > terminal.output.rfind(b"\x1b[?1049h")


@pytest.mark.parametrize("number", END_SIGNALS)
def test_a_signal_ends_everything_while_the_terminal_does_not_read(
    start: Start, project: Path, number: signal.Signals
) -> None:
    terminal = start(*lambda_tui(project), size=(400, 200))
    processes = invoked(terminal)
    # Each size is painted in full, which is more than the terminal holds.
    for columns in range(200, 240):
        terminal.resize(columns, 200)
        time.sleep(0.02)
    terminal.process.send_signal(number)
    assert terminal.process.wait(SECONDS + LOAD) == 128 + number
    assert_family_ends(processes, SECONDS)


def test_a_terminal_that_reads_again_shows_everything(start: Start, project: Path) -> None:
    terminal = start(*lambda_tui(project), size=(400, 200))
    invoked(terminal)
    for columns in range(200, 240):
        terminal.resize(columns, 200)
        time.sleep(0.02)
    terminal.resize(90, 30)
    terminal.press(b"?")
    terminal.read_until(b"Take a file or a new event")
    before = len(terminal.output)
    terminal.press(b"qqy")
    terminal.read_until(b"\x1b[?1049l", before)
    assert terminal.wait_for_end() == 0


def test_closing_the_terminal_ends_everything(start: Start, project: Path) -> None:
    terminal = start(*lambda_tui(project))
    processes = invoked(terminal)
    terminal.hang_up()
    assert terminal.process.wait(SECONDS + LOAD) == 128 + signal.SIGHUP
    assert_family_ends(processes, SECONDS)


def test_closing_the_terminal_ends_what_ignores_its_signal(start: Start, project: Path) -> None:
    terminal = start(sys.executable, "-c", IGNORING_HANG_UPS, *lambda_tui(project))
    processes = invoked(terminal)
    terminal.hang_up()
    assert terminal.process.wait(SECONDS + LOAD) == 128 + signal.SIGHUP
    assert_family_ends(processes, SECONDS)


def test_a_terminal_server_that_ends_takes_everything_along(
    tmux: Callable[..., str], project: Path
) -> None:
    pane = in_tmux(tmux, " ".join(lambda_tui(project)))
    until(lambda: "Functions" in tmux("capture-pane", "-p"), "a painted screen")
    tmux("send-keys", "i")
    until(lambda: "running" in tmux("capture-pane", "-p"), "an invocation")
    processes = family(pane.pid)
    tmux("kill-server")
    assert_family_ends(processes, SECONDS + LOAD)


@pytest.mark.parametrize("command", ["timeout 3 {}", "timeout 3 {}; true", "({}); true"])
def test_it_ends_in_the_background_of_its_terminal(
    tmux: Callable[..., str], project: Path, command: str
) -> None:
    # Unless it leads the session, ``timeout`` puts what it starts into the background.
    pane = in_tmux(tmux, "sh -c '" + command.format(" ".join(lambda_tui(project))) + "; sleep 60'")
    until(lambda: any("lambda_tui" in one.cmdline() for one in family(pane.pid)), "a start")
    ours = [one for one in family(pane.pid) if "lambda_tui" in one.cmdline()]
    if "timeout" not in command:
        until(lambda: "Functions" in tmux("capture-pane", "-p"), "a painted screen")
        for one in ours:
            one.terminate()
    assert_family_ends(ours, 3 + SECONDS + LOAD)


def test_a_shell_stops_and_continues_it(start: Start, project: Path) -> None:
    terminal = start("bash", "--norc", "--noprofile", "-i", PS1="READY ")
    terminal.press(" ".join(lambda_tui(project)).encode() + b"\r")
    terminal.read_until(OPENED)
    before = len(terminal.output)
    terminal.press(b"\x1a")
    terminal.read_until(b"Stopped", before)
    assert terminal.output.rfind(b"\x1b[?1049l") > terminal.output.rfind(b"\x1b[?1049h")
    assert terminal.output.rfind(b"\x1b[?25h") > terminal.output.rfind(b"\x1b[?25l")
    terminal.resize(120, 40)
    before = len(terminal.output)
    terminal.press(b"fg\r")
    terminal.read_until(b"\x1b[?1049h", before)
    terminal.read_until(b"\x1b[?1003h", before)
    terminal.read_until(b"\x1b[40;", before)
    terminal.read_until(OPENED, before)
    before = len(terminal.output)
    terminal.press(b"?")
    terminal.read_until(b"Take a file or a new event", before)
    terminal.press(b"qq")
    terminal.read_until(b"READY", before)
    terminal.press(b"echo status $?\r")
    terminal.read_until(b"status 0", before)


def started_by_the_shell(terminal: Terminal) -> psutil.Process:
    """Return lambda-tui's process; the shell has forked before, and executes it only then."""

    def found() -> list[psutil.Process]:
        return [one for one in family(terminal.process.pid) if "lambda_tui" in one.cmdline()]

    until(lambda: bool(found()), "a start")
    (ours,) = found()
    return ours


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU])
def test_it_comes_back_whole_after_a_signal_that_stops_it(
    start: Start, project: Path, number: signal.Signals
) -> None:
    terminal = start("bash", "--norc", "--noprofile", "-i", PS1="READY ")
    terminal.press(" ".join(lambda_tui(project)).encode() + b"\r")
    terminal.read_until(OPENED)
    ours = started_by_the_shell(terminal)
    ours.send_signal(number)
    terminal.read_until(b"Stopped")
    before = len(terminal.output)
    terminal.press(b"fg\r")
    terminal.read_until(b"\x1b[?1049h", before)
    terminal.read_until(OPENED, before)
    before = len(terminal.output)
    terminal.press(b"q")
    terminal.read_until(b"READY", before)
    terminal.press(b"stty -a; echo status $?\r")
    terminal.read_until(b"status 0", before)
    assert b" icanon" in terminal.output[before:]
    assert b" echo " in terminal.output[before:]


def test_a_stopped_job_can_be_ended(start: Start, project: Path) -> None:
    terminal = start("bash", "--norc", "--noprofile", "-i", PS1="READY ")
    terminal.press(" ".join(lambda_tui(project)).encode() + b"\r")
    terminal.read_until(OPENED)
    terminal.press(b"i")
    terminal.read_until("► running".encode())
    ours = [one for one in family(terminal.process.pid) if one.pid != terminal.process.pid]
    terminal.press(b"\x1a")
    terminal.read_until(b"Stopped")
    terminal.press(b"kill %1\r")
    assert_family_ends(ours, SECONDS + LOAD)
    before = len(terminal.output)
    terminal.press(b"stty -a; echo status $?\r")
    terminal.read_until(b"status 0", before)


def test_it_waits_in_the_background_until_it_gets_the_terminal(start: Start, project: Path) -> None:
    terminal = start("bash", "--norc", "--noprofile", "-i", PS1="READY ")
    terminal.press(" ".join(lambda_tui(project)).encode() + b" &\r")
    terminal.read_until(b"[1] ")
    ours = started_by_the_shell(terminal)
    until(lambda: ours.status() == psutil.STATUS_STOPPED, "a stop")
    assert b"\x1b[?1049h" not in terminal.output
    terminal.press(b"fg\r")
    terminal.read_until(OPENED)
    terminal.press(b"q")
    ours.wait(PATIENCE)


def test_without_a_shell_it_is_not_suspended(start: Start, project: Path) -> None:
    terminal = start(*lambda_tui(project))
    terminal.read_until(OPENED)
    terminal.press(b"\x1a")
    terminal.read_until(b"There is no shell")
    terminal.press(b"q")
    assert terminal.wait_for_end() == 0


@pytest.mark.parametrize("terminal_type", ["unknown", "vt100", ""])
def test_any_kind_and_size_of_terminal_is_quiet_after_a_while(
    start: Start, project: Path, terminal_type: str
) -> None:
    terminal = start(*lambda_tui(project), size=(100, 31), TERM=terminal_type, COLUMNS="60")
    terminal.read_until(OPENED)
    # The last line of the screen that there is.
    terminal.read_until(b"\x1b[31;1H")
    terminal.press(b"q")
    assert terminal.wait_for_end() == 0


@pytest.mark.parametrize("size", [(1, 1), (10, 3), (2, 50), (1000, 400)])
def test_keys_have_an_effect_at_any_size(
    start: Start, project: Path, size: tuple[int, int]
) -> None:
    terminal = start(*lambda_tui(project), size=size)
    terminal.read_until(b"\x1b[?1049h")
    until(lambda: not terminal.read() and len(family(terminal.process.pid)) > 1, "an engine")
    terminal.press(b"?qpq2346zz1jkgGiqy")
    assert terminal.wait_for_end() == 0


def test_a_storm_of_sizes_ends(start: Start, project: Path) -> None:
    terminal = start(*lambda_tui(project))
    terminal.read_until(OPENED)
    for number in range(300):
        terminal.resize(40 + number * 7 % 100, 10 + number * 3 % 40)
        terminal.read(0.002)
    terminal.resize(90, 30)
    before = len(terminal.output)
    terminal.press(b"q")
    assert terminal.wait_for_end() == 0
    assert len(terminal.output) - before < 1_000_000


def test_a_paste_of_megabytes_does_not_make_it_deaf(start: Start, project: Path) -> None:
    terminal = start(*lambda_tui(project))
    terminal.read_until(OPENED)
    terminal.press(b"e")
    pasted = b"\x1b[200~" + b'{"key": "value"}\n' * 300_000 + b"\x1b[201~"
    os.set_blocking(terminal.master, False)
    rest = memoryview(pasted)
    deadline = time.monotonic() + PATIENCE
    while rest:
        assert time.monotonic() < deadline
        try:
            rest = rest[os.write(terminal.master, rest[:4096]) :]
        except BlockingIOError:
            terminal.read(0.01)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.process.wait(SECONDS + LOAD) == 128 + signal.SIGTERM


def test_an_installer_ends_with_lambda_tui_however_that_ends(tmp_path: Path) -> None:
    # An index that never answers.
    with socket.create_server(("127.0.0.1", 0)) as index:
        variables = {
            **screen_environment(tmp_path),
            "PIP_INDEX_URL": f"http://127.0.0.1:{index.getsockname()[1]}/simple",
            "PIP_CONFIG_FILE": os.devnull,
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        }
        program = subprocess.Popen([sys.executable, "-c", INSTALLING], env=variables)

        def installer() -> list[psutil.Process]:
            return [one for one in family(program.pid) if "install" in one.cmdline()]

        until(lambda: bool(installer()), "an installer")
        processes = installer()
        program.kill()
        program.wait()
        assert_family_ends(processes, SECONDS + LOAD)


@pytest.mark.parametrize("level", ["namespaces", "processes"])
def test_an_end_by_force_leaves_no_storage(
    start: Start, tmp_path: Path, project: Path, level: str
) -> None:
    storage = tmp_path / "storage"
    storage.mkdir()
    variables = {"KEYS": "1", "LEVEL": level, "TMPDIR": str(storage)}
    terminal = start(sys.executable, PROGRAM, project, **variables)
    processes = invoked(terminal)
    assert level == "namespaces" or list(storage.glob("lambda-tui-*"))
    terminal.press(b"\x1b[19~")
    terminal.read_until(b"LOOPING")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.wait_for_end() == 128 + signal.SIGTERM
    assert_family_ends(processes, SECONDS + LOAD)
    until(lambda: not list(storage.iterdir()), "no storage")


def test_a_clipboard_command_that_hangs_holds_nothing_up(
    start: Start, tmp_path: Path, project: Path
) -> None:
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin" / "xclip"
    command.write_text("#!/bin/sh\nsleep 50\n")
    command.chmod(0o755)
    path = f"{command.parent}:{os.environ['PATH']}"
    terminal = start(*lambda_tui(project), PATH=path, DISPLAY=":0")
    terminal.read_until(OPENED)
    # The functions, of which the chosen one's ARN is copied.
    terminal.press(b"1y")

    def helper() -> list[psutil.Process]:
        terminal.read()
        return [one for one in family(terminal.process.pid) if str(command) in one.cmdline()]

    until(lambda: bool(helper()), "a helper")
    _, *processes = family(terminal.process.pid)
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.wait_for_end() == 128 + signal.SIGTERM
    assert_family_ends(processes, SECONDS + LOAD)
