"""System calls have the numbers of the kernel's own tables, also on other types of machines."""

from __future__ import annotations

import errno
import os
import platform
import re
import struct
from pathlib import Path
from types import SimpleNamespace

import pytest

from support.runtimes_package import load_module

linux = load_module("linux")
landlock = load_module("confinement.landlock")
system_calls = load_module("confinement.system_calls")

_INCLUDE = Path("/usr/include")
_OF_X86 = _INCLUDE / "x86_64-linux-gnu" / "asm"
# In the order of the filter. A machine has its own architecture's, and the generic one of aarch64.
TABLES = {"x86_64": _OF_X86 / "unistd_64.h", "aarch64": _INCLUDE / "asm-generic" / "unistd.h"}
TABLES["i386"] = _OF_X86 / "unistd_32.h"
AT_HAND = [name for name, file in TABLES.items() if name == "aarch64" or file.exists()]

FILTERED = {
    **system_calls._DENIED,
    **system_calls._DENIED_IN_THE_END,
    **system_calls._DENIED_WITH_NAMESPACES,
}
OWN = {
    "pivot_root": linux._SYS_PIVOT_ROOT,
    "keyctl": linux._SYS_KEYCTL,
    "seccomp": linux._SYS_SECCOMP,
    "ioprio_set": linux._SYS_IOPRIO_SET,
    **{
        name: dict.fromkeys(("x86_64", "aarch64"), number)
        for name, number in {
            "mount_setattr": linux._SYS_MOUNT_SETATTR,
            "landlock_create_ruleset": landlock._SYS_CREATE_RULESET,
            "landlock_add_rule": landlock._SYS_ADD_RULE,
            "landlock_restrict_self": landlock._SYS_RESTRICT_SELF,
        }.items()
    },
}
READ = {"x86_64": 0, "aarch64": 63}
AUDIT_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
RISCV = 0xC00000F3
ALLOWED, DENIED, UNKNOWN = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
NEW_USER_NAMESPACE = 0x10000000


def kernels_numbers(architecture: str) -> dict[str, int]:
    """Return the numbers of an architecture's system calls, as the kernel's headers have them."""
    text = TABLES[architecture].read_text()
    found = re.findall(r"^#define __NR_(\w+)\s+(\d+)\s*$", text, flags=re.MULTILINE)
    assert len(found) > 250
    return {name: int(number) for name, number in found}


@pytest.mark.parametrize("architecture", AT_HAND)
def test_the_filters_numbers_are_the_kernels(architecture: str) -> None:
    kernels = kernels_numbers(architecture)
    index = list(TABLES).index(architecture)

    ours = {name: numbers[index] for name, numbers in FILTERED.items()}

    assert ours == {name: kernels.get(name) for name in FILTERED}


@pytest.mark.parametrize("architecture", [name for name in AT_HAND if name != "i386"])
def test_the_calls_numbers_are_the_kernels(architecture: str) -> None:
    kernels = kernels_numbers(architecture)

    assert {name: numbers[architecture] for name, numbers in OWN.items()} == {
        name: kernels[name] for name in OWN
    }


def answer_of(program: bytes, architecture: int, number: int, argument: int = 0) -> int:
    """Return what the kernel does on a system call, by a filter in classic BPF."""
    data = struct.pack("=iIQQ", number, architecture, 0, argument)
    instructions = list(struct.iter_unpack("=HBBI", program))
    at = accumulator = 0
    while True:
        code, if_true, if_false, value = instructions[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif code == 0x06:
            return int(value)
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value}
            at += if_true if holds.get(code, bool(accumulator & value)) else if_false


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("may_build", [False, True])
def test_the_filter_of_each_machine_denies_what_is_listed_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, machine: str, may_build: bool
) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine=machine))
    program = system_calls._program(may_build_sandboxes=may_build)
    architecture, index = AUDIT_ARCHITECTURES[machine], ("x86_64", "aarch64").index(machine)
    denied = {numbers[index] for numbers in system_calls._DENIED.values()}
    if not may_build:
        denied |= {numbers[index] for numbers in system_calls._DENIED_IN_THE_END.values()}

    for number in range(500):
        expected = DENIED if number in denied else ALLOWED
        assert answer_of(program, architecture, number) == expected, number
    for numbers in system_calls._DENIED_WITH_NAMESPACES.values():
        with_namespace = answer_of(program, architecture, numbers[index], NEW_USER_NAMESPACE)
        assert with_namespace == (ALLOWED if may_build else DENIED)
    assert answer_of(program, RISCV, READ[machine]) == UNKNOWN


def test_this_machine_is_one_of_those_with_a_filter() -> None:
    assert platform.machine() in AUDIT_ARCHITECTURES
