"""The sandbox of level ``namespaces``: what an execution environment can see and write.

A read-only root with the system's own directories, the interpreter, the function's code on
``/var/task``; a ``tmpfs`` of the configured size on ``/tmp``, the only place that can be written.
Nothing of the user's is in it: home directories and everything that is not listed here are absent.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from . import linux
from .machine import SYSTEM_DIRECTORIES, Bind, Machine, is_inside

DEVICES = ("full", "null", "random", "urandom", "zero")
EMPTY_DIRECTORIES = ("dev", "home", "opt", "proc", "root", "run", "tmp", "var/runtime", "var/task")

TASK_ROOT = "/var/task"
LANGUAGE_ROOT = "/var/lang"
# Any directory that exists everywhere will do: nobody else sees what is mounted on it.
_SCAFFOLD = "/tmp"
NAMESPACES = linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWIPC
"""Those that an environment has beside a user namespace."""
PROC_RESTRICTIONS = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC


def enter_namespaces(*, own_network: bool = False) -> None:
    """Moves this process into new namespaces, its next child into a pid namespace too.

    A user namespace for root too: what is left of its powers then holds in the sandbox only.
    """
    user, group = os.geteuid(), os.getegid()
    linux.unshare(NAMESPACES | linux.CLONE_NEWUSER | (linux.CLONE_NEWNET if own_network else 0))
    map_own_user(user, group)


def map_own_user(user: int, group: int, proc: str = "/proc") -> None:
    """Keeps the ids of the user that this process had before it entered a user namespace."""
    _write(f"{proc}/self/uid_map", f"{user} {user} 1")
    _write(f"{proc}/self/setgroups", "deny")
    _write(f"{proc}/self/gid_map", f"{group} {group} 1")


def build_root(
    machine: Machine,
    own_binds: Iterable[Bind],
    ephemeral_storage_mb: int,
    resolver: str = "",
    prepare: Callable[[str], None] | None = None,
) -> None:
    """Builds the root directory and moves into it, as process 1 of a pid namespace.

    ``resolver`` is the address of a name server in the place of the machine's. ``prepare`` is
    called with the place of ``/proc`` before nobody can write to it any more.
    """
    linux.mount("", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    root = _SCAFFOLD
    binds = list(machine.binds)
    occupied = [bind.target for bind in binds]
    for bind in own_binds:
        binds += around(bind, occupied)
    # Opened before anything is covered: what lies under the scaffold can be bound all the same.
    sources = [os.open(bind.source, os.O_PATH | os.O_CLOEXEC) for bind in binds]
    devices = [os.open(f"/dev/{name}", os.O_PATH | os.O_CLOEXEC) for name in DEVICES]
    texts = {"/etc/hosts": _hosts_text()}
    if resolver:
        texts[os.path.realpath("/etc/resolv.conf")] = _resolver_text(resolver)

    linux.mount("tmpfs", root, "tmpfs", 0, "size=1m,mode=755")
    for directory in EMPTY_DIRECTORIES:
        os.makedirs(f"{root}/{directory}", exist_ok=True)
    mount_storage(f"{root}/tmp", ephemeral_storage_mb)
    _link_system_directories(root)
    os.symlink(machine.language_prefix, root + LANGUAGE_ROOT)
    for descriptor, bind in zip(sources, binds):
        bind_descriptor(descriptor, root + bind.target)
    _make_devices(root)
    _cover(root, machine.covered)
    for path, text in texts.items():
        _bind_text(root, path, text)

    read_only = linux.MOUNT_ATTR_RDONLY | linux.MOUNT_ATTR_NOSUID | linux.MOUNT_ATTR_NODEV
    linux.set_mount_attributes(root, add=read_only, recursive=True)
    linux.set_mount_attributes(f"{root}/tmp", remove=linux.MOUNT_ATTR_RDONLY, recursive=False)
    for descriptor, name in zip(devices, DEVICES):
        bind_descriptor(descriptor, f"{root}/dev/{name}")
        # They are the machine's own: root inside owns them, and must not change their mode.
        restriction = linux.MOUNT_ATTR_RDONLY | linux.MOUNT_ATTR_NOSUID
        linux.set_mount_attributes(f"{root}/dev/{name}", add=restriction, recursive=False)
    linux.mount("proc", f"{root}/proc", "proc", PROC_RESTRICTIONS)
    if prepare is not None:
        prepare(f"{root}/proc")
    forbid_user_namespaces(f"{root}/proc")
    linux.set_mount_attributes(f"{root}/proc", add=linux.MOUNT_ATTR_RDONLY, recursive=False)
    linux.pivot_root(root)


def mount_storage(target: str, ephemeral_storage_mb: int) -> None:
    """Mounts a ``/tmp`` of its own size."""
    options = f"size={ephemeral_storage_mb}m,mode=1777"
    linux.mount("tmpfs", target, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)


def forbid_user_namespaces(proc: str) -> None:
    """Takes from the sandbox the means to make namespaces of its own.

    With a user namespace of its own a function would hold capabilities again. The limit is that of
    this user namespace, not the machine's.
    """
    _write(f"{proc}/sys/user/max_user_namespaces", "0")


def around(bind: Bind, occupied: list[str]) -> list[Bind]:
    """A bind as it is, or piece by piece where it would cover what stands in these places.

    An interpreter may well lie in ``/opt``, where layers stand.
    """
    if not any(is_inside(path, [bind.target]) for path in occupied):
        return [bind]
    if bind.target in occupied or not os.path.isdir(bind.source):
        return []
    pieces = []
    for name in sorted(os.listdir(bind.source)):
        piece = Bind(f"{bind.source}/{name}", f"{bind.target}/{name}")
        if os.path.exists(piece.source):
            pieces += around(piece, occupied)
    return pieces


def _link_system_directories(root: str) -> None:
    """Repeats links such as ``/lib`` → ``usr/lib``."""
    for name in SYSTEM_DIRECTORIES:
        if os.path.islink(f"/{name}"):
            os.symlink(os.readlink(f"/{name}"), f"{root}/{name}")


def _cover(root: str, paths: list[str]) -> None:
    """Puts nothing in the place of these: an empty directory, or a device that will not open."""
    for path in paths:
        nothing = f"{root}/proc" if os.path.isdir(path) else "/dev/null"
        linux.mount(nothing, root + path, None, linux.MS_BIND)


def _make_devices(root: str) -> None:
    for name in DEVICES:
        _write(f"{root}/dev/{name}", "")
    for name, target in {
        "fd": "/proc/self/fd",
        "stdin": "/proc/self/fd/0",
        "stdout": "/proc/self/fd/1",
        "stderr": "/proc/self/fd/2",
    }.items():
        os.symlink(target, f"{root}/dev/{name}")


def _hosts_text() -> str:
    """The machine's hosts and the two names that AWS gives an environment's own loopback."""
    try:
        with open("/etc/hosts", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        text = "127.0.0.1 localhost\n"
    return text.rstrip("\n") + "\n127.0.0.1 sandbox sandbox.localdomain\n"


def _resolver_text(address: str) -> str:
    """The machine's search list and options, with one name server."""
    try:
        with open("/etc/resolv.conf", encoding="utf-8", errors="replace") as file:
            lines = [line for line in file if line.startswith(("search", "domain", "options"))]
    except OSError:
        lines = []
    return f"nameserver {address}\n" + "".join(line.rstrip("\n") + "\n" for line in lines)


def _bind_text(root: str, path: str, text: str) -> None:
    """Puts a text in the place of a file that is there."""
    if not os.path.exists(root + path):
        return
    source = f"{root}/text"
    _write(source, text)
    linux.mount(source, root + path, None, linux.MS_BIND)
    # The mount keeps the file; its own name would show in the function's root directory.
    os.unlink(source)


def bind_descriptor(descriptor: int, target: str) -> None:
    """Binds what an ``O_PATH`` descriptor stands for, and closes the descriptor."""
    source = f"/proc/self/fd/{descriptor}"
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _write(target, "")
    linux.mount(source, target, None, linux.MS_BIND | linux.MS_REC)
    os.close(descriptor)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
