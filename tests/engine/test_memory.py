"""The memory size is a limit, as on AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State
from support.extensions import PYTHON, project
from support.workbench import Open, response_of

TAKES = """
import subprocess, sys, time
def lambda_handler(event, context):
    if event == "child":
        code = "import time; taken = bytearray(300 << 20); time.sleep(50)"
        return subprocess.run([sys.executable, "-c", code], capture_output=True).returncode
    taken = bytearray(event << 20)
    for position in range(0, len(taken), 4096):
        taken[position] = 1
    if context.memory_limit_in_mb == "128" and event > 128:
        time.sleep(50)
    return len(taken)
"""


@pytest.mark.also_on_macos
async def test_a_function_that_takes_more_than_its_memory_size_is_killed(
    open_project: Open,
) -> None:
    workbench = await open_project(TAKES, memory_size=128, timeout=30)
    invocation = await workbench.invoke(400)
    payload = response_of(invocation)
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Runtime exited with error: signal: killed")
    (report,) = workbench.records(events.Report)
    assert (report.status, report.error_type) == ("error", "Runtime.OutOfMemory")
    assert 100 <= report.max_memory_used_mb <= report.memory_size_mb == 128
    await workbench.until_state(State.RESET)
    assert await workbench.answer(1) == 1 << 20


@pytest.mark.also_on_macos
@pytest.mark.rule("5.2.3")
async def test_a_function_within_its_memory_size_is_left_alone(open_project: Open) -> None:
    workbench = await open_project(TAKES, memory_size=512)
    assert await workbench.answer(200) == 200 << 20
    (report,) = workbench.records(events.Report)
    assert 200 <= report.max_memory_used_mb <= 512


@pytest.mark.also_on_macos
@pytest.mark.rule("6.3.3")
async def test_a_child_that_takes_too_much_is_killed_for_it(open_project: Open) -> None:
    workbench = await open_project(TAKES, memory_size=128, timeout=30)
    invocation = await workbench.invoke("child")
    assert (invocation.status, response_of(invocation)) == ("success", -9)


TAKES_BESIDE = f"""{PYTHON}
register("INVOKE")
taken = bytearray(60 << 20)
taken[::4096] = b"x" * len(taken[::4096])
while True:
    next_event()
"""
FORKS = """
import os, time
kept = bytearray(60 << 20)
kept[::4096] = b"x" * len(kept[::4096])
def lambda_handler(event, context):
    if not event:
        return
    for _ in range(3):
        if os.fork() == 0:
            time.sleep(1000)
            os._exit(0)
    time.sleep(1)
"""


@pytest.mark.rule("5.2.3")
@pytest.mark.parametrize("memory_size", [512, 3000])
async def test_the_memory_of_extensions_is_part_of_the_reported(
    open_project: Open, tmp_path: Path, memory_size: int
) -> None:
    reported = []
    for count in range(3):
        extensions = dict.fromkeys("ab"[:count], TAKES_BESIDE)
        folder = tmp_path / str(count)
        workbench = await open_project(project(folder, extensions, memory_size=memory_size))
        for _ in range(2):
            await workbench.answer()
        first, second = workbench.records(events.Report)
        assert second.max_memory_used_mb - first.max_memory_used_mb in range(4)
        reported.append(first.max_memory_used_mb)

    alone, beside_one, beside_two = reported
    assert 60 <= beside_one - alone <= 100
    assert 60 <= beside_two - beside_one <= 100


async def test_pages_that_forked_processes_share_are_counted_once(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(project(tmp_path, {}, FORKS, memory_size=512))
    await workbench.answer()
    await workbench.answer("fork")
    before, after = workbench.records(events.Report)
    assert 60 <= before.max_memory_used_mb <= 100
    assert after.max_memory_used_mb <= before.max_memory_used_mb + 20


async def test_the_screen_shows_the_memory_that_is_reported(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(project(tmp_path, {"a": TAKES_BESIDE}, FORKS, memory_size=512))
    await workbench.answer("fork")
    environment = workbench.environment
    await workbench.until(lambda: environment.usage.processes == 5)
    (report,) = workbench.records(events.Report)
    assert report.max_memory_used_mb >= 120
    assert abs(environment.usage.memory_mb - report.max_memory_used_mb) < 10
