"""How ``lambda-tui invoke`` ends before it is done, and how it bears slow and absent readers."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import psutil
import pytest

from support.command_line import PATIENCE, Command, outcome, start, write_project
from support.files import ROOT

pytestmark = pytest.mark.usefixtures("nothing_is_left")

SLEEPS = """
import time
def handler(event, context):
    print("sleeping", flush=True)
    time.sleep(event.get("seconds", 0))
    return event
"""
TALKS = """
def handler(event, context):
    print("x" * 20_000)
    return "y" * 8_000
"""
PROMPTLY = 20.0
"""Seconds, generous on a loaded machine; what is given up would take ten times as long."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    functions = {"Sleep": SLEEPS, "Talk": TALKS}
    return write_project(tmp_path / "project", functions, Sleep="Timeout: 300")


@pytest.fixture
def begin(project: Path) -> Iterator[Callable[..., Command]]:
    """Starts invocations; none of them outlives the test."""
    begun: list[Command] = []

    def begin(*arguments: object) -> Command:
        begun.append(start("invoke", *arguments, "--project", project))
        return begun[-1]

    yield begin
    for command in begun:
        if command.poll() is None:
            command.kill()
        command.communicate()


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def read_until(stream: IO[bytes] | None, wanted: bytes) -> None:
    """Reads lines up to the one that has this; the test's own time limit bounds it."""
    while line := pipe(stream).readline():
        if wanted in line:
            return
    raise AssertionError(f"never saw {wanted!r}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_function_that_takes_long(
    begin: Callable[..., Command], number: signal.Signals
) -> None:
    command = begin("Sleep", "--payload", '{"seconds": 200}')
    read_until(command.stderr, b"sleeping")
    below = psutil.Process(command.pid).children(recursive=True)
    assert len(below) >= 2

    began = time.monotonic()
    command.send_signal(number)
    ended = outcome(command)

    assert time.monotonic() - began < PROMPTLY
    assert ended.status == 128 + number
    assert ended.output == ""
    assert "interrupted after 0 of 1 invocations of Sleep in " in ended.errors
    assert ended.errors.endswith("; 1 given up.\n")
    assert not psutil.wait_procs(below, timeout=PROMPTLY)[1]


def test_an_interruption_in_the_middle_reports_what_is_done(begin: Callable[..., Command]) -> None:
    command = begin("Sleep", "--count", 100_000, "--concurrency", 8, "--output", "json")
    first = [pipe(command.stdout).readline() for _ in range(200)]

    began = time.monotonic()
    command.send_signal(signal.SIGINT)
    ended = outcome(command)

    assert time.monotonic() - began < PROMPTLY
    assert ended.status == 130
    done = len(first) + len(ended.lines)
    assert all(json.loads(line)["status"] == "success" for line in first)
    assert {line["status"] for line in ended.lines} <= {"success"}
    assert f"interrupted after {done:,} of 100,000 invocations of Sleep in" in ended.complaint
    assert f": {done:,} success; " in ended.complaint


def test_an_event_that_waits_for_its_next_try_is_given_up(begin: Callable[..., Command]) -> None:
    command = begin("Sleep", "--async", "--payload", '{"seconds": "long"}')
    read_until(command.stderr, b" failed at try 1; the next try is in 60 s")

    began = time.monotonic()
    command.send_signal(signal.SIGINT)
    ended = outcome(command)

    assert time.monotonic() - began < PROMPTLY
    assert ended.status == 130
    assert ended.errors.endswith("; 1 given up.\n")


@pytest.mark.parametrize("output_format", ["text", "json", "events"])
def test_a_reader_that_has_seen_enough_ends_it_quietly(
    project: Path, tmp_path: Path, output_format: str
) -> None:
    command = start(
        "invoke", "Talk", "--project", project, "--count", 100_000, "--output", output_format
    )
    # Read all the while: a log that nobody reads holds the responses up.
    with (tmp_path / "log").open("wb") as log:
        drained = subprocess.Popen(["cat"], stdin=command.stderr, stdout=log)
    pipe(command.stderr).close()
    assert pipe(command.stdout).readline()

    pipe(command.stdout).close()

    status = command.wait(PATIENCE)
    assert drained.wait(PATIENCE) == 0
    errors = (tmp_path / "log").read_text()
    pipe(command.stdin).close()
    assert status == 128 + signal.SIGPIPE
    assert "lambda-tui: " not in errors
    assert "Traceback" not in errors


def test_a_reader_that_does_not_read_holds_invocations_up_and_not_the_end(
    begin: Callable[..., Command],
) -> None:
    command = begin("Talk", "--count", 100_000)
    log = bytearray()
    errors = pipe(command.stderr).fileno()
    process = psutil.Process(command.pid)
    # Both are written in order, so that the log rests where nobody reads the responses.
    while b"REPORT" not in log or not rests(errors, process):
        if is_readable(errors, 0):
            log += os.read(errors, 65536)

    began = time.monotonic()
    command.send_signal(signal.SIGTERM)
    status = command.wait(PROMPTLY)

    assert time.monotonic() - began < PROMPTLY
    assert status == 128 + signal.SIGTERM


def is_readable(descriptor: int, seconds: float) -> bool:
    """Whether something comes in this time."""
    return bool(select.select([descriptor], [], [], seconds)[0])


def rests(descriptor: int, process: psutil.Process) -> bool:
    """Whether nothing comes for a while, and the process waits rather than works."""
    before = sum(process.cpu_times()[:2])
    is_quiet = not is_readable(descriptor, 0.5)
    is_waiting = process.status() == psutil.STATUS_SLEEPING
    return is_quiet and is_waiting and sum(process.cpu_times()[:2]) - before < 0.1


def test_memory_does_not_grow_with_the_count(begin: Callable[..., Command]) -> None:
    command = begin("Talk", "--count", 3000, "--concurrency", 4, "--output", "json")
    process = psutil.Process(command.pid)
    lines = 0
    sizes: list[int] = []
    while lines < 3000:
        data = os.read(pipe(command.stdout).fileno(), 65536)
        assert data
        lines += data.count(b"\n")
        if lines >= 500 * (len(sizes) + 1):
            sizes.append(process.memory_info().rss)

    assert outcome(command).status == 0
    # By the third it holds all that it ever will: some 200 invocations, the reader's backlog.
    assert sizes[-1] - sizes[1] < 12 << 20, sizes


def test_a_closed_standard_error_is_no_reason_to_end(project: Path) -> None:
    command = start("invoke", "Talk", "--project", project, "--count", 50)
    pipe(command.stderr).close()
    output = pipe(command.stdout).read()
    pipe(command.stdout).close()
    pipe(command.stdin).close()

    assert command.wait(PATIENCE) == 0
    assert output == (b'"' + b"y" * 8_000 + b'"\n') * 50


def test_list_bears_a_reader_that_has_gone(project: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = start("list", project, standard_output=writing)
    os.close(writing)

    errors = command.communicate(timeout=PATIENCE)[1]

    assert (command.returncode, errors) == (128 + signal.SIGPIPE, b"")


@pytest.mark.parametrize(
    "arguments",
    [["list"], ["list", "--json"], ["doctor"], ["invoke", "Talk", "--project"], ["--help"]],
    ids=" ".join,
)
def test_an_output_that_takes_no_more_is_told_of_in_one_sentence(
    project: Path, arguments: list[str]
) -> None:
    with open("/dev/full", "wb") as full:
        command = start(*arguments, project, standard_output=full.fileno())
        ended = outcome(command)

    assert ended.status == 2
    lines = ended.errors.splitlines()
    assert [line for line in lines if line.startswith("lambda-tui: standard")] == [
        "lambda-tui: standard output cannot be written: no space left on device."
    ]
    assert "Traceback" not in ended.errors
    assert "ignored" not in ended.errors


def test_a_long_output_that_finds_no_room_is_told_of_too(tmp_path: Path) -> None:
    project = write_project(tmp_path / "large", {f"Order{'x' * 50}{n}": TALKS for n in range(150)})

    with open("/dev/full", "wb") as full:
        ended = outcome(start("list", project, standard_output=full.fileno()))

    assert (ended.status, ended.errors) == (
        2,
        "lambda-tui: standard output cannot be written: no space left on device.\n",
    )


def test_a_signal_while_modules_are_read_ends_it_quietly(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    # In the place of the first that the command line needs.
    (tmp_path / "argparse.py").write_text(
        f"import signal\nopen({str(ready)!r}, 'w').close()\nwhile True:\n    signal.pause()\n"
    )
    command = start("list", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    ready.open().close()

    command.send_signal(signal.SIGINT)

    ended = outcome(command)
    assert (ended.status, ended.output, ended.errors) == (130, "", "")
