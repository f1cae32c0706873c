"""Functions whose environments are restored from a snapshot."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from lambda_tui import limits
from lambda_tui.engine import events
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.lifecycle import Phase, State
from support.extensions import RECORDER, project
from support.leftovers import has_ended
from support.workbench import TIMEOUT, Open, Workbench, file_in, published, response_of

pytestmark = pytest.mark.also_on_macos

# The function returns the state of its Init, and does as the event says.
SOURCE = """
import os, random, time, uuid
TMP = os.environ.get("TMPDIR", "/tmp")
ID = str(uuid.uuid4())
COUNT = 0
print("importing")
with open(os.path.join(TMP, "of-init"), "w") as file:
    file.write(ID)

def lambda_handler(event, context):
    global COUNT
    COUNT += 1
    tmp = os.environ.get("TMPDIR", "/tmp")
    if event == "crash":
        os._exit(3)
    if event == "sleep":
        time.sleep(60)
    if event == "busy":
        time.sleep(0.3)
    if event == "write":
        open(os.path.join(tmp, "of-init"), "w").close()
    with open(os.path.join(tmp, "of-init")) as file:
        content = file.read()
    return {"id": ID, "count": COUNT, "file": content, "random": random.random(), "tmp": tmp}
"""


async def invoke_two(workbench: Workbench) -> tuple[Invocation, Invocation]:
    """Two at the same time, so in two environments."""
    one, other = (workbench.call(b'"busy"') for _ in range(2))
    await one.wait()
    await other.wait()
    return one, other


def snapshot_of(workbench: Workbench) -> ExecutionEnvironment:
    assert workbench.pool.snapshot is not None
    return workbench.pool.snapshot


def statuses_below(environment: ExecutionEnvironment, besides: int | None = None) -> set[str]:
    """Return the statuses of the processes that an init process has started, but for one."""
    statuses: set[str] = set()
    for child in psutil.Process(environment.pid).children():
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.pid != besides:
                statuses.add(child.status())
    return statuses


async def until_snapshot(workbench: Workbench, state: State) -> ExecutionEnvironment:
    await workbench.until(
        lambda: workbench.pool.snapshot is not None and workbench.pool.snapshot.state is state
    )
    return snapshot_of(workbench)


@pytest.mark.rule("1.8.1")
async def test_what_was_initialised_once_is_in_every_restored_environment(
    open_project: Open,
) -> None:
    workbench = await open_project(SOURCE, snap_start=True)

    one, other = (response_of(invocation) for invocation in await invoke_two(workbench))

    assert one["id"] == other["id"] == one["file"] == other["file"]
    assert one["count"] == other["count"] == 1
    assert workbench.log().count("importing") == 1
    assert len(workbench.pool.environments) == 2
    assert {environment.invocations for environment in workbench.pool.environments} == {1}


@pytest.mark.rule("1.8.2")
async def test_random_numbers_repeat_in_every_environment_as_on_aws(open_project: Open) -> None:
    workbench = await open_project(SOURCE, snap_start=True)

    one, other = (response_of(invocation) for invocation in await invoke_two(workbench))

    assert one["random"] == other["random"]


@pytest.mark.rule("1.8.2")
async def test_a_restored_environment_has_a_tmp_of_its_own_with_the_snapshots_files(
    open_project: Open,
) -> None:
    workbench = await open_project(SOURCE, snap_start=True)

    one, other = await invoke_two(workbench)
    file_in(workbench.serving(one), "of-init").write_text("changed")

    assert file_in(workbench.serving(other), "of-init").read_text() == response_of(one)["id"]
    assert file_in(snapshot_of(workbench), "of-init").read_text() == response_of(one)["id"]


@pytest.mark.rule("1.8.1")
async def test_a_snapshot_is_taken_ahead_of_invocations_and_frozen(open_project: Open) -> None:
    workbench = await open_project(SOURCE, snap_start=True)

    snapshot = await until_snapshot(workbench, State.FROZEN)

    assert workbench.pool.environments == []
    assert workbench.types(snapshot.id) == [
        "environment.creating",
        "environment.initialising",
        "platform.initStart",
        "function",
        "platform.initRuntimeDone",
        "platform.initReport",
        "environment.idle",
        "environment.frozen",
    ]
    (start,) = workbench.records(events.InitStart)
    assert start.initialization_type == "snap-start"
    await workbench.until(lambda: statuses_below(snapshot) == {psutil.STATUS_STOPPED})


async def test_the_snapshots_runtime_is_stopped_again_after_a_restore(open_project: Open) -> None:
    workbench = await open_project(SOURCE, snap_start=True)
    await workbench.answer()
    snapshot = snapshot_of(workbench)
    restored = workbench.environment.pid

    await workbench.until(lambda: statuses_below(snapshot, restored) == {psutil.STATUS_STOPPED})


@pytest.mark.rule("1.8.2")
async def test_a_restored_environment_is_restored_invoked_and_frozen(open_project: Open) -> None:
    workbench = await open_project(SOURCE, snap_start=True)

    invocation = await workbench.invoke()
    environment = await workbench.until_frozen()

    assert invocation.cold_start
    assert workbench.types(environment.id) == [
        "environment.creating",
        "environment.initialising",
        "platform.restoreStart",
        "platform.restoreRuntimeDone",
        "platform.restoreReport",
        "environment.invoking",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
        "environment.idle",
        "environment.frozen",
    ]
    assert response_of(await workbench.invoke())["count"] == 2
    assert not workbench.pool.invocations[-1].cold_start
    assert environment.is_isolated == (workbench.engine.settings.sandbox == "namespaces")


async def test_a_frozen_restored_environment_leaves_the_others_running(open_project: Open) -> None:
    workbench = await open_project(SOURCE, snap_start=True)
    await invoke_two(workbench)
    one, other = workbench.pool.environments
    await workbench.until_frozen(one)
    await workbench.until_frozen(other)

    one.thaw()

    await workbench.until_state(State.IDLE, one)
    assert other.state is State.FROZEN
    await workbench.until(lambda: psutil.STATUS_STOPPED not in statuses_below(one))
    await workbench.until(lambda: statuses_below(other) == {psutil.STATUS_STOPPED})


async def test_after_a_crash_the_same_environment_is_restored_again(open_project: Open) -> None:
    workbench = await open_project(SOURCE, snap_start=True)
    first = await workbench.answer("write")

    crash = await workbench.invoke("crash")
    second = await workbench.answer()

    assert response_of(crash)["errorType"] == "Runtime.ExitError"
    assert response_of(crash)["errorMessage"].endswith("exit status 3")
    assert (first["id"], second["count"]) == (second["id"], 1)
    assert second["file"] == "", "what was written to /tmp is kept"
    assert len(workbench.pool.environments) == 1
    assert workbench.pool.invocations[-1].restore_duration_ms is None
    assert workbench.log().count("importing") == 1


async def test_after_a_timeout_the_same_environment_is_restored_again(open_project: Open) -> None:
    workbench = await open_project(SOURCE, snap_start=True, timeout=1)
    first = await workbench.answer()

    late = await workbench.invoke("sleep")
    second = await workbench.answer()

    assert late.status == "timeout"
    assert (first["id"], second["count"]) == (second["id"], 1)
    assert len(workbench.pool.environments) == 1


async def test_memory_beyond_the_limit_ends_a_restored_runtime_only(open_project: Open) -> None:
    source = "def lambda_handler(event, context):\n    return len(b'x' * event) // event\n"
    workbench = await open_project(source, snap_start=True)
    assert await workbench.answer(1) == 1

    greedy = await workbench.invoke(200 << 20)

    assert greedy.report is not None
    assert greedy.report.error_type == "Runtime.OutOfMemory"
    assert await workbench.answer(2) == 1
    assert snapshot_of(workbench).state is State.FROZEN


async def test_a_killed_environment_is_replaced_from_the_same_snapshot(open_project: Open) -> None:
    workbench = await open_project(SOURCE, snap_start=True)
    first = await workbench.answer()
    environment = workbench.environment

    await workbench.until(lambda: environment.pid)
    psutil.Process(environment.pid).kill()

    await workbench.until(lambda: environment not in workbench.pool.environments)
    assert (await workbench.answer())["id"] == first["id"]


async def test_environments_go_with_their_snapshot_and_a_new_one_is_taken(
    open_project: Open,
) -> None:
    workbench = await open_project(SOURCE, snap_start=True)
    first = await workbench.answer()
    snapshot = snapshot_of(workbench)

    await workbench.until(lambda: snapshot.pid)
    psutil.Process(snapshot.pid).kill()

    await workbench.until(lambda: snapshot.state is State.ENDED)
    await workbench.until(lambda: not workbench.pool.environments)
    second = await workbench.answer()
    assert first["id"] != second["id"]
    assert snapshot_of(workbench) is not snapshot


async def test_a_change_of_the_code_makes_a_new_snapshot(open_project: Open) -> None:
    workbench = await open_project(SOURCE, snap_start=True)
    first = await workbench.answer()
    before = snapshot_of(workbench)
    workbench.write(SOURCE.replace("COUNT = 0", "COUNT = 100"))

    workbench.pool.change(workbench.pool.function, ("lambda_function.py",))

    assert snapshot_of(workbench) is not before
    second = await workbench.answer()
    assert (first["count"], second["count"]) == (1, 101)
    await workbench.until(lambda: before.state is State.ENDED)
    assert workbench.log().count("importing") == 2


async def test_an_invocation_under_way_outlives_the_change_of_its_code(open_project: Open) -> None:
    workbench = await open_project(SOURCE, snap_start=True)
    first = await workbench.answer()
    before = snapshot_of(workbench)
    busy = workbench.call(b'"busy"')
    waiting = workbench.call(b'"busy"')

    workbench.pool.change(workbench.pool.function, ("lambda_function.py",))
    await busy.wait()
    await waiting.wait()

    assert response_of(busy)["id"] == response_of(waiting)["id"] == first["id"]
    await workbench.until(lambda: before.state is State.ENDED)
    assert (await workbench.answer())["id"] != first["id"]


async def test_a_restored_environment_is_removed_when_it_is_idle_and_its_snapshot_stays(
    open_project: Open,
) -> None:
    workbench = await open_project(SOURCE, snap_start=True, idle_timeout=0.1)
    first = await workbench.answer()

    await workbench.until(lambda: not workbench.pool.environments)

    assert snapshot_of(workbench).state is State.FROZEN
    assert (await workbench.answer())["id"] == first["id"]


async def test_a_snapshot_that_closes_late_what_it_has_passed_on_holds_no_environment_up(
    open_project: Open,
) -> None:
    slow = """
import os, time
close, runtime = os.close, os.getpid()
def close_late(descriptor):
    if os.getpid() == runtime:
        time.sleep(0.2)
    close(descriptor)
os.close = close_late
"""
    workbench = await open_project(slow + SOURCE, snap_start=True, idle_timeout=0.1)
    await workbench.answer()

    await workbench.until(lambda: not workbench.pool.environments)


@pytest.mark.parametrize(
    ("source", "error_type"),
    [
        ("import no_such_module", "Runtime.ImportModuleError"),
        ("import os; os._exit(3)", "Runtime.ExitError"),
    ],
)
async def test_a_function_that_cannot_be_initialised_has_no_snapshot(
    open_project: Open, source: str, error_type: str
) -> None:
    workbench = await open_project(source, snap_start=True)
    await workbench.until(lambda: workbench.pool.snapshot is None)

    invocation = await workbench.invoke()

    assert response_of(invocation)["errorType"] == error_type
    assert invocation.report is None
    await workbench.until(lambda: not workbench.pool.environments)
    workbench.write("def lambda_handler(event, context): return 'mended'")
    workbench.pool.change(workbench.pool.function, ("lambda_function.py",))
    assert await workbench.answer() == "mended"


@pytest.mark.rule("1.8.1")
async def test_a_snapshot_has_the_time_that_aws_gives_an_init_ahead_of_invocations(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lambda_tui.limits.INIT_SECONDS", 0.05)
    source = "import time\ntime.sleep(0.3)\n" + SOURCE
    workbench = await open_project(source, snap_start=True)

    assert (await workbench.answer())["count"] == 1


async def test_threads_that_a_snapshot_cannot_carry_are_told_of(open_project: Open) -> None:
    source = """
import threading
stop = threading.Event()
for _ in range(2):
    threading.Thread(target=stop.wait, daemon=True).start()
def lambda_handler(event, context):
    return threading.active_count()
"""
    workbench = await open_project(source, snap_start=True)

    assert await workbench.answer() == 1

    (notice,) = workbench.records(events.Notice)
    assert notice.severity == "warning"
    assert notice.message.startswith("function has 3 threads when its snapshot is taken")
    assert "register_after_restore" in notice.message


async def test_a_function_without_threads_is_told_of_none(open_project: Open) -> None:
    workbench = await open_project(SOURCE, snap_start=True)

    await workbench.answer()

    assert workbench.records(events.Notice) == []


async def test_the_phase_before_the_first_invocation_is_restore(open_project: Open) -> None:
    workbench = await open_project(SOURCE, snap_start=True)
    seen: Counter[Phase | None] = Counter()
    workbench.engine.events.listen(
        lambda event: seen.update(
            one.phase for one in workbench.pool.environments if event.environment == one.id
        )
    )

    await workbench.answer()

    assert seen[Phase.RESTORE] > 0
    assert seen[Phase.INIT] == 0


@pytest.mark.rule("1.8.2", "5.1.9")
async def test_a_restore_that_takes_too_long_is_given_up(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RESTORE_SECONDS", 0.3)
    source = """
import time
from snapshot_restore_py import register_after_restore
register_after_restore(time.sleep, 60)
def lambda_handler(event, context): ...
"""
    workbench = await open_project(source, snap_start=True)

    invocation = await workbench.invoke()

    assert invocation.refusal is not None
    assert invocation.refusal.name == "SnapStartTimeoutException"
    assert json.loads(invocation.response or b"")["message"] == invocation.refusal.message
    assert invocation.function_error is None
    assert workbench.log()[-1].startswith("RESTORE_REPORT Restore Duration: ")
    assert workbench.log()[-1].endswith(" ms\tStatus: timeout")
    await workbench.until(lambda: not workbench.pool.environments)


async def test_what_a_restored_function_leaves_running_is_frozen_and_ended_with_it(
    open_project: Open,
) -> None:
    source = """
import os, time
def lambda_handler(event, context):
    if event == "crash":
        os._exit(1)
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.write(writer, b".")
            time.sleep(600)
        os._exit(0)
    os.wait()
    os.read(reader, 1)
"""
    workbench = await open_project(source, snap_start=True)
    before = psutil.Process().children(recursive=True)
    await workbench.answer()
    environment = await workbench.until_frozen()
    assert environment.pid is not None
    session = os.getsid(environment.pid)

    await workbench.until(lambda: statuses_below(environment) == {psutil.STATUS_STOPPED})
    # On macOS it is no child of the init process, but of the one that adopts all orphans.
    (daemon,) = [
        process
        for process in psutil.Process().children(recursive=True)
        if process not in before and os.getsid(process.pid) != session
    ]
    await workbench.until(lambda: daemon.status() == psutil.STATUS_STOPPED)
    below = {daemon, *psutil.Process(environment.pid).children()}
    await workbench.invoke("crash")

    assert len(below) == 2
    await workbench.until(lambda: all(map(has_ended, below)))


async def test_a_snapshot_that_does_not_fork_is_given_up(
    open_project: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "RESTORE_SECONDS", 0.3)
    source = """
import os, time
os.register_at_fork(before=lambda: time.sleep(60))
def lambda_handler(event, context): ...
"""
    workbench = await open_project(source, snap_start=True)
    snapshot = await until_snapshot(workbench, State.FROZEN)

    invocation = await workbench.invoke()

    assert invocation.refusal is not None
    assert invocation.refusal.name == "SnapStartTimeoutException"
    assert workbench.log()[-1].endswith(" ms\tStatus: timeout")
    assert workbench.pool.problem is not None
    assert "os.register_at_fork" in workbench.pool.problem
    await workbench.until(lambda: snapshot.state is State.ENDED)
    workbench.write("def lambda_handler(event, context): return 'mended'")
    workbench.pool.change(workbench.pool.function, ("lambda_function.py",))
    monkeypatch.undo()
    assert await workbench.answer() == "mended"


async def test_many_are_restored_at_once(open_project: Open) -> None:
    workbench = await open_project(SOURCE, snap_start=True, timeout=TIMEOUT)

    invocations = [workbench.call(b'"busy"') for _ in range(12)]
    for invocation in invocations:
        await invocation.wait()

    assert {response_of(one)["count"] for one in invocations} == {1}
    assert len({response_of(one)["id"] for one in invocations}) == 1
    assert len(workbench.pool.environments) == 12


@pytest.mark.parametrize("level", ["namespaces"])
async def test_limits_hold_in_restored_environments_too(open_project: Open) -> None:
    source = """
import resource
def lambda_handler(event, context):
    kinds = (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC)
    return [resource.getrlimit(kind) for kind in kinds]
"""
    workbench = await open_project(source, snap_start=True)

    files, cores, (processes, most) = await workbench.answer()

    assert (files, cores) == ([1024, 1024], [10 * 1024**3, 10 * 1024**3])
    # All restored environments count as one here, so that one's 1,024 cannot be held.
    assert 0 < processes == most <= 16 * 1024


async def test_external_extensions_run_beside_a_restored_runtime(
    open_project: Open, tmp_path: Path
) -> None:
    plain = project(tmp_path, {"recorder": RECORDER}, SOURCE)
    (function,) = plain.functions
    function = replace(function, snap_start=True, **published())
    workbench = await open_project(replace(plain, functions=(function,)))

    first = await workbench.answer()
    second = await workbench.answer()

    assert (first["id"], second["count"]) == (second["id"], 2)
    extension = workbench.environment.extensions.named("recorder")
    assert extension is not None
    order = workbench.types(workbench.environment.id)
    assert order.index("platform.restoreRuntimeDone") < order.index("platform.extension")
    assert order.index("platform.extension") < order.index("platform.restoreReport")
    assert len(snapshot_of(workbench).extensions) == 0
