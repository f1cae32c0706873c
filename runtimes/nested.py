"""A sandbox within a sandbox: how a process that was initialised in one gets another of its own.

The runtime of a snapshot has no capability, may make no user namespace and cannot write to
``/proc``. So the snapshot's process 1 makes one user namespace in advance, in which none can be
made either; a fork of the runtime enters it, and has in it what it takes to build the rest: a
``/tmp`` and a ``/proc`` over those of the snapshot. All other mounts are the snapshot's: what is
read-only there stays so, because they belong to the outer user namespace.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat

from . import linux, sandbox
from .processes import run_and_exit

_STORAGE = "/tmp"


def make_user_namespace(proc: str) -> int:
    """Makes a user namespace below this process's own; its descriptor.

    To be called by process 1 while ``/proc``, which stands at ``proc``, can be written.
    """
    is_made, tell_made = os.pipe()
    may_end, let_end = os.pipe()
    user, group = os.geteuid(), os.getegid()

    def keep_open() -> None:
        os.close(let_end)
        linux.unshare(linux.CLONE_NEWUSER)
        sandbox.map_own_user(user, group, proc)
        sandbox.forbid_user_namespaces(proc)
        os.write(tell_made, b".")
        os.read(may_end, 1)

    pid = os.fork()
    if pid == 0:
        run_and_exit(keep_open)
    os.close(tell_made)
    os.close(may_end)
    try:
        if not os.read(is_made, 1):
            raise OSError("no user namespace can be made within the sandbox")
        return os.open(f"{proc}/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(is_made)
        os.close(let_end)
        os.waitpid(pid, 0)


def enter(user_namespace: int, ephemeral_storage_mb: int) -> None:
    """Moves this process into namespaces of its own, its next child into a pid namespace too.

    ``/tmp`` is new, with what the snapshot's has in it.
    """
    linux.enter_user_namespace(user_namespace)
    linux.unshare(sandbox.NAMESPACES)
    directory = os.getcwd()
    before = os.open(_STORAGE, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    # Such as an interpreter whose prefix lies there.
    binds = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in _mounts_in_storage()]
    sandbox.mount_storage(_STORAGE, ephemeral_storage_mb)
    for path, descriptor in binds:
        sandbox.bind_descriptor(descriptor, path)
    copy_files(f"/proc/self/fd/{before}", _STORAGE)
    os.close(before)
    with contextlib.suppress(OSError):
        os.chdir(directory)


def _mounts_in_storage() -> list[str]:
    """The outermost mount points in the snapshot's ``/tmp``."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        points = [_unescaped(line.split(" ", 5)[4]) for line in file]
    outermost: list[str] = []
    for point in sorted(points):
        is_inside = point.startswith(_STORAGE + "/")
        if is_inside and not any(point.startswith(outer + "/") for outer in outermost):
            outermost.append(point)
    return outermost


def _unescaped(path: str) -> str:
    """White space and backslashes are written as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), path)


def become_first() -> None:
    """Gives process 1 of the new pid namespace its ``/proc``, and takes all power but one."""
    linux.mount("proc", "/proc", "proc", sandbox.PROC_RESTRICTIONS | linux.MS_RDONLY)
    linux.drop_capabilities(kept=linux.CAP_KILL)


def copy_files(source: str, target: str) -> None:
    """Copies a folder, but for sockets and the like and other file systems; as far as it may."""
    device = os.stat(source).st_dev

    def is_left_out(path: str) -> bool:
        entry = os.lstat(path)
        is_plain = any(kind(entry.st_mode) for kind in (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK))
        return entry.st_dev != device or not is_plain

    def left_out(directory: str, names: list[str]) -> list[str]:
        return [name for name in names if is_left_out(os.path.join(directory, name))]

    with contextlib.suppress(shutil.Error):
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=left_out)
