"""A sandbox within a sandbox: a fork of a snapshot's runtime gets one of its own.

The runtime of a snapshot has no capability, may make no user namespace and cannot write to
``/proc``. So the snapshot's process 1 makes one user namespace in advance, in which none can be
made either. A fork of the runtime enters it, and has in it the capabilities to build the rest: a
``/tmp`` and a ``/proc`` over those of the snapshot. All other mounts are the snapshot's: what is
read-only there stays so, because they belong to the outer user namespace.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat

from .. import linux
from ..processes import run_and_exit
from ..sandbox import (
    NAMESPACES,
    PROC_FLAGS,
    bind_descriptor,
    cover_proc,
    forbid_user_namespaces,
    map_own_user,
    mount_storage,
)

_STORAGE = "/tmp"


def make_user_namespace(proc: str) -> int:
    """Make a user namespace below this process's own; return its descriptor.

    To be called by process 1 while ``/proc``, whose path is ``proc``, can be written. Raise
    ``OSError`` where it cannot be made.
    """
    made_read, made_write = os.pipe()
    end_read, end_write = os.pipe()
    user, group = os.geteuid(), os.getegid()

    def make_and_hold() -> None:
        # Held here, the read below would never see the end of the pipe.
        os.close(end_write)
        linux.unshare(linux.CLONE_NEWUSER)
        map_own_user(user, group, proc)
        forbid_user_namespaces(proc)
        os.write(made_write, b".")
        # A namespace lives while a process is in it or a descriptor is open: until the parent has
        # opened one, this process has to stay.
        os.read(end_read, 1)

    pid = os.fork()
    if pid == 0:
        run_and_exit(make_and_hold)
    os.close(made_write)
    os.close(end_read)
    try:
        if not os.read(made_read, 1):
            raise OSError("no user namespace can be made within the sandbox")
        return os.open(f"{proc}/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(made_read)
        os.close(end_write)
        os.waitpid(pid, 0)


def enter(user_namespace: int, ephemeral_storage_mb: int) -> None:
    """Move this process into new namespaces, and its next child into a new pid namespace.

    ``/tmp`` is mounted anew, with copies of the files in the snapshot's.
    """
    # The user namespace first: in it this process has the capabilities that the others take.
    linux.enter_user_namespace(user_namespace)
    linux.unshare(NAMESPACES)
    # All three before the old /tmp is covered: the working directory, the files, and what is
    # mounted there, such as an interpreter whose prefix lies in it.
    directory = os.getcwd()
    before = os.open(_STORAGE, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    binds = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in _mounts_in_storage()]
    mount_storage(_STORAGE, ephemeral_storage_mb)
    for path, descriptor in binds:
        bind_descriptor(descriptor, path)
    copy_files(f"/proc/self/fd/{before}", _STORAGE)
    os.close(before)
    # Anew by its name: it may have been in the old /tmp, or be gone.
    with contextlib.suppress(OSError):
        os.chdir(directory)


def _mounts_in_storage() -> list[str]:
    """Return the outermost mount points in the snapshot's ``/tmp``."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        points = [_unescaped(line.split(" ", 5)[4]) for line in file]
    outermost: list[str] = []
    for point in sorted(points):
        is_inside = point.startswith(_STORAGE + "/")
        if is_inside and not any(point.startswith(outer + "/") for outer in outermost):
            outermost.append(point)
    return outermost


def _unescaped(path: str) -> str:
    """Return a path of ``mountinfo``, which has white space and backslashes as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), path)


def become_first() -> None:
    """Mount the ``/proc`` of the new pid namespace, as its process 1, and drop the capabilities."""
    # In this order: mounting takes one. Only from inside does a new /proc show this namespace.
    linux.mount("proc", "/proc", "proc", PROC_FLAGS | linux.MS_RDONLY)
    cover_proc("/proc")
    linux.deny_capabilities_to_programs()
    linux.drop_capabilities(kept=linux.CAP_KILL)


def copy_files(source: str, target: str) -> None:
    """Copy a folder as far as it can be read, without sockets and the like and other mounts."""
    device = os.stat(source).st_dev

    def is_left_out(path: str) -> bool:
        entry = os.lstat(path)
        is_plain = any(kind(entry.st_mode) for kind in (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK))
        return entry.st_dev != device or not is_plain

    def left_out(directory: str, names: list[str]) -> list[str]:
        return [name for name in names if is_left_out(os.path.join(directory, name))]

    with contextlib.suppress(shutil.Error):
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, ignore=left_out)
