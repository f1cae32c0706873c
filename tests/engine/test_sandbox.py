"""A function can see, write and do in its sandbox what it can on AWS, and no more."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.project.function import Project
from support.workbench import Open, Workbench, response_of

HOME = os.path.realpath(pwd.getpwuid(os.getuid()).pw_dir)
_PATHS = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.executable, *sys.path]
INTERPRETER_PATHS = [Path(form) for path in _PATHS for form in (path, os.path.realpath(path))]

NAMESPACES = pytest.mark.parametrize("level", ["namespaces"])

EVALUATES = """
import ctypes, errno, os, socket, subprocess
def lambda_handler(event, context):
    return eval(event)

def outcome_of_writing(path):
    try:
        with open(path, "w"):
            return "written"
    except OSError as error:
        return errno.errorcode[error.errno]

def fill(path):
    written = 0
    try:
        with open(path, "wb", buffering=0) as file:
            while True:
                written += file.write(bytes(1 << 16))
    except OSError as error:
        return [written, errno.errorcode[error.errno]]

def system_call(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    result = getattr(libc, name)(*arguments)
    return [result, errno.errorcode.get(ctypes.get_errno())]
"""


@pytest.fixture(params=["on-demand", "snap-start"])
def open_project(open_project: Open, request: pytest.FixtureRequest) -> Open:
    """With environments that are built one by one, and with such as come from a snapshot."""

    def open_kind(source: str | Project, **options: Any) -> Awaitable[Workbench]:
        return open_project(source, snap_start=request.param == "snap-start", **options)

    return open_kind


@pytest.mark.rule("8.3.1")
@NAMESPACES
@pytest.mark.parametrize(
    "path",
    [
        "/new",
        "/var/new",
        "/var/task/new",
        "/var/task/lambda_function.py",
        "/var/runtime/new",
        "/usr/new",
        "/usr/lib/new",
        "/etc/new",
        "/etc/hosts",
        "/opt/new",
        "/home/new",
        "/root/new",
        "/run/new",
        "/dev/new",
        "/proc/sys/kernel/hostname",
        "/proc/sys/user/max_user_namespaces",
        "/proc/self/oom_score_adj",
    ],
)
async def test_a_write_outside_tmp_meets_a_read_only_file_system(
    open_project: Open, path: str
) -> None:
    workbench = await open_project(EVALUATES)
    assert await workbench.answer(f"outcome_of_writing({path!r})") == "EROFS"


@pytest.mark.rule("8.3.1")
@NAMESPACES
async def test_everything_but_tmp_and_devices_is_mounted_read_only(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    lines: list[str] = await workbench.answer("open('/proc/self/mounts').read().splitlines()")
    writable = {line.split()[1] for line in lines if "ro" not in line.split()[3].split(",")}
    assert writable <= {"/tmp", *(f"/dev/{name}" for name in DEVICES)}
    assert "/tmp" in writable


DEVICES = ("full", "null", "random", "urandom", "zero")


@pytest.mark.rule("8.3.2")
@NAMESPACES
async def test_a_full_tmp_says_so_at_the_configured_size(open_project: Open) -> None:
    workbench = await open_project(EVALUATES, ephemeral_storage=4)
    written, error = await workbench.answer("fill('/tmp/full')")
    assert error == "ENOSPC"
    assert (4 << 20) - (1 << 17) <= written <= 4 << 20
    assert await workbench.answer("os.unlink('/tmp/full') or outcome_of_writing('/tmp/a')") == (
        "written"
    )


@pytest.mark.rule("8.3.1")
@NAMESPACES
async def test_tmp_is_for_everybody_and_executable(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    assert await workbench.answer("oct(os.stat('/tmp').st_mode)") == "0o41777"
    script = "open('/tmp/run','w').write('#!/bin/sh\\necho ran\\n') and os.chmod('/tmp/run', 0o700)"
    assert await workbench.answer(f"{script} or subprocess.check_output('/tmp/run').decode()") == (
        "ran\n"
    )


@pytest.mark.rule("8.3.3")
async def test_two_environments_never_see_each_others_tmp(open_project: Open) -> None:
    workbench = await open_project(
        """
import os, tempfile, time, uuid
me = ""
def lambda_handler(event, context):
    global me
    me = me or "mine-" + uuid.uuid4().hex
    folder = tempfile.gettempdir()
    open(os.path.join(folder, me), "w").close()
    time.sleep(0.05)
    return [me, [name for name in os.listdir(folder) if name.startswith("mine-")]]
"""
    )
    names = set()
    for _ in range(2):
        invocations = [workbench.pool.invoke(b"{}") for _ in range(2)]
        await asyncio.gather(*(invocation.wait() for invocation in invocations))
        for invocation in invocations:
            name, found = response_of(invocation)
            assert found == [name]
            names.add(name)
    assert len(names) == 2


@NAMESPACES
async def test_no_process_of_a_function_holds_a_capability(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    for expression in (
        "open('/proc/self/status').read()",
        "subprocess.check_output(['cat', '/proc/self/status']).decode()",
    ):
        status: str = await workbench.answer(expression)
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        capabilities = {name: int(fields[name], 16) for name in fields if name.startswith("Cap")}
        assert capabilities == dict.fromkeys(["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"], 0)
        assert fields["NoNewPrivs"] == "1"
        assert int(fields["Uid"].split()[0]) == os.getuid()


_MS_REMOUNT_BIND = 0x20 | 0x1000
_CLONE_NEWUSER, _CLONE_NEWNS, _CLONE_NEWPID = 0x10000000, 0x20000, 0x20000000


@NAMESPACES
@pytest.mark.parametrize(
    "call",
    [
        "'mount', b'none', b'/tmp', b'tmpfs', 0, b''",
        f"'mount', b'', b'/var/task', None, {_MS_REMOUNT_BIND}, b''",
        f"'mount', b'/tmp', b'/var', None, {0x1000}, None",
        "'umount2', b'/var/task', 2",
        "'umount2', b'/proc', 2",
        f"'unshare', {_CLONE_NEWUSER}",
        f"'unshare', {_CLONE_NEWNS}",
        f"'unshare', {_CLONE_NEWPID}",
        f"'unshare', {_CLONE_NEWUSER | _CLONE_NEWNS}",
        "'sethostname', b'mine', 4",
        "'chroot', b'/tmp'",
        "'setuid', 1234",
        "'mknod', b'/tmp/disk', 0o60600, 0x800",
    ],
)
async def test_a_function_cannot_take_its_sandbox_apart(open_project: Open, call: str) -> None:
    workbench = await open_project(EVALUATES)
    result, error = await workbench.answer(f"system_call({call})")
    assert result == -1
    assert error in ("EPERM", "EINVAL", "ENOSPC"), error
    assert await workbench.answer("outcome_of_writing('/var/task/new')") == "EROFS"


@NAMESPACES
async def test_only_the_functions_own_processes_are_visible(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    numbers = "[os.getpid(), [int(name) for name in os.listdir('/proc') if name.isdigit()]]"
    pid, visible = await workbench.answer(numbers)
    assert sorted(visible) == sorted([1, pid])


@NAMESPACES
async def test_a_function_cannot_stop_or_end_its_init_process(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    assert await workbench.answer("[os.kill(1, 9), os.kill(1, 19), os.kill(1, 15)]") == [None] * 3
    await workbench.until_frozen()
    assert await workbench.answer("os.getppid()") == 1
    assert len(workbench.pool.environments) == 1


@NAMESPACES
async def test_home_directories_are_empty_but_for_the_interpreter(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    listing = f"os.listdir({HOME!r}) if os.path.isdir({HOME!r}) else []"
    inside, homes = await workbench.answer(f"[{listing}, os.listdir('/home')]")
    needed = {
        path.relative_to(folder).parts[0]
        for path in INTERPRETER_PATHS
        for folder in (HOME, "/home")
        if path.is_relative_to(folder) and path != Path(folder)
    }
    assert set(inside) | set(homes) <= needed


@NAMESPACES
async def test_the_root_directory_is_lambdas_not_the_machines(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    names = set(await workbench.answer("os.listdir('/')"))
    system = {"bin", "etc", "gnu", "lib", "lib32", "lib64", "libx32", "nix", "sbin", "sys", "usr"}
    lambdas = {"dev", "home", "opt", "proc", "root", "run", "tmp", "var"}
    needed = {path.parts[1] for path in INTERPRETER_PATHS if path.is_absolute()}
    assert lambdas <= names <= lambdas | system | needed
    assert set(await workbench.answer("os.listdir('/var')")) == {"lang", "runtime", "task"}
    assert await workbench.answer("os.listdir('/opt')") == []


@NAMESPACES
async def test_the_sandbox_has_awss_names_for_its_own_loopback(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    names = ("sandbox.localdomain", "sandbox", "localhost")
    for name in names:
        assert await workbench.answer(f"socket.gethostbyname({name!r})") == "127.0.0.1"


async def test_the_engine_tells_its_level_and_why(open_project: Open, level: str) -> None:
    workbench = await open_project(EVALUATES)
    await workbench.invoke("1")
    sandbox = workbench.pool.sandbox
    assert sandbox is not None
    assert sandbox.level == level
    assert bool(sandbox.reason) == (level == "processes")
    assert workbench.environment.is_isolated == (level == "namespaces")


@NAMESPACES
async def test_tmp_can_be_read_from_outside(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    await workbench.answer("open('/tmp/note', 'w').write('seen')")
    directory = (await workbench.until_frozen()).tmp_directory
    assert directory is not None
    assert (directory / "note").read_text() == "seen"


async def test_the_code_is_what_lies_in_the_project(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)
    workbench.write(json.dumps({"colour": "green"}), "data.json")
    assert await workbench.answer("open('data.json').read()") == '{"colour": "green"}'


@NAMESPACES
async def test_the_machines_devices_keep_their_mode(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)

    outcome = await workbench.answer(
        "ctypes.CDLL(None, use_errno=True).chmod(b'/dev/null', 0o600), ctypes.get_errno()"
    )

    assert outcome[0] == -1
    assert os.stat("/dev/null").st_mode & 0o777 == 0o666


@NAMESPACES
async def test_what_is_roots_alone_cannot_be_read_as_root_either(open_project: Open) -> None:
    workbench = await open_project(EVALUATES)

    read = await workbench.answer(
        "subprocess.run(['cat', '/etc/shadow', '/etc/gshadow'], stdout=-1).stdout.decode()"
    )

    assert read == ""
