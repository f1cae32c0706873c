"""Frozen means stopped: threads, daemons and all."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import Function, Project
from support.workbench import TIMEOUT, Open, Workbench, file_in

pytestmark = pytest.mark.also_on_macos

COUNTS = """
import os, tempfile, threading, time
FOLDER = tempfile.gettempdir()

def tick(name):
    path, count = os.path.join(FOLDER, name), 0
    while True:
        count += 1
        with open(path + ".new", "w") as file:
            file.write(str(count))
        os.replace(path + ".new", path)
        time.sleep(0.001)

def start_daemon():
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    tick("daemon")

def count(name):
    try:
        return int(open(os.path.join(FOLDER, name)).read())
    except FileNotFoundError:
        return 0

started = False
def lambda_handler(event, context):
    global started
    if not started:
        threading.Thread(target=tick, args=("thread",), daemon=True).start()
        start_daemon()
        started = True
    while min(count("thread"), count("daemon")) <= event:
        time.sleep(0.001)
"""

CLOCK = """
import time
def lambda_handler(event, context):
    time.sleep(0.1)
"""


def write_project(directory: Path) -> Project:
    functions = []
    for name, source in {"counter": COUNTS, "clock": CLOCK}.items():
        (directory / name).mkdir()
        (directory / name / "app.py").write_text(source)
        function = Function(name, "app.lambda_handler", directory / name, timeout=TIMEOUT)
        functions.append(function)
    return Project(directory, tuple(functions))


def counts(environment: ExecutionEnvironment) -> tuple[int, int]:
    """How far the thread and the daemon have come, read from outside."""
    thread, daemon = (int(file_in(environment, name).read_text()) for name in ("thread", "daemon"))
    return thread, daemon


async def let_the_clock_move_on(workbench: Workbench) -> None:
    """Lets time pass that is not ours to sleep through: another function works meanwhile."""
    await workbench.invoke(pool=workbench.engine.pools["clock"])


async def freeze_a_counter(workbench: Workbench) -> ExecutionEnvironment:
    invocation = await workbench.invoke(0, workbench.engine.pools["counter"])
    environment = workbench.serving(invocation)
    await workbench.until_stopped(environment)
    return environment


@pytest.mark.rule("1.5.1")
async def test_threads_and_daemons_stand_still_while_frozen_and_go_on_when_thawed(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(write_project(tmp_path))
    environment = await freeze_a_counter(workbench)
    before = counts(environment)
    await let_the_clock_move_on(workbench)
    assert counts(environment) == before
    invocation = await workbench.invoke(max(before), workbench.engine.pools["counter"])
    assert invocation.status == "success"
    thread, daemon = counts(environment)
    assert thread > before[0]
    assert daemon > before[1]


async def test_what_is_thawed_by_hand_runs_until_it_is_frozen_again(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(write_project(tmp_path))
    environment = await freeze_a_counter(workbench)
    before = counts(environment)
    environment.thaw()
    assert environment.state is State.IDLE
    await workbench.until(
        lambda: all(now > then for now, then in zip(counts(environment), before, strict=True))
    )
    environment.freeze()
    await workbench.until_stopped(environment)
    still = counts(environment)
    await let_the_clock_move_on(workbench)
    assert counts(environment) == still


@pytest.mark.rule("1.6.3")
async def test_a_reset_ends_threads_and_daemons_for_good(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(write_project(tmp_path))
    environment = await freeze_a_counter(workbench)
    environment.kill()
    await workbench.until(lambda: environment.state is State.RESET)
    before = counts(environment)
    await let_the_clock_move_on(workbench)
    assert counts(environment) == before


FORKS = """
import subprocess
LOOP = '''
n=0
while true; do
    n=$((n + 1))
    echo $n | tr -d x > $0.new
    mv $0.new $0
done
'''
def lambda_handler(event, context):
    subprocess.Popen(["sh", "-c", LOOP, "/tmp/forks"])
"""


async def test_a_thaw_right_behind_a_freeze_leaves_no_process_stopped_that_was_being_forked(
    open_project: Open,
) -> None:
    workbench = await open_project(FORKS)
    await workbench.invoke()
    environment = await workbench.until_frozen()
    forks = file_in(environment, "forks")

    def count() -> int:
        return int(forks.read_text()) if forks.exists() else 0

    def has_passed(number: int) -> bool:
        return count() > number

    environment.thaw()
    before = 0
    for _ in range(60):
        await workbench.until(partial(has_passed, before))
        before = count()
        environment.freeze()
        environment.thaw()
    await workbench.until(partial(has_passed, before))
