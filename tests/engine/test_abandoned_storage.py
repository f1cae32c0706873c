"""The next engine clears up behind environments that were killed: the directories for ``/tmp``."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from support import SECONDS
from support.runtimes_package import load_module
from support.workbench import Open

DRIVER = """
import asyncio, json, sys
from pathlib import Path
from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.engine.engine import Engine
from lambda_tui.project.function import Function, Project, PublishedVersion
from lambda_tui.project.settings import Settings

async def main():
    directory, snap_start = Path(sys.argv[1]), sys.argv[2] == "snap-start"
    sys.executable = sys.argv[3]
    function = Function(
        "function", "lambda_function.lambda_handler", directory, timeout=60,
        snap_start=snap_start, published=(PublishedVersion("1"),),
    )
    settings = Settings(sandbox="processes")
    engine = Engine(Project(directory, (function,)), settings, open_environment_api)
    await engine.start()
    (pool,) = engine.pools.values()
    await pool.invoke(b"{}", qualifier="1").wait()
    print(json.dumps([str(one.tmp_directory) for one in pool.environments]), flush=True)
    await asyncio.sleep(1000)

asyncio.run(main())
"""
SOURCE = "def lambda_handler(event, context): return 1\n"


@pytest.mark.parametrize("level", ["processes", "macos"], indirect=True)
@pytest.mark.parametrize("kind", ["on-demand", "snap-start"])
async def test_the_storage_of_killed_processes_goes_and_that_of_running_ones_stays(
    open_project: Open, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A folder for this test alone: every zygote that starts beside it clears the machine's.
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    running = await open_project(SOURCE)
    await running.invoke()
    kept = running.environment.tmp_directory
    assert kept is not None
    mine = tmp_path / "temporary" / "lambda-tui-mine"
    mine.mkdir()
    left = left_by_killed_processes(tmp_path / "killed", kind)
    assert all(one.is_dir() for one in left)

    other = await open_project(SOURCE)
    await other.invoke()

    assert not any(one.exists() for one in left)
    assert kept.is_dir()
    assert mine.is_dir()


def left_by_killed_processes(code: Path, kind: str) -> list[Path]:
    """Run a function, kill all processes at once, and return the directories that are left."""
    code.mkdir()
    (code / "lambda_function.py").write_text(SOURCE)
    command = [sys.executable, "-c", DRIVER, str(code), kind, sys.executable]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        (storage,) = json.loads(driver.stdout.readline())
        process = psutil.Process(driver.pid)
        processes = [process, *process.children(recursive=True)]
        # Stopped first, so that none can clear up behind another.
        for one in processes:
            one.send_signal(signal.SIGSTOP)
        for one in processes:
            one.kill()
        driver.wait(SECONDS)
        psutil.wait_procs(processes, timeout=SECONDS)
    # A restored environment's lies beside the snapshot's own.
    return sorted({Path(storage), Path(storage.partition(".")[0])})


@pytest.mark.parametrize("call", ["mkdir", "open"])
def test_storage_that_is_taken_for_abandoned_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    environment = load_module("init.environment")
    original, calls = getattr(os, call), []

    def take_away_behind(path: str, *more: int, **options: int) -> int | None:
        calls.append(path)
        answer = original(path, *more, **options)
        if len(calls) == 1:
            os.rmdir(path)
        return answer  # type: ignore[no-any-return]

    monkeypatch.setattr(os, call, take_away_behind)

    environment._make_storage(str(tmp_path / "storage"))

    assert (tmp_path / "storage").is_dir()
    assert calls == [str(tmp_path / "storage")] * 2


def test_storage_is_removed_under_its_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = load_module("init.environment")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    storage = tmp_path / f"lambda-tui-{'0' * 32}"
    storage.mkdir()
    is_locked = []

    def look(_environment_id: str) -> None:
        descriptor = os.open(storage, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            is_locked.append(True)
        finally:
            os.close(descriptor)

    monkeypatch.setattr(environment, "remove_storage", look)

    environment.remove_abandoned_storage()

    assert is_locked == [True]
