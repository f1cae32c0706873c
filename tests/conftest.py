"""Fixtures that any test may ask for."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, settings

from lambda_tui import limits
from lambda_tui.engine import engine
from lambda_tui.engine.wire import Zygote
from lambda_tui.project.function import Project
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support import is_whole_run
from support.imitated_macos import imitated_macos
from support.leftovers import mounts, survivors
from support.ordinary_user import ordinary_user_prefix
from support.workbench import Open, Workbench, one_function

LEVELS = ("namespaces", "processes")

_PR_SET_CHILD_SUBREAPER = 36

# The same examples in each run, and none refused for the time that a loaded machine takes for it.
# ``--hypothesis-profile=default`` looks for others.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")


def pytest_xdist_auto_num_workers() -> int:
    """Return twice the number of cores for ``-n auto``: half of a test's time is waiting."""
    return (
        2 * len(os.sched_getaffinity(0)) if sys.platform == "linux" else 2 * (os.cpu_count() or 1)
    )


@pytest.fixture(scope="session")
def adopt_orphans() -> None:
    """Adopt orphaned descendants of this process, so that a leak check still finds them."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the session folders for its cache and its state in place of the user's."""
    with pytest.MonkeyPatch.context() as environment:
        cache = tmp_path_factory.mktemp("cache")
        environment.setenv("XDG_CACHE_HOME", str(cache))
        environment.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield cache


@pytest.fixture
def nothing_is_left(adopt_orphans: None) -> Iterator[None]:
    """Assert that a test leaves no process and no mount behind."""
    before = psutil.Process().children(recursive=True)
    mounts_before = mounts()
    yield
    assert survivors(besides=before) == []
    assert mounts() == mounts_before


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for a level at each.

    What is marked runs at ``processes`` where macOS is imitated, in the place of Linux; with
    ``LEVELS=all`` at both.
    """
    marks = [one.args[0] for one in metafunc.definition.iter_markers("parametrize")]
    parametrized = [name for one in marks for name in ([one] if isinstance(one, str) else one)]
    if "level" not in metafunc.fixturenames or "level" in parametrized:
        return
    is_marked = metafunc.definition.get_closest_marker("also_on_macos") is not None
    levels = [*LEVELS] if sys.platform == "linux" else ["processes"]
    if is_marked and sys.platform == "linux":
        levels = [*LEVELS, "macos"] if is_whole_run() else ["namespaces", "macos"]
    metafunc.parametrize("level", levels, indirect=True)


@pytest.fixture
def level(request: pytest.FixtureRequest) -> str:
    """Return the sandbox level; ``macos`` is ``processes`` where macOS is imitated."""
    if request.param != "macos":
        return str(request.param)
    request.getfixturevalue("on_macos")
    return "processes"


@pytest.fixture(scope="session")
def imitated_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of an interpreter for which macOS is imitated."""
    return imitated_macos(tmp_path_factory.mktemp("macos"))


@pytest.fixture
def on_macos(imitated_python: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all zygotes of a test run as if on macOS, where the engine has no memory to share."""
    monkeypatch.setattr(sys, "executable", str(imitated_python))
    monkeypatch.delattr(os, "memfd_create")


@pytest.fixture(scope="session")
def missing_sandbox() -> str:
    """Return why environments are not isolated on this machine; empty when they are."""

    async def ask() -> str:
        zygote = Zygote(Interpreter(Path(sys.executable), "this"), "namespaces")
        zygote.start()
        await zygote.booted
        await zygote.close()
        return zygote.problem or (zygote.sandbox.reason if zygote.sandbox else "")

    return asyncio.run(ask())


@pytest.fixture
def as_ordinary_user(tmp_path: Path) -> list[str]:
    """Return the prefix of a command that runs it without root's powers, if there are any."""
    return ordinary_user_prefix(tmp_path)


@pytest.fixture
def unhurried_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give extensions many times the time that AWS gives them to end, for a busy machine."""
    monkeypatch.setattr(limits, "SHUTDOWN_SECONDS", 60.0)
    monkeypatch.setattr(limits, "INTERNAL_SHUTDOWN_SECONDS", 30.0)
    monkeypatch.setattr(engine, "_GOODBYE_SECONDS", 120.0)


_SETTINGS = frozenset(Settings.__dataclass_fields__)


@pytest.fixture
async def open_project(
    tmp_path: Path, level: str, nothing_is_left: None, missing_sandbox: str
) -> AsyncIterator[Open]:
    """Return a function that starts an engine on a project; close the engines after the test.

    Assert that no process, mount or directory of theirs is left. Where the sandbox is missing, fail
    at level ``namespaces``: what a sandbox is to hold back would harm the machine. Options are
    fields of the settings and of the function, and ``profiles_init`` of the engine. A project that
    is watched is read from disk.
    """
    if level == "namespaces" and sys.platform != "linux":
        pytest.skip("only Linux has namespaces")
    assert level == "processes" or not missing_sandbox, missing_sandbox
    opened: list[Workbench] = []

    async def open_project(source: str | Project, **options: Any) -> Workbench:
        settings = {name: options.pop(name) for name in list(options) if name in _SETTINGS}
        profiles_init = options.pop("profiles_init", False)
        if isinstance(source, str):
            directory = tmp_path / "function"
            directory.mkdir(exist_ok=True)
            (directory / "lambda_function.py").write_text(source)
            watched = settings.get("watch", False)
            project = load_project(directory) if watched else one_function(directory, **options)
        else:
            project = source
        workbench = Workbench(
            project,
            Settings(**{"sandbox": level, "watch": False, **settings}),
            profiles_init=profiles_init,
        )
        opened.append(workbench)
        await workbench.engine.start()
        return workbench

    yield open_project
    for workbench in opened:
        await workbench.engine.close()
        assert not any(pool.environments for pool in workbench.engine.pools.values())
    assert [path for one in opened for path in one.storages if path.exists()] == []
