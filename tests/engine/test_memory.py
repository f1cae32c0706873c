"""The memory size is a limit, as on AWS."""

from __future__ import annotations

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State
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


@pytest.mark.rule("5.2.3")
async def test_a_function_within_its_memory_size_is_left_alone(open_project: Open) -> None:
    workbench = await open_project(TAKES, memory_size=512)
    assert await workbench.answer(200) == 200 << 20
    (report,) = workbench.records(events.Report)
    assert 200 <= report.max_memory_used_mb <= 512


@pytest.mark.rule("6.3.3")
async def test_a_child_that_takes_too_much_is_killed_for_it(open_project: Open) -> None:
    workbench = await open_project(TAKES, memory_size=128, timeout=30)
    invocation = await workbench.invoke("child")
    assert (invocation.status, response_of(invocation)) == ("success", -9)
