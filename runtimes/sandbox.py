"""The sandbox of level ``namespaces``: what an execution environment can see and write.

A read-only root with the system's own directories, the interpreter, the function's code on
``/var/task``; a ``tmpfs`` of the configured size on ``/tmp``, the only place that can be written.
Nothing of the user's is in it: home directories and everything that is not listed here are absent.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple

from . import linux

SYSTEM_DIRECTORIES = (
    "bin",
    "etc",
    "gnu",
    "lib",
    "lib32",
    "lib64",
    "libx32",
    "nix",
    "sbin",
    "sys",
    "usr",
)
DEVICES = ("full", "null", "random", "urandom", "zero")
EMPTY_DIRECTORIES = ("dev", "home", "opt", "proc", "root", "run", "tmp", "var/runtime", "var/task")

TASK_ROOT = "/var/task"
LANGUAGE_ROOT = "/var/lang"
# Any directory that exists everywhere will do: nobody else sees what is mounted on it.
_SCAFFOLD = "/tmp"
NAMESPACES = linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWIPC
"""Those that an environment has beside a user namespace."""
PROC_RESTRICTIONS = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC


class Bind(NamedTuple):
    """A file or directory of the host, and where it stands inside."""

    source: str
    target: str


class Machine(NamedTuple):
    """What every environment on this machine sees beside its own code; the same each time."""

    binds: list[Bind]
    covered: list[str]
    """What lies in the binds and is not to be seen."""
    language_prefix: str = sys.prefix
    """What functions run on; it stands where AWS has it too."""


def survey_machine(program: str = "") -> Machine:
    """Looks once for what every environment is built from.

    ``program`` is what functions run on, ``node``, where that is not this interpreter.
    """
    prefix = _program_prefix(program) if program else sys.prefix
    binds = [*_system_binds(), *_shell_binds(), *_resolver_binds()]
    binds += _interpreter_binds(prefix, program)
    return Machine(binds, _private_entries() if os.geteuid() == 0 else [], prefix)


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


def _system_binds() -> list[Bind]:
    paths = [f"/{name}" for name in SYSTEM_DIRECTORIES]
    return [Bind(path, path) for path in paths if os.path.isdir(path) and not os.path.islink(path)]


def _shell_binds() -> list[Bind]:
    """bash in the place of dash: scripts that were written for Amazon Linux take sh for bash."""
    shell, bash = os.path.realpath("/bin/sh"), os.path.realpath("/bin/bash")
    if os.path.basename(shell) != "dash" or not os.path.isfile(bash):
        return []
    return [Bind(bash, shell)]


def around(bind: Bind, occupied: list[str]) -> list[Bind]:
    """A bind as it is, or piece by piece where it would cover what stands in these places.

    An interpreter may well lie in ``/opt``, where layers stand.
    """
    if not any(_is_inside(path, [bind.target]) for path in occupied):
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


def _resolver_binds() -> list[Bind]:
    """The file behind ``/etc/resolv.conf``, which is often a link out of ``/etc``."""
    path = os.path.realpath("/etc/resolv.conf")
    if path.startswith("/etc/") or not os.path.isfile(path):
        return []
    return [Bind(path, path)]


def _program_prefix(program: str) -> str:
    """The folder that a program's ``bin`` is in; the program's own folder where there is none."""
    folder = os.path.dirname(os.path.realpath(program))
    return os.path.dirname(folder) if os.path.basename(folder) == "bin" else folder


def _interpreter_binds(prefix: str, program: str) -> list[Bind]:
    """What the interpreter needs beside the system directories: its prefixes and import path.

    And the program that functions run on, with the folder that it is installed in.
    """
    wanted = [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix, *sys.path]
    wanted += [prefix, os.path.realpath(program)] if program else []
    paths = sorted({form for path in wanted if path for form in (path, os.path.realpath(path))})
    home = os.path.realpath(os.path.expanduser("~"))
    chosen: list[str] = []
    for path in paths:
        is_too_much = path == "/" or home == path or home.startswith(path.rstrip("/") + "/")
        if is_too_much or not os.path.exists(path) or _is_inside(path, _roots(chosen)):
            continue
        chosen.append(path)
    return [Bind(path, path) for path in chosen]


def _roots(chosen: list[str]) -> list[str]:
    return chosen + [f"/{name}" for name in SYSTEM_DIRECTORIES]


def _is_inside(path: str, directories: Iterable[str]) -> bool:
    return any(path == directory or path.startswith(directory + "/") for directory in directories)


def _private_entries() -> list[str]:
    """What in ``/etc`` is for root alone: as root's own, it could be read without a capability."""
    found = []
    for directory, names, files in os.walk("/etc"):
        entries = [os.path.join(directory, name) for name in (*names, *files)]
        private = [path for path in entries if not os.path.islink(path) and not _is_public(path)]
        found += private
        names[:] = [name for name in names if os.path.join(directory, name) not in private]
    return found


def _is_public(path: str) -> bool:
    return bool(os.lstat(path).st_mode & stat.S_IROTH)


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
