"""Memory: the size is a limit, and the report has the peak of all processes."""

from __future__ import annotations

import re

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State
from support.workbench import Open, response_of

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])

TAKES = """
import os, subprocess, sys, time
def take(megabytes):
    taken = bytearray(megabytes << 20)
    for position in range(0, len(taken), 4096):
        taken[position] = 1
    return taken
IN_A_CHILD = "import time; taken = b'x' * (60 << 20); time.sleep(2)"
def lambda_handler(event, context):
    if event == "child":
        subprocess.run([sys.executable, "-c", IN_A_CHILD], check=True)
    elif event == "crash":
        os._exit(1)
    elif event == "hold":
        taken = take(90)
        while context.get_remaining_time_in_millis() > 28_000:
            time.sleep(0.01)
    elif event:
        taken = take(event)
        time.sleep(50)
"""


@pytest.mark.rule("6.3.3")
@ONE_LEVEL
async def test_out_of_memory_is_a_kill_for_the_caller_and_named_in_the_report(
    open_project: Open,
) -> None:
    workbench = await open_project(TAKES, memory_size=128)

    invocation = await workbench.invoke(500)

    assert invocation.response is not None
    assert invocation.response.decode() == (
        '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: '
        f'{invocation.request_id} Error: Runtime exited with error: signal: killed"}}'
    )
    end, report = workbench.log()[-1].split("\n")
    assert end == f"END RequestId: {invocation.request_id}"
    assert re.fullmatch(
        rf"REPORT RequestId: {invocation.request_id}\tDuration: \d+\.\d\d ms\t"
        r"Billed Duration: \d+ ms\tMemory Size: 128 MB\tMax Memory Used: 1\d\d MB\t"
        r"Init Duration: \d+\.\d\d ms\tStatus: error\tError Type: Runtime.OutOfMemory",
        report,
    )
    await workbench.until_state(State.RESET)
    assert workbench.reasons(State.RESET) == ["failure"]


@pytest.mark.rule("5.2.3")
@ONE_LEVEL
async def test_max_memory_used_counts_child_processes(open_project: Open) -> None:
    workbench = await open_project(TAKES, memory_size=256, timeout=30)
    small = await workbench.invoke(0)

    invocation = await workbench.invoke("child")

    assert invocation.status == "success"
    assert small.max_memory_used_mb is not None
    assert invocation.max_memory_used_mb is not None
    assert invocation.max_memory_used_mb >= small.max_memory_used_mb + 55


@pytest.mark.rule("5.2.3")
@ONE_LEVEL
async def test_max_memory_used_is_the_peak_since_the_last_init(open_project: Open) -> None:
    workbench = await open_project(TAKES, memory_size=256, timeout=30)

    large = await workbench.invoke("hold")
    after = await workbench.invoke(0)
    await workbench.invoke("crash")
    fresh = await workbench.invoke(0)

    assert large.max_memory_used_mb is not None
    assert large.max_memory_used_mb >= 90
    assert after.max_memory_used_mb == large.max_memory_used_mb
    assert fresh.max_memory_used_mb is not None
    assert fresh.max_memory_used_mb < 60


@pytest.mark.rule("6.3.3")
@ONE_LEVEL
async def test_an_init_that_needs_too_much_memory_is_killed(open_project: Open) -> None:
    workbench = await open_project(TAKES + "\ntaken = take(500)\ntime.sleep(50)\n", memory_size=128)

    invocation = await workbench.invoke()

    assert response_of(invocation)["errorMessage"].endswith("signal: killed")
    first, second = workbench.records(events.InitReport)
    assert (first.phase, first.error_type) == ("init", "Runtime.OutOfMemory")
    assert (second.phase, second.error_type) == ("invoke", "Runtime.OutOfMemory")
    assert workbench.log()[-1].endswith("\tStatus: error\tError Type: Runtime.OutOfMemory")
