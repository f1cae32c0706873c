"""An environment that cannot be built ends with a sentence, and nobody waits for it for ever."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from lambda_tui.engine.events import Event, Notice
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool import Pool
from lambda_tui.engine.wire import Channel, socket_pair
from lambda_tui.project.function import Project
from lambda_tui.project.load import load_project
from support import SECONDS
from support.environment_host import Host
from support.workbench import Open, Workbench, one_function, response_of

ONE_LEVEL = pytest.mark.parametrize("level", ["namespaces"])
ANSWERS = "def lambda_handler(event, context): return 'fine'\n"
LISTS = """
import os
def lambda_handler(event, context):
    path = os.environ["LAMBDA_TASK_ROOT"]
    with open(b"/tmp/file-\\xff", "w"):
        pass
    return [ascii(sorted(os.listdir(path))), os.path.basename(os.getcwd()).isascii()]
"""
NO_UTF8 = "caf\udce9"


@contextmanager
def descriptors_left(count: int) -> Iterator[None]:
    """Allow this process so many more descriptors than it has."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir("/proc/self/fd"))
    fillers = []
    while (filler := os.open("/dev/null", os.O_RDONLY)) < highest:
        fillers.append(filler)
    fillers.append(filler)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(fillers) + 1 + count, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for one in fillers:
            os.close(one)


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def is_at_rest(pool: Pool, *, snap_start: bool) -> bool:
    """Return whether a pool has nothing but its snapshot, if it is to have one."""
    snapshots = [pool.snapshot.state] if pool.snapshot else []
    return not pool.environments and snapshots == ([State.FROZEN] if snap_start else [])


async def ended(invocation: Invocation) -> Invocation:
    await asyncio.wait_for(invocation.wait(), SECONDS)
    return invocation


def told(workbench: Workbench) -> list[str]:
    return [one.message for one in workbench.records(Notice)]


@pytest.mark.parametrize("snap_start", [False, True], ids=["on-demand", "snap-start"])
async def test_whichever_descriptor_is_one_too_many_the_invocation_ends_and_the_next_works(
    open_project: Open, snap_start: bool
) -> None:
    workbench = await open_project(ANSWERS, snap_start=snap_start, maximum_environments=1)
    assert await workbench.answer() == "fine"
    statuses, at_rest = set(), 0
    for count in range(16):
        for environment in list(workbench.pool.environments):
            environment.shut_down("exit")
        await workbench.until(lambda: not workbench.pool.environments)
        workbench.pool.change(workbench.pool.function, ("nothing",))
        await workbench.until(lambda: is_at_rest(workbench.pool, snap_start=snap_start))
        at_rest = at_rest or open_descriptors()
        # A descriptor may be closed a turn of the loop later, but one that stays adds up.
        await workbench.until(lambda most=at_rest: open_descriptors() <= most)  # type: ignore[misc]
        with descriptors_left(count):
            invocation = await ended(workbench.call(b"{}"))
            statuses.add(invocation.status)
        assert invocation.status in ("success", "error", "throttled")
        if invocation.status != "success":
            assert "Too many open files" in f"{invocation.response!r} {told(workbench)}"
    assert statuses >= {"success", "throttled"}
    assert await workbench.answer() == "fine"


async def test_a_zygote_that_is_short_of_descriptors_is_told_and_the_next_one_boots(
    open_project: Open,
) -> None:
    workbench = await open_project(ANSWERS)
    for count in range(6, 12):
        assert await workbench.answer() == "fine"
        (zygote,) = [one for one in psutil.Process().children() if one.name() == "lambda-zygote"]
        zygote.kill()
        await workbench.until(lambda: workbench.pool.problem)
        await workbench.until(lambda: not workbench.pool.environments)
        with descriptors_left(count):
            invocation = await ended(workbench.call(b"{}"))
        assert invocation.status in ("error", "throttled", "success")
        if invocation.status != "success":
            assert "Too many open files" in f"{invocation.response!r} {told(workbench)}"


async def test_paths_and_names_need_not_be_utf8(open_project: Open, tmp_path: Path) -> None:
    folder = tmp_path / NO_UTF8
    folder.mkdir()
    (folder / "lambda_function.py").write_text(LISTS)
    (folder / f"data-{NO_UTF8}").write_text("")
    (tmp_path / "linked\udcff").mkdir()
    (folder / "link\udcfe").symlink_to(tmp_path / "linked\udcff")
    (folder / "closed\udcfd").write_text("")
    (folder / "closed\udcfd").chmod(0o600)
    layers = [tmp_path / f"layer-{NO_UTF8}", tmp_path / "other"]
    for layer in layers:
        layer.mkdir()
        (layer / f"{NO_UTF8}-{layer.stem}").write_text("")
    project = load_project(folder)
    workbench = await open_project(project)
    names = sorted(one.name for one in folder.iterdir())
    assert await workbench.answer() == [ascii(names), workbench.environment.is_isolated]
    await workbench.until(lambda: workbench.environment.usage is not None)


@pytest.mark.parametrize("options", [{"snap_start": True}, {"layers": True}])
async def test_a_snapshot_and_layers_may_lie_on_such_a_path(
    open_project: Open, tmp_path: Path, options: dict[str, bool]
) -> None:
    folder = tmp_path / NO_UTF8
    folder.mkdir()
    (folder / "lambda_function.py").write_text(LISTS)
    (folder / "layer").mkdir()
    layers = folder / "layer" if options.pop("layers", False) else None
    project = one_function(folder, layers_directory=layers, **options)
    workbench = await open_project(project)
    (names, _) = await workbench.answer()
    assert "lambda_function.py" in names


@ONE_LEVEL
async def test_node_runs_on_such_a_path(open_project: Open, tmp_path: Path) -> None:
    folder = tmp_path / NO_UTF8
    folder.mkdir()
    (folder / "index.mjs").write_text("export const handler = async () => 'fine';\n")
    workbench = await open_project(load_project(folder))
    assert await workbench.answer() == "fine"


@ONE_LEVEL
async def test_code_that_is_gone_is_told(open_project: Open, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    workbench = await open_project(Project(folder, one_function(folder).functions))
    invocation = await ended(workbench.call(b"{}"))
    assert invocation.status == "error"
    assert "No such file or directory" in response_of(invocation)["errorMessage"]


@ONE_LEVEL
async def test_a_listener_that_raises_harms_nobody_else(open_project: Open) -> None:
    workbench = await open_project(ANSWERS)
    seen: list[Event] = []

    def fail(event: Event) -> None:
        raise RuntimeError("a listener's own fault")

    workbench.engine.events.listen(fail)
    workbench.engine.events.listen(seen.append)
    assert await workbench.answer() == "fine"
    assert [one.record for one in seen if isinstance(one.record, Notice)]
    assert "A defect in lambda-tui: RuntimeError." in told(workbench)


async def test_whoever_waits_for_a_frame_that_could_not_be_handled_learns_of_an_end() -> None:
    reported: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))
    closed = loop.create_future()

    def fail(_message: object, _payload: bytes) -> None:
        raise RuntimeError

    ours, theirs = socket_pair()
    theirs.setblocking(False)
    reading = Channel(ours, fail, lambda: closed.set_result(None))
    writing = Channel(theirs, fail, lambda: None)
    writing.send({"kind": "any"})
    await asyncio.wait_for(closed, SECONDS)
    assert [type(one) for one in reported] == [RuntimeError]
    writing.close()
    reading.close()
    assert isinstance(ours, socket.socket)


async def test_an_api_that_is_closed_as_it_starts_leaves_the_loop_as_it_was() -> None:
    loop = asyncio.get_running_loop()
    for turns in range(4):
        api = Host().api
        for _ in range(turns):
            await asyncio.sleep(0)
        api.close()
        await asyncio.sleep(0)
        # One of them has the number of the socket that is closed.
        ours, theirs = socket_pair()
        for end, other in ((ours, theirs), (theirs, ours)):
            end.setblocking(False)
            arrived = asyncio.Event()
            loop.add_reader(end, arrived.set)
            other.send(b"x")
            await asyncio.wait_for(arrived.wait(), SECONDS)
            loop.remove_reader(end)
        ours.close()
        theirs.close()
