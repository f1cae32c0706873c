"""Extensions that fail: what the caller is told, what the record says, and what becomes of it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from lambda_tui import limits
from lambda_tui.engine.environment import Processes
from lambda_tui.engine.events import (
    ExtensionStatus,
    InitReport,
    Report,
    RuntimeDone,
)
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.wire import LaunchFailed
from support import SECONDS
from support.extensions import HELLO, PYTHON, RECORDER, project, said
from support.workbench import Open, Workbench, file_in, response_of

pytestmark = pytest.mark.also_on_macos

CRASHES_ONCE_TOLD = f"""{PYTHON}
register("INVOKE")
next_event()
os._exit(7)
"""


async def failed(workbench: Workbench) -> tuple[str, str]:
    """Error type and message of an invocation, without its id."""
    invocation = await workbench.invoke()
    assert invocation.function_error == "Unhandled"
    payload = response_of(invocation)
    assert list(payload) == ["errorType", "errorMessage"]
    start = f"RequestId: {invocation.request_id} Error: "
    assert payload["errorMessage"].startswith(start)
    return payload["errorType"], payload["errorMessage"].removeprefix(start)


@pytest.mark.rule("3.5.1", "6.3.7")
@pytest.mark.parametrize(
    ("end", "message"),
    [
        ("sys.exit(3)", "exit status 3"),
        ("sys.exit(0)", "exit code 0"),
        ("os.kill(os.getpid(), 9)", "signal: killed"),
        ("register(); sys.exit(1)", "exit status 1"),
    ],
)
async def test_an_extension_that_ends_in_init_is_a_crash(
    open_project: Open, tmp_path: Path, end: str, message: str
) -> None:
    workbench = await open_project(
        project(tmp_path, {"weak": f"{PYTHON}\n{end}\n"}, "print('importing')\n" + HELLO)
    )

    assert await failed(workbench) == ("Extension.Crash", message)

    reports = workbench.records(InitReport)
    assert [(one.phase, one.status, one.error_type) for one in reports] == [
        ("init", "error", "Extension.Crash"),
        ("invoke", "error", "Extension.Crash"),
    ]
    (report,) = workbench.records(Report)
    assert (report.status, report.error_type) == ("error", "Extension.Crash")
    status, again = workbench.records(ExtensionStatus)
    assert status == again
    assert status.error_type == "Extension.Crash"


@pytest.mark.rule("5.1.6")
async def test_the_last_words_of_an_extension_stand_before_the_report_of_its_end(
    open_project: Open, tmp_path: Path
) -> None:
    crashing = f"{PYTHON}\nprint('last words')\nsys.exit(1)\n"
    workbench = await open_project(project(tmp_path, {"weak": crashing}))

    await failed(workbench)

    kinds = [line.split("\t")[0].split()[0] for line in workbench.log()]
    assert kinds == [
        *("INIT_START", "last", "EXTENSION", "INIT_REPORT"),
        *("last", "EXTENSION", "INIT_REPORT", "START", "END"),
    ]


@pytest.mark.rule("1.2.1")
async def test_the_runtime_does_not_start_before_all_have_registered(
    open_project: Open, tmp_path: Path
) -> None:
    crashing = f"{PYTHON}\nsys.exit(1)\n"
    workbench = await open_project(
        project(tmp_path, {"weak": crashing}, "print('importing')\n" + HELLO)
    )

    await failed(workbench)

    assert "importing" not in workbench.log()
    assert "platform.initRuntimeDone" not in workbench.types()


@pytest.mark.rule("3.5.1", "6.3.7")
async def test_an_extension_that_crashes_in_an_invocation_fails_it(
    open_project: Open, tmp_path: Path
) -> None:
    source = "import time\n\ndef lambda_handler(event, context):\n    time.sleep(60)\n"
    workbench = await open_project(project(tmp_path, {"weak": CRASHES_ONCE_TOLD}, source))

    assert await failed(workbench) == ("Extension.Crash", "exit status 7")

    (done,), (report,) = workbench.records(RuntimeDone), workbench.records(Report)
    assert (done.status, done.error_type) == ("error", "Extension.Crash")
    assert (report.status, report.error_type) == ("error", "Extension.Crash")
    assert workbench.reasons(State.RESET) == ["failure"]


@pytest.mark.rule("3.5.1")
async def test_a_crash_after_the_answer_shows_in_the_report_alone(
    open_project: Open, tmp_path: Path
) -> None:
    go = 'os.path.join(os.environ.get("TMPDIR", "/tmp"), "go")'
    wait = f"while not os.path.exists({go}):\n    time.sleep(0.005)\n"
    extension = CRASHES_ONCE_TOLD.replace("os._exit", f"{wait}os._exit")
    workbench = await open_project(project(tmp_path, {"weak": extension}))

    invocation = workbench.pool.invoke(b"null")
    await workbench.until(lambda: workbench.records(RuntimeDone))
    file_in(workbench.environment, "go").touch()
    await workbench.until_state(State.RESET)

    assert response_of(invocation) == invocation.request_id
    assert invocation.function_error is None
    assert [done.status for done in workbench.records(RuntimeDone)] == ["success"]
    (report,) = workbench.records(Report)
    assert (report.status, report.error_type) == ("error", "Extension.Crash")


@pytest.mark.rule("1.6.5")
@pytest.mark.usefixtures("unhurried_shutdown")
async def test_the_others_are_told_of_a_crash(open_project: Open, tmp_path: Path) -> None:
    workbench = await open_project(
        project(tmp_path, {"recorder": RECORDER, "weak": CRASHES_ONCE_TOLD})
    )

    await workbench.invoke()
    await workbench.until_state(State.RESET)

    *_, shut_down = said(workbench, "recorder")
    assert (shut_down["eventType"], shut_down["shutdownReason"]) == ("SHUTDOWN", "failure")


@pytest.mark.rule("1.6.7", "3.4.4")
@pytest.mark.parametrize(
    ("source", "error_type", "state"),
    [
        ('register()\nreport_error("init", "Extension.NoKey")', "Extension.InitError", "InitError"),
        ('register()\nreport_error("exit", "Extension.NoKey")', "Extension.ExitError", "ExitError"),
    ],
)
async def test_an_error_that_an_extension_reports_fails_init(
    open_project: Open, tmp_path: Path, source: str, error_type: str, state: str
) -> None:
    extension = f"{PYTHON}\n{source}\nsys.exit(1)\n"
    workbench = await open_project(project(tmp_path, {"weak": extension}))

    kind, _message = await failed(workbench)

    assert kind == error_type
    assert {report.error_type for report in workbench.records(InitReport)} == {error_type}
    status, *_ = workbench.records(ExtensionStatus)
    assert status == ExtensionStatus("weak", state, (), "Extension.NoKey")


@pytest.mark.rule("3.4.4")
async def test_an_error_that_an_extension_reports_fails_the_invocation(
    open_project: Open, tmp_path: Path
) -> None:
    extension = f"""{PYTHON}
register("INVOKE")
next_event()
status, headers, body = report_error("exit", "Extension.Broken")
say([status, body])
sys.exit(1)
"""
    source = "import time\n\ndef lambda_handler(event, context):\n    time.sleep(60)\n"
    workbench = await open_project(project(tmp_path, {"weak": extension}, source))

    kind, _message = await failed(workbench)

    assert kind == "Extension.ExitError"
    assert said(workbench, "weak") == [[202, {"status": "OK"}]]


@pytest.mark.rule("3.5.3")
async def test_an_extension_that_never_registers_takes_all_of_inits_time(
    open_project: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INIT_SECONDS", 0.5)
    silent = f"#!{PYTHON.splitlines()[0][2:]}\nimport time\ntime.sleep(600)\n"
    workbench = await open_project(project(tmp_path, {"silent": silent}, timeout=1))

    invocation = await workbench.invoke()

    assert invocation.status == "timeout"
    assert response_of(invocation)["errorType"] == "Sandbox.Timedout"
    first, *_ = workbench.records(InitReport)
    assert (first.phase, first.status) == ("init", "timeout")
    status, *_ = workbench.records(ExtensionStatus)
    assert status == ExtensionStatus("silent", "Started")


@pytest.mark.rule("1.2.3", "3.5.3")
async def test_an_extension_that_never_asks_for_an_event_takes_all_of_inits_time(
    open_project: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "INIT_SECONDS", 8.0)
    idle = f"{PYTHON}\nregister()\ntime.sleep(600)\n"
    workbench = await open_project(project(tmp_path, {"idle": idle}, timeout=1))

    invocation = await workbench.invoke()

    assert invocation.status == "timeout"
    status, *_ = workbench.records(ExtensionStatus)
    assert status == ExtensionStatus("idle", "Registered")


@pytest.mark.rule("3.5.2", "6.3.7")
@pytest.mark.parametrize(
    ("text", "mode", "problem", "error_type"),
    [
        (RECORDER, 0o644, "permission denied", "PermissionDenied"),
        ("#!/no/such/interpreter\n", 0o755, "no such file or directory", "UnknownError"),
        ("no program at all\n", 0o755, "exec format error", "UnknownError"),
    ],
)
async def test_what_cannot_be_executed_is_a_launch_error(
    open_project: Open, tmp_path: Path, text: str, mode: int, problem: str, error_type: str
) -> None:
    source = project(tmp_path, {"broken": text})
    (tmp_path / "layers" / "extensions" / "broken").chmod(mode)
    workbench = await open_project(source)

    kind, message = await failed(workbench)

    assert kind == "Extension.LaunchError"
    assert message.startswith("fork/exec /")
    assert message.endswith(f"/extensions/broken: {problem}")
    status, *_ = workbench.records(ExtensionStatus)
    assert status == ExtensionStatus("broken", "LaunchError", (), error_type)


async def test_what_comes_after_one_that_cannot_be_executed_is_not_started(
    open_project: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []
    note = Processes._on_launch_failed

    def on_launch_failed(processes: Processes, event: LaunchFailed) -> None:
        tried.append(event.extension)
        note(processes, event)

    monkeypatch.setattr(Processes, "_on_launch_failed", on_launch_failed)
    broken = "#!/no/such/interpreter\n"
    workbench = await open_project(project(tmp_path, {"1": RECORDER, "2": broken, "3": broken}))

    kind, message = await failed(workbench)

    assert kind == "Extension.LaunchError"
    assert message.endswith("/extensions/2: no such file or directory")
    assert tried == ["2", "2"], "in Init, and in the Init that is part of the invocation"


@pytest.mark.rule("3.1.3", "9.14")
async def test_eleven_extensions_are_too_many(open_project: Open, tmp_path: Path) -> None:
    extension = f"{PYTHON}\nregister()\nnext_event()\n"
    workbench = await open_project(
        project(tmp_path, {f"number-{number:02}": extension for number in range(11)})
    )

    kind, message = await failed(workbench)

    assert (kind, message) == ("Extension.LaunchError", "TooManyExtensions")


@pytest.mark.rule("3.5.4")
async def test_after_a_failure_the_next_invocation_begins_anew(
    open_project: Open, tmp_path: Path
) -> None:
    extension = f"""{PYTHON}
flag = os.path.join(os.environ.get("TMPDIR", "/tmp"), "ended-once")
register("INVOKE")
next_event()
if not os.path.exists(flag):
    open(flag, "w").close()
    os._exit(1)
while True:
    next_event()
"""
    source = (
        "import time\n\ndef lambda_handler(event, context):\n    time.sleep(event)\n    return 1\n"
    )
    workbench = await open_project(project(tmp_path, {"once": extension}, source))

    first = await workbench.invoke(20)
    assert json.loads(first.response or b"")["errorType"] == "Extension.Crash"
    await workbench.until_state(State.RESET)

    assert await workbench.answer(0) == 1
    assert len(workbench.pool.environments) == 1
    await asyncio.wait_for(workbench.engine.close(), SECONDS)
