"""Linux system calls that Python has no function for, through ctypes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import struct
from collections.abc import Mapping

CLONE_NEWNS = 0x00020000
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_RDONLY = 0x1
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000

MOUNT_ATTR_RDONLY = 0x1
MOUNT_ATTR_NOSUID = 0x2
MOUNT_ATTR_NODEV = 0x4

_MNT_DETACH = 2
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
_SYS_MOUNT_SETATTR = 442  # The same on every architecture.
# Others are not; by the type of machine.
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SYS_KEYCTL = {"x86_64": 250, "aarch64": 219}
_SYS_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SYS_IOPRIO_SET = {"x86_64": 251, "aarch64": 30}

_KEYCTL_JOIN_SESSION_KEYRING = 1
_IOPRIO_WHO_PROCESS = 1
_IPC_RMID = 0
_SECCOMP_SET_MODE_FILTER = 1
# Without it, older kernels slow every such process down, against leaks that a filter does not stop.
_SECCOMP_FILTER_FLAG_SPEC_ALLOW = 4

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_PR_CAPBSET_DROP = 24
_PR_SET_TIMERSLACK = 29
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
# ``struct sigaction``: handler, mask of 1,024 bits, flags, restorer; the same on 64-bit machines.
_SIGACTION_SIZE = 152
_SIGACTION_FLAGS = 136
_SA_NOCLDSTOP = 1
# ``struct sysinfo`` on 64-bit machines.
_LONG = 8
_SYSINFO_SIZE = 128
_SYSINFO_UNIT = 104
CAP_KILL = 5
_LINUX_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def kernel_release() -> tuple[int, ...]:
    """Return the kernel's version, such as ``(6, 14)``."""
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])


def system_call(what: str, number: int | Mapping[str, int], *arguments: int | bytes | None) -> int:
    """Call a system call by its number, on each type of machine where they differ.

    Raise ``OSError`` that says what it was for.
    """
    if not isinstance(number, int):
        machine = os.uname().machine
        if machine not in number:
            raise OSError(f"the sandbox does not know the machine type {machine}")
        number = number[machine]
    typed = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return _check(_libc.syscall(ctypes.c_long(number), *typed), what)


def signal_main_thread(pid: int, number: int) -> None:
    """Signal a process's main thread, where ``kill`` would let the kernel choose one of them.

    Python runs signal handlers in the main thread only, and a system call in which that thread
    waits is not interrupted by a signal to another one.
    """
    try:
        tgkill = _libc.tgkill
    except AttributeError:  # Before glibc 2.30.
        os.kill(pid, number)
        return
    _check(tgkill(pid, pid, number), "tgkill")


def unshare(flags: int) -> None:
    """Move this process (for CLONE_NEWPID, its future children) into new namespaces."""
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def enter_user_namespace(descriptor: int) -> None:
    """Move this process into the user namespace of a descriptor, with all capabilities in it."""
    _check(_libc.setns(ctypes.c_int(descriptor), ctypes.c_int(CLONE_NEWUSER)), "setns")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """Call mount(2); raise ``OSError`` that names the target."""
    result = _libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode(),
    )
    _check(result, f"mount {target}")


def set_mount_attributes(path: str, *, add: int = 0, remove: int = 0, recursive: bool) -> None:
    """Call mount_setattr(2), which exists from Linux 5.12 on."""
    attributes = struct.pack("QQQQ", add, remove, 0, 0)
    result = _libc.syscall(
        ctypes.c_long(_SYS_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        os.fsencode(path),
        ctypes.c_uint(_AT_RECURSIVE if recursive else 0),
        attributes,
        ctypes.c_size_t(len(attributes)),
    )
    _check(result, f"mount_setattr {path}")


def pivot_root(new_root: str) -> None:
    """Make a mount point the root directory and detach the old root.

    With ``.`` for both arguments the old root comes to lie on top of the new one, as
    pivot_root(2) describes, so that no directory for it is needed; then it is unmounted.
    """
    os.chdir(new_root)
    system_call("pivot_root", _SYS_PIVOT_ROOT, b".", b".")
    _check(_libc.umount2(b".", ctypes.c_int(_MNT_DETACH)), "umount of the old root")
    os.chdir("/")


def _prctl(option: int, argument: int = 0, what: str = "prctl") -> None:
    zero = ctypes.c_ulong(0)
    _check(_libc.prctl(ctypes.c_int(option), ctypes.c_ulong(argument), zero, zero, zero), what)


def control_device(descriptor: int, request: int, argument: bytes) -> None:
    """Call ioctl(2) with a structure that the kernel reads."""
    result = _libc.ioctl(ctypes.c_int(descriptor), ctypes.c_ulong(request), argument)
    _check(result, f"ioctl {request:#x}")


def set_host_name(name: str) -> None:
    """Set the name of the machine, as processes of this UTS namespace see it."""
    encoded = name.encode()
    _check(_libc.sethostname(encoded, ctypes.c_size_t(len(encoded))), "sethostname")


def join_new_session_keyring() -> None:
    """Leave the session keyring, in which the user's keys are, for a new and empty one.

    Raise ``OSError`` where that is denied, or where the user has no more keys to spend.
    """
    system_call("keyctl", _SYS_KEYCTL, _KEYCTL_JOIN_SESSION_KEYRING, None)


def reset_io_priority() -> None:
    """Have the input and output of this process follow its scheduling priority."""
    system_call("ioprio_set", _SYS_IOPRIO_SET, _IOPRIO_WHO_PROCESS, 0, 0)


def reset_personality() -> None:
    """Give this process, and the programs that it executes, Linux's own behaviour."""
    _libc.personality(ctypes.c_ulong(0))


def set_timer_slack(nanoseconds: int) -> None:
    """Set by how much the kernel may delay the timers of this process and its forks."""
    _prctl(_PR_SET_TIMERSLACK, nanoseconds, "PR_SET_TIMERSLACK")


def shared_memory_kb() -> int:
    """Return the memory of the whole machine that is in shared mappings and ``tmpfs`` files."""
    # ``struct sysinfo``: uptime, three loads, total, free and shared memory, …, and its unit.
    answer = ctypes.create_string_buffer(_SYSINFO_SIZE)
    _check(_libc.sysinfo(answer), "sysinfo")
    (shared,) = struct.unpack_from("L", answer, 6 * _LONG)
    (unit,) = struct.unpack_from("I", answer, _SYSINFO_UNIT)
    kilobytes: int = shared * unit // 1024
    return kilobytes


def remove_segment(number: int) -> None:
    """Remove a segment of System V's shared memory, unless it has gone."""
    _libc.shmctl(ctypes.c_int(number), ctypes.c_int(_IPC_RMID), None)


def die_with_parent(signal_number: int) -> None:
    """Ask the kernel for a signal to this process when its parent ends.

    Holds for this process alone, not for its forks, and comes too late for a parent that has ended
    before the call: compare ``os.getppid()`` afterwards where that can be.
    """
    _prctl(_PR_SET_PDEATHSIG, signal_number, "PR_SET_PDEATHSIG")


def become_subreaper() -> None:
    """Make this process the parent of descendants whose own parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, "PR_SET_CHILD_SUBREAPER")


def ignore_stopped_children() -> None:
    """Limit SIGCHLD to children that end, without those that are frozen or thawed.

    The handler that Python has installed stays: only the flags of ``struct sigaction`` change.
    """
    action = ctypes.create_string_buffer(_SIGACTION_SIZE)
    _check(_libc.sigaction(int(signal.SIGCHLD), None, action), "sigaction")
    (flags,) = struct.unpack_from("i", action, _SIGACTION_FLAGS)
    struct.pack_into("i", action, _SIGACTION_FLAGS, flags | _SA_NOCLDSTOP)
    _check(_libc.sigaction(int(signal.SIGCHLD), action, None), "sigaction")


def set_process_name(name: str) -> None:
    """Set the name that ``ps`` and ``top`` show for this process, up to 15 bytes."""
    _libc.prctl(ctypes.c_int(_PR_SET_NAME), ctypes.c_char_p(name.encode()), 0, 0, 0)


def leave_memory_out_of_cores() -> None:
    """Keep the memory of this process and its descendants out of core files.

    The machine may collect them, also those of programs that are executed later.
    """
    # A kernel without core files has no such file either.
    with contextlib.suppress(OSError), open("/proc/self/coredump_filter", "w") as file:
        file.write("0")


def filter_system_calls(program: bytes) -> None:
    """Apply a filter in classic BPF to this process and its descendants.

    Takes ``forbid_new_privileges``.
    """
    code = ctypes.create_string_buffer(program, len(program))
    # ``struct sock_fprog``: the number of instructions, which have 8 bytes each, and their address.
    header = struct.pack("HxxxxxxQ", len(program) // 8, ctypes.addressof(code))
    flags = _SECCOMP_FILTER_FLAG_SPEC_ALLOW
    system_call("seccomp", _SYS_SECCOMP, _SECCOMP_SET_MODE_FILTER, flags, header)


def forbid_new_privileges() -> None:
    """Deny this process and its descendants any privilege through a program that they execute."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1, "PR_SET_NO_NEW_PRIVS")


def deny_capabilities_to_programs() -> None:
    """Keep capabilities from all programs that this process and its descendants execute.

    Comes before ``drop_capabilities``: it takes one.
    """
    with open("/proc/sys/kernel/cap_last_cap") as file:
        last = int(file.read())
    # That it fails for an ordinary user, who has no capability, does not matter.
    for capability in range(last + 1):
        _libc.prctl(ctypes.c_int(_PR_CAPBSET_DROP), ctypes.c_ulong(capability), 0, 0, 0)
    _libc.prctl(ctypes.c_int(_PR_CAP_AMBIENT), ctypes.c_ulong(_PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)


def drop_capabilities(kept: int | None = None) -> None:
    """Give up every capability but ``kept``.

    An init process keeps one, and the runtimes that it starts none: the kernel then lets them, of
    the same user, neither trace it nor take its descriptors.
    """
    bits = 0 if kept is None else 1 << kept
    header = struct.pack("Ii", _LINUX_CAPABILITY_VERSION_3, 0)
    # Effective, permitted and inheritable: of capabilities 0 to 31, then of the others.
    _check(_libc.capset(header, struct.pack("IIIIII", bits, bits, 0, 0, 0, 0)), "capset")
