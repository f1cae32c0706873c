"""The files in ``docs/containers`` can be read by their tools, and say what the code relies on."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import yaml

from lambda_tui.commands.inside import lima
from support.files import ROOT

FOLDER = ROOT / "docs/containers"
PROFILE: dict[str, Any] = json.loads((FOLDER / "seccomp.json").read_text())
CONTAINERFILE = (FOLDER / "Containerfile").read_text()
NEEDED = {*("unshare", "setns", "mount", "mount_setattr", "umount2", "pivot_root", "sethostname")}
"""The calls of the sandbox that Docker's own profile refuses."""
# No container may do these, whatever runs in it; Docker's own profile refuses each of them too.
REFUSED = {
    *("bpf", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load"),
    *("keyctl", "add_key", "request_key", "open_by_handle_at", "perf_event_open", "userfaultfd"),
    *("reboot", "swapon", "swapoff", "acct", "settimeofday", "clock_settime", "setdomainname"),
    *("fsopen", "fsmount", "fsconfig", "move_mount", "open_tree", "io_uring_setup", "iopl"),
}
NAMESPACE_FLAGS = {
    *(0x00020000, 0x02000000, 0x04000000, 0x08000000),
    *(0x10000000, 0x20000000, 0x40000000),
}


def calls_without_conditions() -> list[str]:
    return [name for call in PROFILE["syscalls"] if "args" not in call for name in call["names"]]


def test_the_profile_allows_what_is_needed_and_refuses_the_rest_of_what_docker_refuses() -> None:
    refused = calls_without_conditions()
    assert len(refused) == len(set(refused))
    assert set(refused) >= REFUSED
    assert not NEEDED.intersection(refused)
    assert PROFILE["defaultAction"] == "SCMP_ACT_ALLOW"
    assert {call["action"] for call in PROFILE["syscalls"]} == {"SCMP_ACT_ERRNO"}


def test_no_process_begins_in_namespaces_by_clone() -> None:
    clones = [call for call in PROFILE["syscalls"] if call["names"] == ["clone"]]
    flags = set()
    for call in clones:
        (condition,) = call["args"]
        assert condition["op"] == "SCMP_CMP_MASKED_EQ"
        assert condition["value"] == condition["valueTwo"]
        flags.add(condition["value"])
    assert flags == NAMESPACE_FLAGS
    (clone3,) = [call for call in PROFILE["syscalls"] if call["names"] == ["clone3"]]
    # ENOSYS, on which the C library calls clone.
    assert clone3["errnoRet"] == 38


def test_the_profile_holds_for_every_machine_type_of_the_sandbox() -> None:
    types = {entry["architecture"]: entry["subArchitectures"] for entry in PROFILE["archMap"]}
    assert set(types) == {"SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"}
    # Without those of 32 bits their calls would be a way around it.
    assert types["SCMP_ARCH_X86_64"] == ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]


def test_the_sandbox_makes_no_other_call_that_containers_refuse() -> None:
    tree = ast.parse((ROOT / "runtimes/linux.py").read_text())
    called = {
        node.func.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "_libc"
    }
    # `syscall` stands for mount_setattr and pivot_root.
    assert called & (NEEDED | set(calls_without_conditions())) == NEEDED - {
        "mount_setattr",
        "pivot_root",
    }


def test_the_image_is_built_from_what_a_wheel_carries() -> None:
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.+) /source/", CONTAINERFILE, re.MULTILINE)
        for source in line.split()
    }
    assert copied == {
        *("pyproject.toml", "README.md", "LICENSE"),
        *("docs/containers", "runtimes", "lambda_tui"),
    }
    assert 'ENTRYPOINT ["tini", "--", "lambda-tui"]' in CONTAINERFILE
    assert "XDG_CACHE_HOME=/cache XDG_CONFIG_HOME=/config" in CONTAINERFILE


def test_the_machine_has_the_home_folder_and_a_place_for_installations() -> None:
    machine = yaml.safe_load((FOLDER / "lima.yaml").read_text())
    assert machine["mounts"] == [{"location": "~", "writable": True}]
    assert {image["arch"] for image in machine["images"]} == {"aarch64", "x86_64"}
    (script,) = [step["script"] for step in machine["provision"]]
    assert f"--mode=1777 {lima._INSTALLATIONS}\n" in script


def test_the_development_container_has_the_options_of_the_sandbox() -> None:
    text = (FOLDER / "devcontainer.json").read_text()
    lines = [line for line in text.splitlines() if not line.strip().startswith("//")]
    container = json.loads("\n".join(lines))
    assert container["image"] == "lambda-tui"
    assert "seccomp=unconfined" in container["runArgs"]
    assert "systempaths=unconfined" in container["runArgs"]


def test_each_file_is_explained() -> None:
    page = (FOLDER / "README.md").read_text()
    for file in sorted(FOLDER.iterdir()):
        assert file.name == "README.md" or f"({file.name})" in page, file.name
