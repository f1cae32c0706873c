"""Some of the machine can be reached from inside an environment, and most cannot."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Awaitable
from typing import Any

import pytest

from lambda_tui.project.function import Project
from support.runtimes_package import load_module
from support.workbench import Open, Workbench, response_of

NAMESPACES = pytest.mark.parametrize("level", ["namespaces"])
HAS_SCOPES = load_module("confinement.landlock").has_scopes()

LOOKS = """
import ctypes, errno, glob, os, socket, threading
def outcome(work):
    try:
        return work()
    except OSError as error:
        return errno.errorcode[error.errno]

def connect(address, family=socket.AF_UNIX):
    with socket.socket(family) as end:
        end.connect(address)
        return "connected"

def connect_to_a_child():
    read, write = os.pipe()
    if os.fork() == 0:
        server = socket.socket(socket.AF_UNIX)
        server.bind("\\0lambda-tui-inside")
        server.listen()
        os.write(write, b".")
        server.accept()
        os._exit(0)
    os.read(read, 1)
    return connect("\\0lambda-tui-inside")

def read(path):
    with open(path) as file:
        return file.read()

def bomb(most):
    threading.stack_size(1 << 16)
    over = threading.Event()
    count = 0
    try:
        while count < most:
            threading.Thread(target=over.wait, daemon=True).start()
            count += 1
        over.wait(60)
    except RuntimeError:
        pass
    over.set()
    return count

def lambda_handler(event, context):
    return outcome(lambda: eval(event))
"""


@pytest.fixture(params=["on-demand", "snap-start"])
def open_project(open_project: Open, request: pytest.FixtureRequest) -> Open:
    """With environments that are built one by one, and with such as come from a snapshot."""

    def open_kind(source: str | Project, **options: Any) -> Awaitable[Workbench]:
        return open_project(source, snap_start=request.param == "snap-start", **options)

    return open_kind


async def test_the_machines_abstract_sockets_cannot_be_reached(open_project: Open) -> None:
    workbench = await open_project(LOOKS)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0lambda-tui-{os.getpid()}")
        server.listen()

        answer = await workbench.answer(f"connect('\\0lambda-tui-{os.getpid()}')")

    # A kernel before 6.12 cannot keep them apart.
    assert answer == ("EPERM" if HAS_SCOPES else "connected")


async def test_processes_of_an_environment_reach_each_others_abstract_sockets(
    open_project: Open,
) -> None:
    workbench = await open_project(LOOKS)
    assert await workbench.answer("connect_to_a_child()") == "connected"


async def test_environments_do_not_reach_each_others_abstract_sockets(open_project: Open) -> None:
    workbench = await open_project(
        """
import errno, os, socket, time
def lambda_handler(event, context):
    if event == "listen":
        server = socket.socket(socket.AF_UNIX)
        server.bind("\\0lambda-tui-first")
        server.listen()
        print("listening", flush=True)
        time.sleep(2)
        return "listened"
    with socket.socket(socket.AF_UNIX) as end:
        try:
            end.connect("\\0lambda-tui-first")
            return "connected"
        except OSError as error:
            return errno.errorcode[error.errno]
"""
    )
    first = workbench.call(b'"listen"')
    await workbench.until_logged("listening")

    assert await workbench.answer("connect") == ("EPERM" if HAS_SCOPES else "connected")

    await first.wait()
    assert response_of(first) == "listened"


async def test_no_process_of_the_machines_can_be_signalled(open_project: Open, level: str) -> None:
    workbench = await open_project(LOOKS)
    answer = await workbench.answer(f"os.kill({os.getpid()}, 0)")

    if level == "namespaces":
        assert answer == "ESRCH"
    elif HAS_SCOPES:
        assert answer == "EPERM"


async def test_a_server_on_the_machines_loopback_can_be_reached(open_project: Open) -> None:
    workbench = await open_project(LOOKS)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        assert await workbench.answer(f"connect({address!r}, socket.AF_INET)") == "connected"


@NAMESPACES
async def test_the_kernels_log_cannot_be_read(open_project: Open) -> None:
    workbench = await open_project(LOOKS)
    answer = await workbench.answer(
        "(ctypes.CDLL(None, use_errno=True).klogctl(3, bytes(100), 100), ctypes.get_errno())"
    )
    assert answer == [-1, errno.EPERM]
    assert await workbench.answer("os.path.exists('/dev/kmsg')") is False


@NAMESPACES
@pytest.mark.parametrize("name", ["keys", "key-users", "kcore", "kmsg", "timer_list"])
async def test_what_proc_tells_of_the_machine_is_covered(open_project: Open, name: str) -> None:
    workbench = await open_project(LOOKS)
    # Not every kernel has all of them.
    assert await workbench.answer(f"read('/proc/{name}')") in ("EACCES", "ENOENT")


@NAMESPACES
@pytest.mark.parametrize(
    "folder", ["fs/cgroup", "fs/pstore", "kernel/debug", "kernel/tracing", "firmware"]
)
async def test_what_sys_tells_of_the_machine_is_covered(open_project: Open, folder: str) -> None:
    workbench = await open_project(LOOKS)
    found = await workbench.answer(f"glob.glob('/sys/{folder}/*')")
    assert found == []


@NAMESPACES
async def test_the_machines_name_is_not_known(open_project: Open) -> None:
    workbench = await open_project(LOOKS)
    assert await workbench.answer("socket.gethostname()") == "sandbox"
    assert await workbench.answer("os.uname().nodename") == "sandbox"
    # Programs look their own name up.
    assert await workbench.answer("socket.gethostbyname(socket.gethostname())") == "127.0.0.1"


@NAMESPACES
async def test_the_names_of_the_machines_services_are_not_known(open_project: Open) -> None:
    workbench = await open_project(LOOKS)
    lines: str = await workbench.answer("read('/proc/self/cgroup')")
    assert {line.split(":", 2)[2] for line in lines.splitlines()} == {"/"}


@NAMESPACES
async def test_the_devices_are_those_that_are_no_hardware(open_project: Open) -> None:
    workbench = await open_project(LOOKS)
    assert sorted(await workbench.answer("os.listdir('/dev')")) == sorted(
        [*("full", "null", "random", "urandom", "zero"), *("fd", "stdin", "stdout", "stderr")]
    )
    assert await workbench.answer("open('/dev/tty')") == "ENOENT"


@NAMESPACES
async def test_segments_and_queues_are_the_environments_own(open_project: Open) -> None:
    workbench = await open_project(LOOKS)
    for kind in ("shm", "msg", "sem"):
        assert len((await workbench.answer(f"read('/proc/sysvipc/{kind}')")).splitlines()) == 1


async def test_the_machines_clock_cannot_be_set(open_project: Open) -> None:
    workbench = await open_project("import time\n" + LOOKS)
    assert await workbench.answer("time.clock_settime(time.CLOCK_REALTIME, 0)") == "EPERM"


async def test_the_init_process_keeps_its_variables_and_files_to_itself(
    open_project: Open, level: str
) -> None:
    workbench = await open_project(LOOKS)
    for path in ("environ", "maps", "mem"):
        answer = await workbench.answer(f"read(f'/proc/{{os.getppid()}}/{path}')")
        if level == "namespaces":
            assert answer == "EACCES"
        else:
            # Without a sandbox it is a process of the user's; nothing of the shell's is in it.
            assert "HOME=" not in answer


async def test_no_function_can_start_processes_without_end(open_project: Open, level: str) -> None:
    workbench = await open_project(LOOKS, memory_size=3000, timeout=60)

    invocation = await workbench.invoke("bomb(5000)")

    answer = response_of(invocation)
    if level == "processes" or not isinstance(answer, int):
        # No limit of the kernel's holds there: the environment is ended.
        assert answer["errorType"] == "Runtime.ExitError"
    else:
        assert 1000 <= answer <= 1324
    assert await workbench.answer("1 + 1") == 2
