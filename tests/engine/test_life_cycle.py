"""Cold, warm, frozen, crashed, timed out: what is kept and what is lost."""

from __future__ import annotations

import json

import psutil
import pytest

from lambda_tui import limits
from lambda_tui.engine import events
from lambda_tui.engine.lifecycle import State
from support.workbench import Open, Workbench, file_in, response_of

pytestmark = pytest.mark.also_on_macos

REMEMBERS = """
import os, signal, sys, tempfile, time
count = 0
def lambda_handler(event, context):
    global count
    count += 1
    path = os.path.join(tempfile.gettempdir(), "kept")
    was_kept = os.path.exists(path)
    open(path, "w").close()
    if event:
        exec(event)
    return [count, was_kept]
"""

ACCEPTED = "invocation.accepted"
INIT = ["environment.creating", "environment.initialising"]
INIT += ["platform.initStart", "platform.initRuntimeDone", "platform.initReport"]
INVOKE = ["environment.invoking", "platform.start", "platform.runtimeDone", "platform.report"]
INVOKE += ["environment.idle"]

ENDINGS = {
    "os._exit(3)": "Runtime exited with error: exit status 3",
    "os._exit(0)": "Runtime exited without providing a reason",
    "os.kill(os.getpid(), signal.SIGKILL)": "Runtime exited with error: signal: killed",
    "os.kill(os.getpid(), signal.SIGTERM)": "Runtime exited with error: signal: terminated",
    "os.kill(os.getpid(), signal.SIGSEGV)": (
        "Runtime exited with error: signal: segmentation fault"
    ),
    "os.abort()": "Runtime exited with error: signal: aborted",
    "sys.exit(4)": "Runtime exited with error: exit status 4",
    "sys.exit()": "Runtime exited without providing a reason",
    "sys.exit('enough')": "Runtime exited with error: exit status 1",
}


@pytest.mark.rule("1.2.4", "1.4.1")
async def test_a_cold_start_initialises_invokes_and_freezes(open_project: Open) -> None:
    workbench = await open_project(REMEMBERS)
    invocation = await workbench.invoke()
    await workbench.until_frozen()
    assert response_of(invocation) == [1, False]
    assert invocation.cold_start
    assert workbench.types() == [ACCEPTED, *INIT, *INVOKE, "environment.frozen"]


@pytest.mark.rule("1.5.3")
async def test_a_warm_invocation_keeps_globals_and_tmp(open_project: Open) -> None:
    workbench = await open_project(REMEMBERS)
    await workbench.invoke()
    environment = await workbench.until_frozen()
    before = len(workbench.events)
    second = await workbench.invoke()
    await workbench.until_frozen()
    assert response_of(second) == [2, True]
    assert not second.cold_start
    assert second.environment_id == environment.id
    assert environment.invocations == 2
    assert workbench.types()[before:] == [ACCEPTED, *INVOKE, "environment.frozen"]


@pytest.mark.rule("5.1.5")
async def test_only_the_first_report_has_an_init_duration(open_project: Open) -> None:
    workbench = await open_project(REMEMBERS)
    first = await workbench.invoke()
    second = await workbench.invoke()
    (init,) = workbench.records(events.InitReport)
    assert first.init_duration_ms == init.duration_ms > 0
    assert second.init_duration_ms is None
    assert first.report is not None
    assert second.report is not None
    assert first.report.billed_duration_ms >= init.duration_ms + first.report.duration_ms
    assert second.report.duration_ms <= second.report.billed_duration_ms
    assert second.report.billed_duration_ms < second.report.duration_ms + 1


@pytest.mark.rule("1.6.1", "1.6.6", "6.2.10", "6.3.2")
@pytest.mark.parametrize("ending", ENDINGS)
async def test_a_runtime_that_ends_fails_the_invocation_in_awss_words(
    open_project: Open, ending: str
) -> None:
    workbench = await open_project(REMEMBERS)
    invocation = await workbench.invoke(ending)
    message = f"RequestId: {invocation.request_id} Error: {ENDINGS[ending]}"
    payload = {"errorType": "Runtime.ExitError", "errorMessage": message}
    assert invocation.response == json.dumps(payload, separators=(",", ":")).encode()
    assert (invocation.status, invocation.function_error) == ("error", "Unhandled")
    (done,), (report,) = workbench.records(events.RuntimeDone), workbench.records(events.Report)
    for record in (done, report):
        assert (record.status, record.error_type) == ("error", "Runtime.ExitError")
    await workbench.until_state(State.RESET)
    assert workbench.reasons(State.RESET) == ["failure"]


LEAVES_SLOWLY = """
os._exit = lambda status, leave=os._exit: (time.sleep(0.3), leave(status))
sys.exit(4)
"""


async def test_a_runtime_that_is_slow_to_end_keeps_its_exit_status(open_project: Open) -> None:
    workbench = await open_project(REMEMBERS)
    payload = response_of(await workbench.invoke(LEAVES_SLOWLY))
    assert payload["errorMessage"].endswith("Runtime exited with error: exit status 4")


@pytest.mark.rule("1.6.2")
async def test_after_a_crash_tmp_is_kept_and_globals_are_gone(open_project: Open) -> None:
    workbench = await open_project(REMEMBERS)
    crashed = await workbench.invoke("os._exit(1)")
    second = await workbench.invoke()
    assert second.environment_id == crashed.environment_id
    assert response_of(second) == [1, True]
    assert second.cold_start
    assert second.init_duration_ms is None, "a repeated init is part of the duration"
    assert second.report is not None
    repeated = workbench.records(events.InitReport)[1]
    assert (repeated.phase, repeated.status) == ("invoke", "success")
    assert second.report.duration_ms >= repeated.duration_ms
    assert sum(line.startswith("INIT_START") for line in workbench.log()) == 1
    assert response_of(await workbench.invoke()) == [2, True]


@pytest.mark.rule("1.6.3")
async def test_a_crash_ends_what_the_function_left_running(open_project: Open) -> None:
    workbench = await open_project(REMEMBERS)
    await workbench.invoke("import subprocess; subprocess.Popen(['sleep', '1000']); os._exit(1)")
    environment = await workbench.until_state(State.RESET)
    assert psutil.Process(environment.pid).children(recursive=True) == []


SHORT = 2
"""Seconds of a timeout that is to pass, when the function has done something."""


@pytest.mark.rule("1.4.3", "5.2.2", "6.3.1")
async def test_a_timeout_ends_the_invocation_at_the_limit(open_project: Open) -> None:
    workbench = await open_project(REMEMBERS, timeout=SHORT)
    invocation = await workbench.invoke("os.system('sleep 1000')")
    message = f"RequestId: {invocation.request_id} Error: Task timed out after {SHORT}.00 seconds"
    payload = {"errorType": "Sandbox.Timedout", "errorMessage": message}
    assert invocation.response == json.dumps(payload, separators=(",", ":")).encode()
    assert (invocation.status, invocation.function_error) == ("timeout", "Unhandled")
    report = invocation.report
    assert report is not None
    assert (report.status, report.duration_ms) == ("timeout", 1000.0 * SHORT)
    assert workbench.log()[-1].endswith("\tStatus: timeout")
    environment = await workbench.until_state(State.RESET)
    assert workbench.reasons(State.RESET) == ["timeout"]
    assert psutil.Process(environment.pid).children(recursive=True) == []
    workbench.lift_the_timeout()
    assert await workbench.answer() == [1, True]


@pytest.mark.rule("1.4.3")
@pytest.mark.parametrize(
    "stubborn",
    [
        "while True: pass",
        "os.kill(os.getpid(), signal.SIGSTOP)",
        "[signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]; time.sleep(60)",
    ],
)
async def test_nothing_escapes_its_timeout(open_project: Open, stubborn: str) -> None:
    workbench = await open_project(REMEMBERS, timeout=SHORT)
    invocation = await workbench.invoke(stubborn)
    assert response_of(invocation)["errorType"] == "Sandbox.Timedout"
    workbench.lift_the_timeout()
    assert await workbench.answer() == [1, True]


COUNTS_ITS_INITS = """
import os, tempfile, time
with open(os.path.join(tempfile.gettempdir(), "inits"), "a") as file:
    file.write("init\\n")
{top_level}
def lambda_handler(event, context):
    return "initialised"
"""


def count_inits(workbench: Workbench) -> int:
    return file_in(workbench.environment, "inits").read_text().count("init")


@pytest.mark.rule("1.2.7", "1.2.11")
async def test_a_failing_init_runs_the_top_level_code_twice(open_project: Open) -> None:
    workbench = await open_project(COUNTS_ITS_INITS.format(top_level="1 / 0"))
    invocation = await workbench.invoke()
    assert response_of(invocation)["errorType"] == "ZeroDivisionError"
    assert invocation.cold_start
    assert count_inits(workbench) == 2
    reports = workbench.records(events.InitReport)
    assert [(report.phase, report.status) for report in reports] == [
        ("init", "error"),
        ("invoke", "error"),
    ]
    assert workbench.environment.init.error_type == "ZeroDivisionError"
    assert invocation.init_duration_ms is None
    words = [line.replace("\t", " ").partition(" ")[0] for line in workbench.log()]
    failure = ["[WARNING]", "[ERROR]", "INIT_REPORT"]
    assert words == ["INIT_START", *failure, *failure, "START", "END"]


@pytest.mark.rule("1.2.8")
@pytest.mark.parametrize(
    ("top_level", "error_type"),
    [
        ("import nothing_like_it", "Runtime.ImportModuleError"),
        # The platform knows no error type that is not of the form Category.Reason.
        ("1 / 0", "Runtime.Unknown"),
    ],
)
async def test_a_failed_init_ends_with_a_report_of_its_error(
    open_project: Open, top_level: str, error_type: str
) -> None:
    workbench = await open_project(COUNTS_ITS_INITS.format(top_level=top_level))
    await workbench.invoke()
    (done,), (report,) = workbench.records(events.RuntimeDone), workbench.records(events.Report)
    assert (done.status, done.error_type) == ("error", error_type)
    assert (report.status, report.error_type) == ("error", error_type)
    assert workbench.log()[-1].endswith(f"\tStatus: error\tError Type: {error_type}")


@pytest.mark.rule("1.2.8")
async def test_a_file_that_was_mended_initialises_in_the_same_environment(
    open_project: Open,
) -> None:
    workbench = await open_project(COUNTS_ITS_INITS.format(top_level="1 / 0"))
    failed = await workbench.invoke()
    workbench.write(COUNTS_ITS_INITS.format(top_level=""))
    mended = await workbench.invoke()
    assert response_of(mended) == "initialised"
    assert mended.environment_id == failed.environment_id
    assert workbench.environment.init.error_type is None
    assert count_inits(workbench) == 3


async def test_a_runtime_that_ends_while_it_initialises_is_an_exit(open_project: Open) -> None:
    workbench = await open_project(COUNTS_ITS_INITS.format(top_level="os._exit(7)"))
    invocation = await workbench.invoke()
    payload = response_of(invocation)
    assert payload["errorType"] == "Runtime.ExitError"
    assert payload["errorMessage"].endswith("Runtime exited with error: exit status 7")
    assert count_inits(workbench) == 2


SLOW_AT_FIRST = """
with open(os.path.join(tempfile.gettempdir(), "inits")) as file:
    time.sleep(60 if file.read().count("init") == 1 else 0.4)
"""


@pytest.mark.rule("1.2.6")
async def test_an_init_that_takes_too_long_is_repeated_inside_the_invocation(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INIT_SECONDS", 2.0)
    workbench = await open_project(COUNTS_ITS_INITS.format(top_level=SLOW_AT_FIRST))
    invocation = await workbench.invoke()
    assert response_of(invocation) == "initialised"
    assert count_inits(workbench) == 2
    first, second = workbench.records(events.InitReport)
    assert (first.phase, first.status) == ("init", "timeout")
    assert (second.phase, second.status) == ("invoke", "success")
    assert invocation.init_duration_ms is None
    assert invocation.duration_ms is not None
    assert invocation.duration_ms >= 400
    assert workbench.log()[1].endswith("Phase: init\tStatus: timeout")


@pytest.mark.rule("1.2.10")
async def test_an_init_that_never_ends_uses_up_the_functions_own_timeout(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INIT_SECONDS", 0.1)
    source = COUNTS_ITS_INITS.format(top_level="time.sleep(60)")
    workbench = await open_project(source, timeout=1)
    invocation = await workbench.invoke()
    assert response_of(invocation)["errorType"] == "Sandbox.Timedout"
    assert invocation.status == "timeout"
    await workbench.until_state(State.RESET)
