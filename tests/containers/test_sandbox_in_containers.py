"""Real containers, confined as Docker confines them: what the sandbox needs, and no more."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support.command_line import write_project
from support.oci import Container

pytestmark = pytest.mark.crun

PROGRAM = [sys.executable, "-m", "lambda_tui"]
USERS = [0, 1000]
NEEDED = ["unshare", "mount", "mount_setattr", "pivot_root", "umount2"]
NAMESPACES = "  ✓ namespaces: every environment has its own world"
FUNCTION = """
import os
def handler(event, context):
    names = set(os.listdir("/home"))
    try:
        open("/var/task/new", "w")
    except OSError as error:
        return [os.getuid(), sorted(names), error.strerror]
"""
REFUSED_CALLS = """
import ctypes, errno, os, socket
add_key, clone, clone3 = {"x86_64": (248, 56, 435), "aarch64": (217, 220, 435)}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
NEW_USER_NAMESPACE, SIGCHLD = 0x10000000, 17
key = (add_key, b"user", b"name", b"key", 3, -1)
for call in key, (clone, NEW_USER_NAMESPACE | SIGCHLD), (clone3,):
    arguments = [one if isinstance(one, bytes) else ctypes.c_long(one) for one in call]
    assert libc.syscall(*arguments, *[ctypes.c_long(0)] * 4) == -1
    print(errno.errorcode[ctypes.get_errno()])
try:
    socket.socket(40)
except OSError as error:
    print(errno.errorcode[error.errno])
"""
SNAP_START = "SnapStart: {ApplyOn: PublishedVersions}\nAutoPublishAlias: live"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    project = write_project(
        tmp_path / "shop", {"Order": FUNCTION, "Quick": FUNCTION}, Quick=SNAP_START
    )
    return project


def sandbox(container: Container, project: Path) -> list[str]:
    """Return the lines of the doctor's report on the sandbox."""
    report = container.run([*PROGRAM, "doctor", project], [project])
    assert "\nSandbox\n" in report, report
    return report.partition("\nSandbox\n")[2].partition("\n\n")[0].splitlines()


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("function", ["Order", "Quick:live"])
def test_the_profile_and_an_unmasked_proc_are_enough(
    tmp_path: Path, project: Path, user: int, function: str
) -> None:
    container = Container(tmp_path / "container", user)

    assert sandbox(container, project) == [NAMESPACES]
    said = container.run([*PROGRAM, "invoke", function, "--project", project], [project])
    assert said.splitlines()[-1] == '[993, [], "Read-only file system"]', said


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("call", NEEDED)
def test_every_call_that_the_profile_adds_is_needed_and_named_when_it_is_refused(
    tmp_path: Path, project: Path, user: int, call: str
) -> None:
    container = Container(tmp_path / "container", user, refused=(call,))
    text, remedy, *_notes = sandbox(container, project)
    name = "umount" if call == "umount2" else call
    assert text == f"  ▲ processes, without isolation: a seccomp profile refuses {name}"
    assert remedy.startswith("    → ")


@pytest.mark.parametrize("user", USERS)
def test_what_the_profile_refuses_is_refused(tmp_path: Path, user: int) -> None:
    said = Container(tmp_path / "container", user).run([sys.executable, "-c", REFUSED_CALLS], [])
    assert said.split() == ["EPERM", "EPERM", "ENOSYS", "EPERM"], said


@pytest.mark.parametrize("user", USERS)
def test_snapshots_need_setns(tmp_path: Path, project: Path, user: int) -> None:
    container = Container(tmp_path / "container", user, refused=("setns",))
    assert sandbox(container, project) == [NAMESPACES]
    said = container.run([*PROGRAM, "invoke", "Quick:live", "--project", project], [project])
    assert "setns" in said


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("refused", [(), ("sethostname",)])
def test_the_name_of_the_host_is_awss_where_it_may_be_set_and_functions_run_anyhow(
    tmp_path: Path, project: Path, user: int, refused: tuple[str, ...]
) -> None:
    source = "import os\ndef handler(event, context): return os.uname().nodename\n"
    (project / "Order" / "app.py").write_text(source)
    container = Container(tmp_path / "container", user, refused=refused)
    said = container.run([*PROGRAM, "invoke", "Order", "--project", project], [project])
    assert ("REPORT" in said and '"sandbox"' in said) == (not refused), said
    assert said.splitlines()[-1].startswith('"'), said


@pytest.mark.parametrize("user", USERS)
def test_masked_paths_are_named(tmp_path: Path, project: Path, user: int) -> None:
    text, remedy, *_notes = sandbox(Container(tmp_path / "container", user, masks=True), project)
    assert text.startswith("  ▲ processes, without isolation: parts of /proc are masked (/proc/")
    assert remedy.startswith("    → ")
