"""However it ends, nothing is left; and what cannot begin says why."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State
from support import SECONDS
from support.leftovers import GOODBYE_SECONDS, mounts, still_alive, survivors
from support.workbench import Open, Workbench, response_of

pytestmark = pytest.mark.also_on_macos

RUNS = """
import os, subprocess, sys, threading, time
def lambda_handler(event, context):
    exec(event)
    return "done"
"""
LEAVES_MUCH_RUNNING = """
subprocess.Popen(["sleep", "1000"])
subprocess.Popen(["sleep", "1000"], start_new_session=True)
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(0)
"""
KINDS = ("on-demand", "snap-start")
NEVER_ANSWERS = LEAVES_MUCH_RUNNING + 'print("busy")\ntime.sleep(1000)\n'


@pytest.mark.rule("1.7.3")
async def test_closing_ends_everything_at_once(open_project: Open) -> None:
    workbench = await open_project(RUNS, timeout=60)
    await workbench.invoke(LEAVES_MUCH_RUNNING)
    await workbench.until_frozen()
    frozen, busy = (workbench.call(b'""'), workbench.call(encoded(NEVER_ANSWERS)))
    await frozen.wait()
    await workbench.until_logged("busy")
    began = time.monotonic()
    await workbench.engine.close()
    assert time.monotonic() - began < 50, "it waits for nothing that runs for 1,000 seconds"
    assert busy.is_over
    assert workbench.pool.environments == []
    assert survivors() == []


def encoded(event: object) -> bytes:
    return json.dumps(event).encode()


async def test_closing_before_the_interpreter_has_booted_is_fine(open_project: Open) -> None:
    workbench = await open_project(RUNS)
    invocation = workbench.call(b'""')
    await workbench.engine.close()
    assert invocation.is_over
    assert workbench.pool.environments == []


DRIVER = """
import asyncio, json, sys
from pathlib import Path
from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.engine.engine import Engine
from lambda_tui.project.function import Function, Project, PublishedVersion
from lambda_tui.project.settings import Settings

async def main():
    # The interpreter of functions, which may imitate another system.
    sys.executable = sys.argv.pop()
    directory, level, idle, busy, kind = Path(sys.argv[1]), *sys.argv[2:]
    function = Function(
        "function",
        "lambda_function.lambda_handler",
        directory,
        timeout=60,
        snap_start=kind == "snap-start",
        published=(PublishedVersion("1"),),
    )
    engine = Engine(Project(directory, (function,)), Settings(sandbox=level), open_environment_api)
    await engine.start()
    (pool,) = engine.pools.values()
    first = pool.invoke(json.dumps(idle).encode(), qualifier="1")
    running = asyncio.Event()
    engine.events.listen(lambda event: event.record.type == "function" and running.set())
    pool.invoke(json.dumps(busy).encode(), qualifier="1")
    await first.wait()
    await running.wait()
    print(json.dumps([str(one.tmp_directory) for one in pool.environments]), flush=True)
    await asyncio.sleep(1000)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("level", "kind"),
    [
        *((level, kind) for level in ("namespaces", "processes") for kind in KINDS),
        # The end of a snapshot is not proved there.
        ("macos", "on-demand"),
    ],
    indirect=["level"],
)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_an_engine_that_is_killed_leaves_no_process_and_no_mount(
    tmp_path: Path, level: str, nothing_is_left: None, number: signal.Signals, kind: str
) -> None:
    (tmp_path / "lambda_function.py").write_text(RUNS)
    mounts_before = mounts()
    arguments = [str(tmp_path), level, LEAVES_MUCH_RUNNING, NEVER_ANSWERS, kind]
    arguments.append(sys.executable)
    with subprocess.Popen(
        [sys.executable, "-c", DRIVER, *arguments], stdout=subprocess.PIPE, text=True
    ) as driver:
        assert driver.stdout is not None
        storages = json.loads(driver.stdout.readline())
        below = psutil.Process(driver.pid).children(recursive=True)
        # A zygote, two init processes, two runtimes, and at least three more of each function.
        assert len(below) >= 5 + 2 * 3
        driver.send_signal(number)
        driver.wait(GOODBYE_SECONDS)
        assert survivors() == []
    assert still_alive(below, seconds=0) == []
    assert mounts() == mounts_before
    assert [path for path in storages if path.startswith("/tmp") and Path(path).exists()] == []


def zygotes() -> list[psutil.Process]:
    """Return the zygotes, each of which leads a session, without orphans that were forked."""
    leaders = [one for one in psutil.Process().children() if os.getsid(one.pid) == one.pid]
    return [one for one in leaders if any(part.endswith("/boot.py") for part in one.cmdline())]


async def test_a_zygote_that_is_killed_is_told_and_the_next_invocation_works(
    open_project: Open,
) -> None:
    workbench = await open_project(RUNS, timeout=30)
    await workbench.invoke(LEAVES_MUCH_RUNNING)
    await workbench.until_frozen()
    served = workbench.call(b'"print(1); time.sleep(1000)"')
    await workbench.until_logged("1")
    (zygote,) = zygotes()
    zygote.kill()
    await workbench.until(lambda: not workbench.pool.environments)
    assert served.is_over
    assert served.status == "error"
    (notice,) = workbench.records(events.Notice)
    assert notice.severity == "error"
    assert str(workbench.pool.interpreter.executable) in notice.message
    assert workbench.pool.problem == notice.message
    assert await workbench.answer("") == "done"
    assert workbench.pool.problem is None


async def until_problem(workbench: Workbench) -> str:
    await workbench.until(lambda: workbench.pool.problem)
    assert workbench.pool.problem is not None
    assert workbench.pool.problem.endswith(".")
    return workbench.pool.problem


async def fails_at_once(workbench: Workbench) -> None:
    """Every invocation is answered with the problem, and none is left waiting."""
    for _ in range(2):
        invocation = await workbench.invoke()
        assert (invocation.status, invocation.function_error) == ("error", "Unhandled")
        assert response_of(invocation)["errorType"] == "Sandbox.Failure"
        assert response_of(invocation)["errorMessage"] == workbench.pool.problem
    await workbench.until(lambda: not workbench.pool.environments)


async def test_an_interpreter_that_does_not_exist_is_named(open_project: Open) -> None:
    workbench = await open_project(RUNS, python=Path("/nowhere/python3"))
    problem = await until_problem(workbench)
    assert "/nowhere/python3" in problem
    assert "No such file or directory" in problem
    await fails_at_once(workbench)


@pytest.mark.parametrize("script", ["exit 0", "exit 3", "echo 'I am no Python' >&2; exit 1"])
async def test_an_interpreter_that_is_no_python_is_named(
    open_project: Open, tmp_path: Path, script: str
) -> None:
    executable = tmp_path / "python"
    executable.write_text(f"#!/bin/sh\n{script}\n")
    executable.chmod(0o755)
    workbench = await open_project(RUNS, python=executable)
    problem = await until_problem(workbench)
    assert str(executable) in problem
    assert ("I am no Python" in problem) == ("I am no Python" in script)
    await fails_at_once(workbench)


async def test_an_interpreter_that_may_not_be_run_is_named(
    open_project: Open, tmp_path: Path
) -> None:
    executable = tmp_path / "python"
    executable.write_text("not a program")
    workbench = await open_project(RUNS, python=executable)
    problem = await until_problem(workbench)
    assert "Permission denied" in problem
    await fails_at_once(workbench)


async def test_an_interpreter_that_appears_later_is_used(
    open_project: Open, tmp_path: Path
) -> None:
    executable = tmp_path / "python"
    workbench = await open_project(RUNS, python=executable)
    await until_problem(workbench)
    executable.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    executable.chmod(0o755)
    assert await workbench.answer("") == "done"
    assert workbench.pool.problem is None


async def test_code_that_has_vanished_is_told(open_project: Open) -> None:
    workbench = await open_project(RUNS)
    directory = workbench.directory
    source = (directory / "lambda_function.py").read_text()
    shutil.rmtree(directory)
    invocation = await workbench.invoke("")
    assert invocation.status == "error"
    message = response_of(invocation)["errorMessage"]
    assert "No such file or directory" in message
    await workbench.until(lambda: not workbench.pool.environments)
    assert workbench.pool.problem == message
    directory.mkdir()
    workbench.write(source)
    assert await workbench.answer("") == "done"
    assert workbench.pool.problem is None


async def test_an_init_process_that_is_killed_ends_its_environment(open_project: Open) -> None:
    workbench = await open_project(RUNS, timeout=30)
    invocation = workbench.call(encoded(NEVER_ANSWERS))
    await workbench.until_logged("busy")
    environment = workbench.environment
    assert environment.pid is not None
    below = psutil.Process(environment.pid).children(recursive=True)
    os.kill(environment.pid, signal.SIGKILL)
    await asyncio.wait_for(invocation.wait(), SECONDS)
    assert invocation.status == "error"
    await workbench.until(lambda: environment.state is State.ENDED)
    assert await workbench.answer("") == "done"
    assert await asyncio.to_thread(still_alive, below, GOODBYE_SECONDS) == []


async def test_an_interpreter_that_hangs_is_given_up(
    tmp_path: Path, open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambda_tui.engine.wire.zygote.BOOT_LIMIT", 0.2)
    silent = tmp_path / "python"
    silent.write_text("#!/bin/sh\nexec sleep 60\n")
    silent.chmod(0o755)
    workbench = await open_project(RUNS, python=silent)

    invocation = await workbench.invoke()

    assert invocation.status == "error"
    assert "has not started within" in (workbench.pool.problem or "")
