"""A function cannot make system calls that AWS denies; what programs need works."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.project.function import Project
from support.files import ROOT
from support.node_process import NODE
from support.runtime_kinds import RUNTIME_KINDS
from support.runtimes_package import load_module
from support.workbench import Open, Workbench

system_calls = load_module("confinement.system_calls")
MACHINE = {"x86_64": 0, "aarch64": 1}[platform.machine()]
DENIED = {
    name: numbers[MACHINE]
    for calls in (system_calls._DENIED, system_calls._DENIED_IN_THE_END)
    for name, numbers in calls.items()
    if numbers[MACHINE] is not None
}
ASKS = """
import ctypes, errno, mmap, os, subprocess, threading
libc = ctypes.CDLL(None, use_errno=True)

def outcome(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments or [0] * 6))
    return "done" if result >= 0 else errno.errorcode[ctypes.get_errno()]

def outcome_32(number):
    # mov eax, number; xor ebx, ebx; int 0x80; ret
    code = b"\\x53\\xb8" + number.to_bytes(4, "little") + b"\\x31\\xdb\\xcd\\x80\\x5b\\xc3"
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    result = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    return "done" if result >= 0 else errno.errorcode[-result]

def lambda_handler(event, context):
    return eval(event)
"""
_CLONE_FILES, _CLONE_NEWUSER, _CLONE_NEWNET = 0x400, 0x10000000, 0x40000000


@pytest.fixture(params=["on-demand", "snap-start"])
def open_project(open_project: Open, request: pytest.FixtureRequest) -> Open:
    """With environments that are built one by one, and with such as come from a snapshot."""

    def open_kind(source: str | Project, **options: Any) -> Awaitable[Workbench]:
        return open_project(source, snap_start=request.param == "snap-start", **options)

    return open_kind


async def test_what_no_function_needs_is_denied(open_project: Open) -> None:
    workbench = await open_project(ASKS)

    calls = f"{{name: outcome(number) for name, number in {DENIED!r}.items()}}"

    assert await workbench.answer(calls) == dict.fromkeys(DENIED, "EPERM")


async def test_programs_of_32_bits_are_denied_the_same(open_project: Open) -> None:
    workbench = await open_project(ASKS)
    if platform.machine() != "x86_64":
        # Another machine has no such calls, or denies them all.
        return
    keyctl, mount, getpid = 288, 21, 20
    answers = await workbench.answer(f"[outcome_32(one) for one in {(keyctl, mount, getpid)}]")
    # Where the kernel itself runs such programs.
    assert answers in (["EPERM", "EPERM", "done"], ["ENOSYS"] * 3)


async def test_no_namespace_can_be_made(open_project: Open) -> None:
    workbench = await open_project(ASKS)
    unshare = system_calls._DENIED_WITH_NAMESPACES["unshare"][MACHINE]

    for flags in (_CLONE_NEWUSER, _CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET):
        assert await workbench.answer(f"outcome({unshare}, {flags})") == "EPERM"
    assert await workbench.answer(f"outcome({unshare}, {_CLONE_FILES})") == "done"


async def test_threads_programs_and_pipes_work(open_project: Open) -> None:
    workbench = await open_project(ASKS)

    ran = "subprocess.run(['bash', '-c', 'echo $((1+1)) | cat; (sleep 0) & wait'], stdout=-1)"
    assert await workbench.answer(f"{ran}.stdout.decode()") == "2\n"
    assert await workbench.answer("threading.Thread(target=print).start()") is None


TRACES = """
const { execFileSync, fork } = require('child_process');
const { Worker } = require('worker_threads');
exports.handler = async () => {
  const sum = await new Promise((resolve) => {
    const text = "require('worker_threads').parentPort.postMessage(1 + 1)";
    new Worker(text, { eval: true }).on('message', resolve);
  });
  return [sum, execFileSync('/bin/echo', ['ran']).toString()];
};
"""


async def test_node_and_its_workers_and_children_work(open_project: Open, tmp_path: Path) -> None:
    project = RUNTIME_KINDS["nodejs22.x"].project(tmp_path / "node")
    (function,) = project.functions
    (tmp_path / "node" / "traces.js").write_text(TRACES)
    function = replace(function, handler="traces.handler", snap_start=False)
    workbench = await open_project(replace(project, functions=(function,)), node=NODE)

    assert await workbench.answer() == [2, "ran\n"]


KEYS = """
import ctypes, os, sys
sys.path.insert(0, sys.argv[1])
from support.runtimes_package import load_module
linux = load_module("linux")
inheritance = load_module("confinement.inheritance")
SEARCH, SESSION, CLEAR = 10, -3, 7
ADD = {"x86_64": 248, "aarch64": 217}

def search():
    try:
        arguments = (SEARCH, SESSION, b"user", b"lambda-tui-test", 0)
        return linux.system_call("keyctl", linux._SYS_KEYCTL, *arguments) > 0
    except OSError as error:
        return error.errno

def in_a_fork(work):
    read, write = os.pipe()
    if os.fork() == 0:
        work()
        os.write(write, repr(search()).encode())
        os._exit(0)
    os.close(write)
    return eval(os.read(read, 100))

linux.join_new_session_keyring()
linux.system_call("add_key", ADD, b"user", b"lambda-tui-test", b"secret", 6, SESSION)
print(repr([
    in_a_fork(lambda: None),
    in_a_fork(inheritance.leave_users_session),
    in_a_fork(lambda: inheritance.confine_environment(is_isolated=False)),
]))
"""


@pytest.mark.parametrize("user", ["root", "ordinary"])
def test_the_users_keys_are_left_behind(as_ordinary_user: list[str], user: str) -> None:
    prefix = as_ordinary_user if user == "ordinary" else []
    ran = subprocess.run(
        [*prefix, sys.executable, "-c", KEYS, str(ROOT / "tests")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert ran.returncode == 0, ran.stderr
    # ENOKEY: in the zygote as in process 1 there is a session keyring without it.
    assert json.loads(ran.stdout.replace("True", "true")) == [True, 126, 126]
