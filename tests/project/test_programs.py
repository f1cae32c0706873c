"""Programs that run beside lambda-tui: their output as lines, their end, and ending them early."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from lambda_tui.project.programs import Program
from support import SECONDS

HANGS = "import time, os\nprint(os.getpid(), flush=True)\ntime.sleep(600)"


def python(source: str, folder: Path, **given: object) -> Program:
    return Program([sys.executable, "-c", source], folder, **given)  # type: ignore[arg-type]


def test_the_output_comes_as_lines_from_both_streams(tmp_path: Path) -> None:
    source = (
        "import os, sys\n"
        "print('one', flush=True)\n"
        "print('  two', file=sys.stderr, flush=True)\n"
        "print(os.getcwd(), os.environ['GIVEN'], 'PATH' in os.environ, sys.stdin.read() == '')\n"
        "sys.exit(3)"
    )
    told: list[str] = []

    ending = python(source, tmp_path, variables={"GIVEN": "x"}, on_line=told.append).run()

    assert ending.status == 3
    assert ending.lines == ("one", "  two", f"{tmp_path} x True True")
    assert told == list(ending.lines)


def test_a_program_that_is_not_there_is_named_in_the_output(tmp_path: Path) -> None:
    ending = Program(["no-such-program"], tmp_path).run()

    assert ending.status == 1
    assert ending.lines == ("no-such-program does not start: No such file or directory.",)


def test_a_line_without_end_is_given_in_parts(tmp_path: Path) -> None:
    ending = python("print('x' * 100_000)", tmp_path).run()

    assert [len(line) for line in ending.lines] == [65_536, 34_464]


async def test_a_program_that_is_cancelled_ends_with_what_it_has_started(tmp_path: Path) -> None:
    started: asyncio.Queue[int] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    source = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {HANGS!r}])"

    def note(line: str) -> None:
        loop.call_soon_threadsafe(started.put_nowait, int(line))

    program = python(source, tmp_path, on_line=note)
    running = asyncio.create_task(asyncio.to_thread(program.run))
    child = psutil.Process(await asyncio.wait_for(started.get(), SECONDS))

    program.cancel()

    ending = await asyncio.wait_for(running, SECONDS)
    assert (ending.status, program.is_cancelled) == (-signal.SIGKILL, True)
    assert _has_ended(child)


def test_a_program_that_is_cancelled_first_does_not_go_on(tmp_path: Path) -> None:
    program = python(HANGS, tmp_path)
    program.cancel()

    assert program.run().status == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends it on Linux alone")
def test_a_program_ends_with_lambda_tui_however_that_ends(tmp_path: Path) -> None:
    source = (
        "import sys\nfrom pathlib import Path\n"
        "from lambda_tui.project.programs import Program\n"
        f"Program([sys.executable, '-c', {HANGS!r}], Path(), on_line=lambda line: "
        "print(line, flush=True)).run()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", source],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as owner:
        assert owner.stdout is not None
        program = psutil.Process(int(owner.stdout.readline()))
        owner.kill()

        assert _has_ended(program)


def _has_ended(process: psutil.Process) -> bool:
    """Wait for the end of a process that may be nobody's child here."""
    gone, _alive = psutil.wait_procs([process], SECONDS)
    return bool(gone) or process.status() == psutil.STATUS_ZOMBIE
