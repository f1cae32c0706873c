"""A filter of system calls (seccomp) for those that no function needs and AWS denies.

They have no place in a function: keys of the user, the kernel's log, its modules and its programs,
and whatever would build a sandbox anew. Most take a capability that no function has. The filter is
a second wall, and the only one where a call asks for none, as those for keys do. The numbers are
those of Linux; a machine of another type has no filter.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterable
from typing import Mapping, NamedTuple, Optional, Tuple

from .. import linux

_Calls = Mapping[str, Tuple[Optional[int], ...]]
# In each architecture's own order: x86_64, aarch64, and programs of 32 bits on x86_64.
_MACHINES = {"x86_64": (0, 2), "aarch64": (1,)}
_ARCHITECTURES = (0xC000003E, 0xC00000B7, 0x40000003)
_DENIED: _Calls = {
    "add_key": (248, 217, 286),
    "request_key": (249, 218, 287),
    "keyctl": (250, 219, 288),
    "bpf": (321, 280, 357),
    "perf_event_open": (298, 241, 336),
    "userfaultfd": (323, 282, 374),
    "init_module": (175, 105, 128),
    "finit_module": (313, 273, 350),
    "delete_module": (176, 106, 129),
    "kexec_load": (246, 104, 283),
    "kexec_file_load": (320, 294, None),
    "syslog": (103, 116, 103),
    "open_by_handle_at": (304, 265, 342),
    "swapon": (167, 224, 87),
    "swapoff": (168, 225, 115),
    "reboot": (169, 142, 88),
    "acct": (163, 89, 51),
}
# An environment that is restored from a snapshot builds its sandbox with these, in a fork of the
# snapshot's runtime. They are denied after that.
_DENIED_IN_THE_END: _Calls = {
    "mount": (165, 40, 21),
    "umount": (None, None, 22),
    "umount2": (166, 39, 52),
    "pivot_root": (155, 41, 217),
    "open_tree": (428, 428, 428),
    "move_mount": (429, 429, 429),
    "fsopen": (430, 430, 430),
    "fsconfig": (431, 431, 431),
    "fsmount": (432, 432, 432),
    "fspick": (433, 433, 433),
    "mount_setattr": (442, 442, 442),
    "setns": (308, 268, 346),
}
# Denied with a flag for a namespace. ``clone3`` has its flags in memory, where no filter can look.
_DENIED_WITH_NAMESPACES: _Calls = {"unshare": (272, 97, 310), "clone": (56, 220, 120)}
_ANY_NAMESPACE = 0x7E020000
# On x86_64, of a third set of calls, which programs for 32-bit pointers use. None of AWS's do.
_X32_CALLS = 0x40000000

# Classic BPF, and the answers of a filter.
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000


class _Instruction(NamedTuple):
    code: int
    value: int
    if_true: int = 0
    if_false: int = 0


def deny_system_calls(*, may_build_sandboxes: bool = False) -> None:
    """Deny this process and its descendants the calls that no function needs, with ``EPERM``.

    Do nothing where the kernel has no filters, or a container allows none. Takes
    ``forbid_new_privileges``.
    """
    program = _PROGRAMS[may_build_sandboxes]
    if not program:
        return
    try:
        linux.filter_system_calls(program)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EINVAL, errno.EPERM):
            raise


def _program(*, may_build_sandboxes: bool) -> bytes:
    """Return the filter for this machine; empty for a type of machine that has none."""
    machine = _MACHINES.get(os.uname().machine)
    if machine is None:
        return b""
    instructions = [_Instruction(_LOAD, _ARCHITECTURE)]
    for index in machine:
        denied = _numbers(_DENIED, index)
        flagged: list[int] = []
        if not may_build_sandboxes:
            denied += _numbers(_DENIED_IN_THE_END, index)
            flagged = _numbers(_DENIED_WITH_NAMESPACES, index)
        block = _block(sorted(denied), flagged, has_x32=index == 0)
        instructions.append(_Instruction(_IF_EQUAL, _ARCHITECTURES[index], 0, len(block)))
        instructions += block
    # Calls of an architecture that is not listed are not known by their numbers.
    instructions.append(_Instruction(_RETURN, _ERROR | errno.ENOSYS))
    return b"".join(
        struct.pack("HBBI", one.code, one.if_true, one.if_false, one.value) for one in instructions
    )


def _numbers(calls: _Calls, index: int) -> list[int]:
    return [number for numbers in calls.values() if (number := numbers[index]) is not None]


def _block(denied: list[int], flagged: Iterable[int], *, has_x32: bool) -> list[_Instruction]:
    """Return the part for one architecture, which ends with an answer."""
    flagged = list(flagged)
    answers = [
        _Instruction(_LOAD, _FIRST_ARGUMENT),
        _Instruction(_IF_ANY_BIT, _ANY_NAMESPACE, 1, 0),
        _Instruction(_RETURN, _ALLOW),
        _Instruction(_RETURN, _ERROR | errno.EPERM),
    ]
    tests: list[_Instruction] = []
    total = len(denied) + len(flagged) + has_x32
    for position, number in enumerate([_X32_CALLS] * has_x32 + flagged + denied):
        # Jumps count the instructions that are left out: to the end of the tests and beyond.
        rest = total - position
        if position < has_x32:
            tests.append(_Instruction(_IF_AT_LEAST, number, rest + 3, 0))
        elif position < has_x32 + len(flagged):
            tests.append(_Instruction(_IF_EQUAL, number, rest, 0))
        else:
            tests.append(_Instruction(_IF_EQUAL, number, rest + 3, 0))
    return [_Instruction(_LOAD, _NUMBER), *tests, _Instruction(_RETURN, _ALLOW), *answers]


# Made in the zygote, once for all that are forked.
_PROGRAMS = {flag: _program(may_build_sandboxes=flag) for flag in (False, True)}
