"""A machine that refuses the sandbox is told by the one thing that is missing, with its remedy."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from runtimes.sandbox import Refusal, explain, explain_system
from support.files import ROOT
from support.refusals import MASKED_PROC, NO_USER_NAMESPACES, under_seccomp

PROBE = """
import json
from runtimes.linux import become_subreaper
from runtimes.sandbox import find_host_files
from runtimes.zygote import probe
become_subreaper()
print(json.dumps(probe(find_host_files())))
"""
DOCKER, PODMAN, KUBERNETES = (
    ".dockerenv",
    "run/.containerenv",
    "var/run/secrets/kubernetes.io/namespace",
)


def probed(prefix: list[str]) -> Refusal | None:
    """Try the sandbox in a process that the prefix restricts."""
    command = [*prefix, sys.executable, "-c", PROBE]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    answer = json.loads(ran.stdout)
    return None if answer is None else Refusal(*answer)


def machine(root: Path, *signs: str, **files: str) -> str:
    """Write files of ``/proc``, their names with underscores for slashes, and the signs."""
    texts = {f"proc/{name.replace('__', '/')}": text for name, text in files.items()}
    for name, text in {**dict.fromkeys(signs, ""), **texts}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return str(root)


def refused(step: str, number: int = errno.EPERM) -> OSError:
    return OSError(number, f"{step}: refused")


def test_a_machine_that_refuses_nothing_has_no_refusal() -> None:
    assert probed([]) is None


@pytest.mark.parametrize("call", ["unshare", "mount", "mount_setattr", "pivot_root"])
def test_a_seccomp_profile_that_refuses_a_call_is_named(call: str) -> None:
    refusal = probed(under_seccomp(call))
    assert refusal is not None
    assert refusal.reason == f"a seccomp profile refuses {call}"
    assert refusal.remedy


def test_masked_paths_in_proc_are_named() -> None:
    refusal = probed(MASKED_PROC)
    assert refusal is not None
    assert refusal.reason.startswith("parts of /proc are masked (/proc/")


def test_a_limit_of_user_namespaces_is_named_with_its_command() -> None:
    refusal = probed(NO_USER_NAMESPACES)
    assert refusal is not None
    assert refusal.reason == "user.max_user_namespaces is 0"
    assert refusal.remedy.endswith("sudo sysctl -w user.max_user_namespaces=15000")


@pytest.mark.parametrize(
    ("setting", "value", "error", "wanted"),
    [
        ("unprivileged_userns_clone", 0, refused("unshare"), 1),
        ("apparmor_restrict_unprivileged_userns", 1, refused("unshare", errno.EACCES), 0),
        ("apparmor_restrict_unprivileged_userns", 1, refused("/proc/self/uid_map"), 0),
    ],
)
def test_a_setting_of_the_kernel_is_named_with_its_command(
    tmp_path: Path, setting: str, value: int, error: OSError, wanted: int
) -> None:
    root = machine(tmp_path, **{f"sys__kernel__{setting}": f"{value}\n"})
    command = f"sudo sysctl -w kernel.{setting}={wanted}"
    assert explain(error, root) == (f"kernel.{setting} is {value}", command)

    machine(tmp_path, DOCKER)
    assert explain(error, root).remedy == f"on the container's host: {command}"


def test_a_setting_that_restricts_others_is_not_blamed(tmp_path: Path) -> None:
    root = machine(
        tmp_path,
        DOCKER,
        sys__kernel__apparmor_restrict_unprivileged_userns="1",
        self__status="Seccomp:\t2\n",
    )
    assert explain(refused("unshare"), root).reason == "a seccomp profile refuses unshare"


@pytest.mark.parametrize(
    ("sign", "remedy"),
    [
        (DOCKER, "start the container with --security-opt systempaths=unconfined"),
        (PODMAN, "start the container with --security-opt unmask=ALL"),
        (KUBERNETES, "set in the container's securityContext: procMount: Unmasked"),
    ],
)
def test_each_container_engine_has_its_own_option(tmp_path: Path, sign: str, remedy: str) -> None:
    root = machine(tmp_path, sign, self__mountinfo="1 2 0:1 / /proc/kcore rw - tmpfs none rw\n")
    refusal = explain(refused("mount /tmp/proc"), root)
    assert refusal == ("parts of /proc are masked (/proc/kcore)", remedy)


def test_what_would_be_refused_next_is_part_of_the_remedy(tmp_path: Path) -> None:
    root = machine(
        tmp_path,
        DOCKER,
        self__status="Seccomp:\t2\n",
        self__attr__current="docker-default (enforce)\n",
        self__mountinfo="1 2 0:1 / /proc/kcore rw - tmpfs none rw\n",
    )
    assert explain(refused("unshare"), root).remedy.startswith(
        "start the container with --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined --security-opt systempaths=unconfined;"
    )


def test_an_apparmor_profile_that_refuses_mounts_is_named(tmp_path: Path) -> None:
    root = machine(tmp_path, DOCKER, self__attr__current="docker-default (enforce)\n")
    assert explain(refused("mount /", errno.EACCES), root) == (
        "the AppArmor profile docker-default refuses mount",
        "start the container with --security-opt apparmor=unconfined",
    )


def test_a_kernel_without_a_call_is_too_old(tmp_path: Path) -> None:
    refusal = explain(refused("mount_setattr /tmp", errno.ENOSYS), str(tmp_path))
    assert refusal.reason == "this kernel has no mount_setattr"


def test_an_unknown_refusal_is_told_as_the_kernel_told_it(tmp_path: Path) -> None:
    refusal = explain(OSError(errno.EINVAL, "pivot_root: Invalid argument"), str(tmp_path))
    assert refusal.reason == "pivot_root: Invalid argument"
    assert "unshare -Urmpf true" in refusal.remedy


def test_other_systems_are_shown_the_way_into_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    refusal = explain_system()
    assert refusal is not None
    assert "lambda-tui --in docker" in refusal.remedy
