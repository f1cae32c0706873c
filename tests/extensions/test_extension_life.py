"""Extensions in the life of an environment: Init, Invoke, Shutdown; of the real engine."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from lambda_tui import limits
from lambda_tui.engine import engine
from lambda_tui.engine.events import (
    ExtensionLog,
    ExtensionStatus,
    InitReport,
    Report,
    RuntimeDone,
)
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.runtime_api import ExtensionState
from support import SECONDS
from support.extensions import HELLO, PYTHON, RECORDER, project, said
from support.workbench import TIMEOUT, Open, file_in, response_of

pytestmark = pytest.mark.also_on_macos

WAITS_FOR_A_FILE = f"""{PYTHON}
register("INVOKE", "SHUTDOWN")
go = os.path.join(os.environ.get("TMPDIR", "/tmp"), "go")
while True:
    event = next_event()
    say(event["eventType"])
    if event["eventType"] == "SHUTDOWN":
        say(event["shutdownReason"])
        break
    while not os.path.exists(go):
        time.sleep(0.005)
    say("done")
"""


@pytest.mark.rule("1.2.1")
async def test_extensions_register_before_the_runtime_starts(
    open_project: Open, tmp_path: Path
) -> None:
    extension = f"{PYTHON}\nsay('here')\nregister()\nsay('registered')\nnext_event()\n"
    workbench = await open_project(
        project(tmp_path, {"early": extension}, "print('importing')\n" + HELLO)
    )

    await workbench.answer()

    log = workbench.log()
    assert log.index('["early", "here"]') < log.index("importing")


async def test_a_variable_leads_an_extension_to_the_functions_tmp(
    open_project: Open, tmp_path: Path
) -> None:
    writes = 'open(os.environ["SHARED"], "x").write("shared")'
    extension = f"{PYTHON}\n{writes}\nregister()\nnext_event()\n"
    source = "def lambda_handler(event, context): return open('/tmp/shared').read()\n"
    plain = project(tmp_path, {"writer": extension}, source)
    function = replace(plain.functions[0], environment={"SHARED": "/tmp/shared"})
    workbench = await open_project(replace(plain, functions=(function,)))

    assert await workbench.answer() == "shared"


@pytest.mark.rule("3.1.1")
@pytest.mark.usefixtures("unhurried_shutdown")
async def test_an_extension_is_told_of_each_invocation_and_of_the_end(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(project(tmp_path, {"recorder": RECORDER}))

    request_ids = [await workbench.answer() for _ in range(2)]
    await workbench.until(lambda: len(said(workbench, "recorder")) == 2)
    await workbench.until_frozen()
    await workbench.engine.close()

    *invoked, shut_down = said(workbench, "recorder")
    assert [event["requestId"] for event in invoked] == request_ids
    assert set(invoked[0]) == {
        "eventType",
        "deadlineMs",
        "requestId",
        "invokedFunctionArn",
        "tracing",
    }
    assert invoked[0]["eventType"] == "INVOKE"
    assert invoked[0]["invokedFunctionArn"].endswith(":function:function")
    assert invoked[0]["tracing"]["type"] == "X-Amzn-Trace-Id"
    assert invoked[0]["tracing"]["value"].startswith("Root=1-")
    assert shut_down.pop("deadlineMs") > invoked[0]["deadlineMs"] - 1000 * TIMEOUT
    assert shut_down == {"eventType": "SHUTDOWN", "shutdownReason": "spindown"}


@pytest.mark.rule("1.2.3")
async def test_init_ends_with_the_state_of_each_extension(
    open_project: Open, tmp_path: Path
) -> None:
    quiet = f"{PYTHON}\nregister()\nnext_event()\n"
    workbench = await open_project(project(tmp_path, {"a": RECORDER, "b": quiet}))

    await workbench.answer()

    assert workbench.records(ExtensionStatus) == [
        ExtensionStatus("a", "Ready", ("INVOKE", "SHUTDOWN")),
        ExtensionStatus("b", "Ready", ()),
    ]
    platform = [name for name in workbench.types() if name.startswith("platform.")]
    assert platform == [
        "platform.initStart",
        "platform.initRuntimeDone",
        "platform.extension",
        "platform.extension",
        "platform.initReport",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    ]
    assert "EXTENSION\tName: b\tState: Ready\tEvents: []" in workbench.log()


@pytest.mark.rule("5.1.6")
async def test_what_an_extension_writes_for_an_invocation_stands_before_its_end(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(project(tmp_path, {"recorder": RECORDER}))

    for _ in range(5):
        await workbench.answer()

    kinds = [line.split()[0] for line in workbench.log() if not line.startswith("REPORT")]
    words = [kind for kind in kinds if kind in ("START", '["recorder",', "END")]
    assert words == ["START", '["recorder",', "END"] * 5


async def test_lines_that_extensions_leave_unfinished_are_not_run_together(
    open_project: Open, tmp_path: Path
) -> None:
    # The runtime starts, and what is unfinished becomes a record, when both have registered.
    unfinished = f"{PYTHON}\nprint(NAME, end='', flush=True)\nregister()\nnext_event()\n"
    workbench = await open_project(project(tmp_path, {"first": unfinished, "second": unfinished}))

    await workbench.answer()

    lines = [record.message for record in workbench.records(ExtensionLog)]
    assert sorted(lines) == ["first", "second"]


async def test_no_descriptor_is_left_of_what_extensions_write(
    open_project: Open, tmp_path: Path
) -> None:
    before = psutil.Process().num_fds()
    source = "import os\ndef lambda_handler(event, context):\n    os._exit(1)\n"
    workbench = await open_project(project(tmp_path, {"one": RECORDER, "two": RECORDER}, source))

    for _ in range(2):
        assert (await workbench.invoke()).function_error
    await workbench.engine.close()

    assert psutil.Process().num_fds() <= before


@pytest.mark.rule("3.1.4")
async def test_an_extension_is_told_what_is_of_no_concern_to_the_runtime(
    open_project: Open, tmp_path: Path
) -> None:
    extension = f"{PYTHON}\nsay(dict(os.environ))\nregister()\nnext_event()\n"
    workbench = await open_project(
        project(tmp_path, {"nosy": extension}, environment={"COLOUR": "green", "_HIDDEN": "yes"})
    )

    await workbench.answer()

    (variables,) = said(workbench, "nosy")
    assert variables["COLOUR"] == "green"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "function"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"
    assert "AWS_SESSION_TOKEN" in variables
    for name in ("AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"):
        assert name not in variables
    for name in ("AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS", "LAMBDA_TASK_ROOT"):
        assert name not in variables
    assert "LAMBDA_RUNTIME_DIR" not in variables
    assert {"_HANDLER", "_HIDDEN", "_X_AMZN_TRACE_ID"} & set(variables) == set()


@pytest.mark.rule("1.4.2")
async def test_the_caller_has_its_answer_before_extensions_are_done(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(project(tmp_path, {"slow": WAITS_FOR_A_FILE}))
    invocation = workbench.pool.invoke(b"null")
    answered = asyncio.Event()
    invocation.when_answered(lambda _: answered.set())

    await asyncio.wait_for(answered.wait(), SECONDS)
    await workbench.until(lambda: workbench.records(RuntimeDone))
    assert response_of(invocation) == invocation.request_id
    assert not invocation.is_over
    assert workbench.environment.state is State.INVOKING
    assert not workbench.environment.is_free
    assert workbench.records(Report) == []

    file_in(workbench.environment, "go").touch()
    await workbench.until(lambda: invocation.is_over)
    await workbench.until_frozen()
    (done,), (report,) = workbench.records(RuntimeDone), workbench.records(Report)
    assert report.status == "success"
    assert report.duration_ms > done.duration_ms


@pytest.mark.rule("1.4.4")
async def test_an_extension_that_is_slow_after_the_answer_makes_a_timeout_of_it(
    open_project: Open, tmp_path: Path
) -> None:
    workbench = await open_project(project(tmp_path, {"slow": WAITS_FOR_A_FILE}, timeout=3))

    invocation = await workbench.invoke()
    await workbench.until(lambda: workbench.reasons(State.RESET))

    assert response_of(invocation) == invocation.request_id
    assert invocation.function_error is None
    assert [done.status for done in workbench.records(RuntimeDone)] == ["success"]
    (report,) = workbench.records(Report)
    assert (report.status, report.duration_ms) == ("timeout", 3000.0)
    assert workbench.reasons(State.RESET) == ["timeout"]


@pytest.mark.rule("1.6.5", "3.5.4")
@pytest.mark.usefixtures("unhurried_shutdown")
@pytest.mark.parametrize(
    ("handler", "reason"),
    [("import time; time.sleep(60)", "timeout"), ("import os; os._exit(1)", "failure")],
)
async def test_a_reset_tells_extensions_why_and_starts_them_again(
    open_project: Open, tmp_path: Path, handler: str, reason: str
) -> None:
    source = f"def lambda_handler(event, context):\n    if event:\n        {handler}\n"
    registered = 'register("INVOKE", "SHUTDOWN")\n'
    extension = RECORDER.replace(
        registered, registered + 'say(own["Lambda-Extension-Identifier"])\n'
    )
    workbench = await open_project(project(tmp_path, {"recorder": extension}, source, timeout=3))

    invocation = await workbench.invoke(1)
    assert invocation.status in ("error", "timeout")
    await workbench.until_state(State.RESET)
    workbench.lift_the_timeout()
    await workbench.answer(0)
    await workbench.until(lambda: len(said(workbench, "recorder")) == 5)

    first, invoked, shut_down, second, again = said(workbench, "recorder")
    assert invoked["eventType"] == again["eventType"] == "INVOKE"
    assert (shut_down["eventType"], shut_down["shutdownReason"]) == ("SHUTDOWN", reason)
    assert first != second
    assert workbench.reasons(State.RESET) == [reason]


@pytest.mark.rule("1.7.2")
async def test_an_extension_that_does_not_end_is_killed(
    open_project: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Time enough to say what it was told.
    monkeypatch.setattr(limits, "SHUTDOWN_SECONDS", 6.0)
    stubborn = f'{PYTHON}\nregister("SHUTDOWN")\nsay(next_event())\ntime.sleep(600)\n'
    workbench = await open_project(project(tmp_path, {"stubborn": stubborn}))
    await workbench.answer()
    (extension,) = workbench.environment.extensions

    await workbench.engine.close()

    assert said(workbench, "stubborn")[0]["eventType"] == "SHUTDOWN"
    assert extension.state is ExtensionState.SHUTDOWN_FAILED


@pytest.mark.rule("1.7.2", "9.18")
async def test_shutdown_has_two_seconds_in_all(
    open_project: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.SHUTDOWN_SECONDS == 2.0
    # A busy machine may take longer to say what it was told.
    monkeypatch.setattr(limits, "SHUTDOWN_SECONDS", 60.0)
    monkeypatch.setattr(engine, "_GOODBYE_SECONDS", 120.0)
    workbench = await open_project(project(tmp_path, {"recorder": RECORDER}))
    await workbench.answer()
    await workbench.until_frozen()

    began = time.time()
    await workbench.engine.close()

    *_, shut_down = said(workbench, "recorder")
    # Another clock measures it, and more may have to be ended before this environment.
    assert 59.9 < shut_down["deadlineMs"] / 1000 - began < 90


@pytest.mark.rule("1.7.2")
@pytest.mark.usefixtures("unhurried_shutdown")
async def test_the_runtime_is_told_of_its_end_only_beside_an_extension(
    open_project: Open, tmp_path: Path
) -> None:
    source = (
        """\
import signal
import sys


def end(number, frame):
    print("told")
    sys.exit(0)


signal.signal(signal.SIGTERM, end)
"""
        + HELLO
    )
    workbench = await open_project(project(tmp_path, {"recorder": RECORDER}, source))
    await workbench.answer()

    await workbench.engine.close()

    log = workbench.log()
    assert "SHUTDOWN" in log[-1]
    assert log.index("told") < len(log) - 1


@pytest.mark.rule("1.4.2")
async def test_environments_with_extensions_run_side_by_side(
    open_project: Open, tmp_path: Path
) -> None:
    source = "def lambda_handler(event, context):\n    return event\n"
    described = project(tmp_path, {"recorder": RECORDER}, source)
    workbench = await open_project(described, network="shared")

    invocations = [workbench.pool.invoke(json.dumps(number).encode()) for number in range(3)]
    for invocation in invocations:
        await asyncio.wait_for(invocation.wait(), SECONDS)

    assert [response_of(invocation) for invocation in invocations] == [0, 1, 2]
    assert len(workbench.pool.environments) == 3
    await workbench.until(lambda: len(said(workbench, "recorder")) == 3)
    told = {event["requestId"] for event in said(workbench, "recorder")}
    assert told == {invocation.request_id for invocation in invocations}


@pytest.mark.rule("3.1.3", "9.14")
async def test_ten_extensions_are_not_too_many(open_project: Open, tmp_path: Path) -> None:
    extension = f"{PYTHON}\nregister()\nnext_event()\n"
    workbench = await open_project(
        project(tmp_path, {f"number-{number}": extension for number in range(10)})
    )

    await workbench.answer()

    assert [status.state for status in workbench.records(ExtensionStatus)] == ["Ready"] * 10
    assert [report.status for report in workbench.records(InitReport)] == ["success"]
