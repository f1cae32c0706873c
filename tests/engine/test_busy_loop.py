"""Messages of several processes that arrive while the event loop is busy keep their order."""

from __future__ import annotations

import time

import psutil

from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State
from support.workbench import Open, Workbench, response_of


def keep_the_loop_busy(workbench: Workbench, kind: type[events.Record]) -> None:
    """From each record of the kind on, holds the loop until a runtime has run and ended."""

    def hold(event: events.Event) -> None:
        if not isinstance(event.record, kind):
            return
        init = psutil.Process(workbench.environment.pid)
        has_run, deadline = False, time.monotonic() + 5
        while time.monotonic() < deadline:
            runs = bool(init.children())
            if has_run and not runs:
                return
            has_run = has_run or runs

    workbench.engine.events.listen(hold)


async def test_an_init_error_is_told_as_such_when_the_runtimes_end_is_known_too(
    open_project: Open,
) -> None:
    workbench = await open_project("import time\ntime.sleep(0.2)\nimport nothing_like_it\n")
    await workbench.invoke()
    keep_the_loop_busy(workbench, events.InitStart)
    invocation = await workbench.invoke()
    assert response_of(invocation)["errorType"] == "Runtime.ImportModuleError"
    assert workbench.environment.init.error_type == "Runtime.ImportModuleError"


async def test_an_answer_before_a_crash_is_not_lost(open_project: Open) -> None:
    workbench = await open_project(
        """
import os, threading
def lambda_handler(event, context):
    if event:
        print("about to answer")
        threading.Timer(0.2, os._exit, [1]).start()
    return "answered"
"""
    )
    await workbench.answer()
    keep_the_loop_busy(workbench, events.FunctionLog)
    invocation = await workbench.invoke("crash")
    assert (invocation.status, response_of(invocation)) == ("success", "answered")
    await workbench.until_state(State.RESET)
    assert len(workbench.reasons(State.RESET)) == 1
