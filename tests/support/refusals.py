"""Commands under a kernel that refuses something, as containers and hardened machines do."""

from __future__ import annotations

import os
import struct
import sys

_LANDLOCK = {"landlock_create_ruleset": 444}
# Numbers of system calls, by the machine type.
_NUMBERS = {
    "x86_64": {"unshare": 272, "mount": 165, "mount_setattr": 442, "pivot_root": 155, **_LANDLOCK},
    "aarch64": {"unshare": 97, "mount": 40, "mount_setattr": 442, "pivot_root": 41, **_LANDLOCK},
}
_PROGRAM = """
import ctypes, os, sys
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]
code = bytes.fromhex(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS, without which root alone may go on.
program = Program(len(code) // 8, code)
assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0, ctypes.get_errno()  # PR_SET_SECCOMP
os.execv(sys.argv[2], sys.argv[2:])
"""


def under_seccomp(*refused: str) -> list[str]:
    """Return the prefix of a command that runs it under a profile that refuses system calls."""
    numbers = [_NUMBERS[os.uname().machine][name] for name in refused]
    load, jump_if_equal, give = 0x20, 0x15, 0x06
    # Each comparison jumps to the last instruction, past the others and the one that allows.
    steps = [(load, 0, 0, 0)]
    for index, number in enumerate(numbers):
        steps.append((jump_if_equal, len(numbers) - index, 0, number))
    steps += [(give, 0, 0, 0x7FFF0000), (give, 0, 0, 0x00050001)]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    return [sys.executable, "-c", _PROGRAM, code.hex()]


def in_own_mounts(script: str) -> list[str]:
    """Return the prefix of a command that runs it after a script in namespaces of its own."""
    return [
        "unshare",
        "--user",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        f'{script} && exec "$@"',
        "sh",
    ]


MASKED_PROC = in_own_mounts("mount --bind /dev/null /proc/cpuinfo")
"""The prefix of a command that runs it where a path in ``/proc`` is masked."""
NO_USER_NAMESPACES = in_own_mounts("echo 0 > /proc/sys/user/max_user_namespaces")
"""The prefix of a command that runs it where no further user namespace may be made."""
