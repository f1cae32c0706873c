"""An invocation that waits for an Init says why, and who has asked for it."""

from __future__ import annotations

import asyncio

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.invocation import API, KEY
from support.workbench import Open, Workbench

WAITS = """
import os, time
def lambda_handler(event, context):
    if event == "exit":
        os._exit(3)
    if event == "wait":
        print("waiting")
        while not os.path.exists(os.environ["LAMBDA_TASK_ROOT"] + "/.git/release"):
            time.sleep(0.001)
    return event
"""


async def busy(workbench: Workbench, count: int) -> None:
    """Have so many environments wait within their invocations."""
    for _ in range(count):
        workbench.pool.invoke(b'"wait"')
    await workbench.until(
        lambda: (
            sum(one.message == "waiting" for one in workbench.records(events.FunctionLog)) == count
        )
    )


async def test_the_first_is_the_first_and_the_next_is_warm(open_project: Open) -> None:
    workbench = await open_project(WAITS)
    first = await workbench.invoke()
    assert first.cold_start
    assert first.cold_because == "it is the first"
    second = await workbench.invoke()
    assert not second.cold_start
    assert second.cold_because == ""


@pytest.mark.parametrize(
    ("count", "reason"),
    [
        (1, "env 1 was busy with #1"),
        (2, "env 1 was busy with #1, env 2 was busy with #2"),
        (4, "4 environments were busy"),
    ],
)
async def test_busy_environments_are_named_or_counted(
    open_project: Open, count: int, reason: str
) -> None:
    workbench = await open_project(WAITS)
    await busy(workbench, count)
    late = workbench.pool.invoke(b"1")
    workbench.write("", ".git/release")
    await asyncio.wait_for(late.wait(), 30)
    assert late.cold_because == reason


async def test_a_changed_file_is_named(open_project: Open) -> None:
    workbench = await open_project(WAITS, watch=True)
    await workbench.until_watched()
    await workbench.invoke()
    workbench.write(WAITS.replace("0.001", "0.002"))
    await workbench.until(lambda: workbench.pool.environments[-1].number == 2)
    assert workbench.pool.environments[-1].made_because == "lambda_function.py changed"


async def test_a_crash_is_the_reason_of_the_next_init(open_project: Open) -> None:
    workbench = await open_project(WAITS)
    await workbench.invoke("exit")
    again = await workbench.invoke()
    assert again.cold_because == "env 1 was reset after a failure"


async def test_a_removed_environment_is_the_reason(open_project: Open) -> None:
    workbench = await open_project(WAITS)
    await workbench.invoke()
    workbench.environment.shut_down("idle")
    await workbench.until(lambda: not workbench.pool.environments)
    again = await workbench.invoke()
    assert again.cold_because == "env 1 was removed after its idle time"


async def test_whoever_asks_is_on_the_stream(open_project: Open) -> None:
    workbench = await open_project(WAITS)
    for caller in (KEY, API):
        await workbench.pool.invoke(b"1", caller).wait()
    accepted = workbench.records(events.InvocationAccepted)
    assert [(one.number, one.caller) for one in accepted] == [(1, "key"), (2, "API")]
    assert accepted[0].request_id == workbench.pool.invocations[0].request_id


async def test_the_attempts_of_an_asynchronous_invocation_are_counted(open_project: Open) -> None:
    workbench = await open_project(
        "def lambda_handler(event, context): raise ValueError", retry_delays=(0.01, 0.01)
    )
    workbench.engine.asynchronous.accept(workbench.pool, b"{}")
    await workbench.until(lambda: workbench.records(events.AsyncDelivered))
    accepted = workbench.records(events.InvocationAccepted)
    assert [(one.caller, one.attempt) for one in accepted] == [
        ("asynchronous", 1),
        ("asynchronous", 2),
        ("asynchronous", 3),
    ]
    assert {invocation.caller.attempts for invocation in workbench.pool.invocations} == {3}
