"""The sandbox for somebody without root's powers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from support.files import ROOT

FUNCTION = """
import ctypes, errno, os
def write(path, size=0):
    try:
        with open(path, "wb", buffering=0) as file:
            while size > 0:
                size -= file.write(bytes(1 << 16))
        return "written"
    except OSError as error:
        return errno.errorcode[error.errno]

def lambda_handler(event, context):
    if event == "crash":
        os._exit(1)
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return {
        "user": os.getuid(),
        "writes": {path: write(path) for path in event["paths"]},
        "small": write("/tmp/small", 1 << 16),
        "full": write("/tmp/full", 64 << 20),
        "capabilities": [int(fields[name], 16) for name in fields if name.startswith("Cap")],
        "mount": libc.mount(b"none", b"/tmp", b"tmpfs", 0, b""),
        "umount": libc.umount2(b"/var/task", 2),
        "unshare": libc.unshare(0x10000000),
        "processes": [int(name) for name in os.listdir("/proc") if name.isdigit()],
        "pid": os.getpid(),
    }
"""

DRIVER = """
import asyncio, json, os, sys
from pathlib import Path
from lambda_tui.apis.environment_api import open_environment_api
from lambda_tui.engine.engine import Engine
from lambda_tui.engine.events import StateChange
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import FileSystem, Function, Project, PublishedVersion
from lambda_tui.project.settings import Settings

async def main():
    directory, level, event = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    function = Function(
        "function",
        "lambda_function.lambda_handler",
        directory,
        ephemeral_storage=4,
        file_systems=(FileSystem("/mnt/data", directory=directory.parent / "mounted"),),
        timeout=60,
        snap_start=sys.argv[4] == "snap-start",
        published=(PublishedVersion("1"),),
    )
    settings = Settings(sandbox=level, watch=False)
    engine = Engine(Project(directory, (function,)), settings, open_environment_api)
    frozen = asyncio.Event()
    engine.events.listen(lambda e: e.record.state is State.FROZEN and frozen.set(), StateChange)
    await engine.start()
    (pool,) = engine.pools.values()
    seen = {"user": os.getuid()}
    for name, payload in (("first", event), ("crash", '"crash"'), ("second", event)):
        invocation = pool.invoke(payload.encode(), qualifier="1")
        await invocation.wait()
        seen[name] = json.loads(invocation.response)
    await frozen.wait()
    seen["level"] = [pool.sandbox.level, pool.sandbox.reason]
    seen["tmp"] = sorted(os.listdir(pool.environments[0].tmp_directory))
    await engine.close()
    print(json.dumps(seen))

asyncio.run(asyncio.wait_for(main(), 120))
"""
KINDS = ["on-demand", "snap-start"]
"""How environments begin."""
MOUNTED = "/mnt/data/new"
PATHS = ["/new", "/usr/new", "/etc/new", "/var/task/new", "/home/new", "/proc/sys/kernel/hostname"]


def drive(
    prefix: list[str], directory: Path, level: str, event: object, kind: str = "on-demand"
) -> dict[str, Any]:
    folder = directory / "function"
    folder.mkdir()
    (folder / "lambda_function.py").write_text(FUNCTION)
    (directory / "mounted").mkdir()
    (directory / "mounted").chmod(0o777)
    ran = subprocess.run(
        [*prefix, sys.executable, "-c", DRIVER, str(folder), level, json.dumps(event), kind],
        cwd="/",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    seen: dict[str, Any] = json.loads(ran.stdout)
    assert seen["user"] != 0
    assert seen["user"] == (65534 if os.geteuid() == 0 else os.getuid())
    return seen


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("nothing_is_left")
def test_the_sandbox_holds_for_an_ordinary_user(
    as_ordinary_user: list[str], tmp_path: Path, kind: str
) -> None:
    seen = drive(as_ordinary_user, tmp_path, "namespaces", {"paths": [*PATHS, MOUNTED]}, kind)
    assert seen["level"] == ["namespaces", ""]
    assert seen["crash"]["errorType"] == "Runtime.ExitError"
    for name in ("first", "second"):
        answer = seen[name]
        assert answer["user"] == 993
        writes = dict.fromkeys(PATHS, "EROFS")
        writes["/proc/sys/kernel/hostname"] = answer["writes"]["/proc/sys/kernel/hostname"]
        assert writes["/proc/sys/kernel/hostname"] in ("EROFS", "EACCES")
        assert answer["writes"] == {**writes, MOUNTED: "written"}
        assert answer["capabilities"] == [0] * 5
        assert (answer["mount"], answer["umount"], answer["unshare"]) == (-1, -1, -1)
        assert sorted(answer["processes"]) == sorted([1, answer["pid"]])
        assert answer["full"] == "ENOSPC"
    assert {"full", "small"} <= set(seen["tmp"])
    assert (tmp_path / "mounted" / "new").exists()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("nothing_is_left")
def test_the_level_without_namespaces_works_for_an_ordinary_user(
    as_ordinary_user: list[str], tmp_path: Path, kind: str
) -> None:
    # The user could write to the last two.
    paths = ["/usr/new", "/var/tmp/new", "/dev/shm/new"]
    seen = drive(as_ordinary_user, tmp_path, "processes", {"paths": [*paths, MOUNTED]}, kind)
    assert seen["level"][0] == "processes"
    assert seen["crash"]["errorType"] == "Runtime.ExitError"
    assert seen["first"]["user"] == seen["second"]["user"] == seen["user"]
    assert seen["first"]["capabilities"][1:3] == [0, 0]
    denied = dict.fromkeys(paths, "EACCES")
    assert seen["first"]["writes"] == {**denied, MOUNTED: "written"}
    assert (tmp_path / "mounted" / "new").exists()
