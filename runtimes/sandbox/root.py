"""The root directory of an environment: everything that it can see and write.

A read-only root with the system's own directories, the interpreter, the function's code on
``/var/task``; a ``tmpfs`` of the configured size on ``/tmp``, the only place that can be written.
Nothing of the user's is in it: home directories and everything that is not listed here are absent.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable

from .. import linux
from ..python import LANGUAGE_ROOT
from .host_files import SYSTEM_DIRECTORIES, Bind, HostFiles, is_inside
from .namespaces import GROUP, USER, forbid_user_namespaces, write_text

TASK_ROOT = "/var/task"
PROC_FLAGS = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
"""Flags of every mount of ``/proc``."""
_DEVICES = ("full", "null", "random", "urandom", "zero")
# Keys, the kernel's log and its memory. Most are root's, as whom a function runs where root does.
_PRIVATE_IN_PROC = (
    *("keys", "key-users", "kcore", "kmsg", "timer_list", "sched_debug"),
    *("slabinfo", "vmallocinfo", "kpagecount", "kpageflags", "kpagecgroup", "sysrq-trigger"),
)
_EMPTY_DIRECTORIES = ("dev", "home", "opt", "proc", "root", "run", "tmp", "var/runtime", "var/task")
# Without this machine's users, some of whose ids may be AWS's too. What is not the function's shows
# as nobody's: an ordinary user cannot map a second one.
_USERS = f"""\
root:x:0:0:root:/root:/bin/bash
nobody:x:65534:65534:nobody:/:/sbin/nologin
sbx_user1051:x:{USER}:{GROUP}::/home/sbx_user1051:/sbin/nologin
"""
_GROUPS = """\
root:x:0:
nobody:x:65534:
"""
# The root is built on this one. Any directory that exists on every machine will do: what is mounted
# on it shows in this process's mount namespace only.
_SCAFFOLD = "/tmp"


def build_root(
    host_files: HostFiles,
    own_binds: Iterable[Bind],
    mounts: Iterable[Bind],
    unreadable: Iterable[str],
    ephemeral_storage_mb: int,
    resolver: str = "",
    prepare: Callable[[str], None] | None = None,
    *,
    covers_proc: bool = True,
) -> None:
    """Build the root directory and move into it, as process 1 of new namespaces.

    ``mounts`` are folders that can be written. ``resolver`` is the address of a name server in the
    place of the machine's. ``prepare`` is called with the path of ``/proc`` while that can still be
    written. ``covers_proc`` hides the machine's own files in it. Raise ``OSError`` where the
    machine does not allow it.
    """
    # First of all, so that no mount of ours propagates to the machine; pivot_root requires it too.
    linux.mount("", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    root = _SCAFFOLD
    binds = list(host_files.binds)
    own = list(own_binds)
    occupied = [bind.target for bind in binds]
    for bind in own:
        # The targets of links in it are bound in the links' places.
        within = [
            one.target for one in own if one is not bind and is_inside(one.target, [bind.target])
        ]
        binds += split_bind(bind, occupied + within)
    # Opened before the scaffold is mounted: what lies under it can then be bound all the same.
    links = [(os.readlink(bind.source), bind.target) for bind in binds if bind.is_link]
    binds = [bind for bind in binds if not bind.is_link]
    writable = list(mounts)
    binds += writable
    sources = [os.open(bind.source, os.O_PATH | os.O_CLOEXEC) for bind in binds]
    devices = [os.open(f"/dev/{name}", os.O_PATH | os.O_CLOEXEC) for name in _DEVICES]
    texts = {"/etc/hosts": _hosts_text(), "/etc/passwd": _USERS, "/etc/group": _GROUPS}
    if resolver:
        texts[os.path.realpath("/etc/resolv.conf")] = _resolver_text(resolver)

    linux.mount("tmpfs", root, "tmpfs", 0, "size=1m,mode=755")
    for directory in _EMPTY_DIRECTORIES:
        os.makedirs(f"{root}/{directory}", exist_ok=True)
    mount_storage(f"{root}/tmp", ephemeral_storage_mb)
    _link_system_directories(root)
    for descriptor, bind in zip(sources, binds):
        bind_descriptor(descriptor, root + bind.target)
    _place_language(root, host_files.language_prefix)
    for text, target in links:
        os.symlink(text, root + target)
    _make_device_files(root)
    # On top of the binds that they are in, and while there is nothing on the root's /proc yet.
    _cover(root, host_files.covered)
    for path in unreadable:
        _make_unreadable(root, path)
    for path, text in texts.items():
        _bind_text(root, path, text)

    # Once everything is in its place: nothing can be made in a read-only root.
    read_only = linux.MOUNT_ATTR_RDONLY | linux.MOUNT_ATTR_NOSUID | linux.MOUNT_ATTR_NODEV
    linux.set_mount_attributes(root, add=read_only, recursive=True)
    linux.set_mount_attributes(f"{root}/tmp", remove=linux.MOUNT_ATTR_RDONLY, recursive=False)
    for bind in writable:
        # The kernel keeps read-only what this machine itself has mounted so.
        with contextlib.suppress(PermissionError):
            target = root + bind.target
            linux.set_mount_attributes(target, remove=linux.MOUNT_ATTR_RDONLY, recursive=True)
    # Devices after that, because none can be opened on a mount with the attribute NODEV.
    for descriptor, name in zip(devices, _DEVICES):
        bind_descriptor(descriptor, f"{root}/dev/{name}")
        # They are the machine's own: root inside owns them, and must not change their mode.
        restriction = linux.MOUNT_ATTR_RDONLY | linux.MOUNT_ATTR_NOSUID
        linux.set_mount_attributes(f"{root}/dev/{name}", add=restriction, recursive=False)
    # Before the pivot: the kernel allows a new /proc only where the machine's is still in sight.
    linux.mount("proc", f"{root}/proc", "proc", PROC_FLAGS)
    # Now what writes to /proc; the limit after ``prepare``, which makes a user namespace itself.
    if prepare is not None:
        prepare(f"{root}/proc")
    forbid_user_namespaces(f"{root}/proc")
    linux.set_mount_attributes(f"{root}/proc", add=linux.MOUNT_ATTR_RDONLY, recursive=False)
    if covers_proc:
        cover_proc(f"{root}/proc")
    # Last, because it takes the machine's files out of reach.
    linux.pivot_root(root)


def mount_storage(target: str, ephemeral_storage_mb: int) -> None:
    """Mount a ``/tmp`` of the configured size."""
    options = f"size={ephemeral_storage_mb}m,mode=1777"
    linux.mount("tmpfs", target, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)


def split_bind(bind: Bind, occupied: list[str]) -> list[Bind]:
    """Return a bind as it is, or piece by piece where it would cover one of the occupied paths.

    An interpreter may well lie in ``/opt``, where layers stand. In a folder that is taken apart a
    link stays a link, unless its path is occupied by what it leads to.
    """
    if not any(is_inside(path, [bind.target]) for path in occupied):
        return [bind]
    if bind.target in occupied or not os.path.isdir(bind.source):
        return []
    pieces = []
    for name in sorted(os.listdir(bind.source)):
        source, target = f"{bind.source}/{name}", f"{bind.target}/{name}"
        if not os.path.islink(source):
            pieces += split_bind(Bind(source, target), occupied)
        elif target not in occupied:
            pieces.append(Bind(source, target, is_link=True))
    return pieces


def _link_system_directories(root: str) -> None:
    """Repeat the machine's links such as ``/lib`` → ``usr/lib``."""
    for name in SYSTEM_DIRECTORIES:
        if os.path.islink(f"/{name}"):
            os.symlink(os.readlink(f"/{name}"), f"{root}/{name}")


def _place_language(root: str, prefix: str) -> None:
    """Give the interpreter's folder, as it is inside, its place on AWS."""
    target, inside = root + LANGUAGE_ROOT, root + prefix
    if inside == f"{root}/" or not os.path.isdir(inside):
        os.symlink(prefix, target)
        return
    os.mkdir(target)
    linux.mount(inside, target, None, linux.MS_BIND | linux.MS_REC)


def _cover(root: str, paths: list[str]) -> None:
    """Hide paths: directories behind an empty one, files behind a device that will not open."""
    for path in paths:
        nothing = f"{root}/proc" if os.path.isdir(path) else "/dev/null"
        linux.mount(nothing, root + path, None, linux.MS_BIND)


def cover_proc(proc: str) -> None:
    """Hide what ``/proc`` tells of the machine and its user beyond their processes."""
    for name in _PRIVATE_IN_PROC:
        path = f"{proc}/{name}"
        if os.path.exists(path):
            linux.mount("/dev/null", path, None, linux.MS_BIND)
            restriction = linux.MOUNT_ATTR_RDONLY | linux.MOUNT_ATTR_NODEV
            linux.set_mount_attributes(path, add=restriction, recursive=False)


def _make_unreadable(root: str, path: str) -> None:
    """Put a file or folder of no mode in the place of one.

    The function owns its code here, and could read whatever its owner may.
    """
    nothing = f"{root}/nothing"
    if os.path.isdir(root + path):
        os.mkdir(nothing, mode=0)
        linux.mount(nothing, root + path, None, linux.MS_BIND)
        os.rmdir(nothing)
    elif os.path.isfile(root + path):  # It may be gone since it was found.
        os.close(os.open(nothing, os.O_CREAT | os.O_EXCL, mode=0))
        linux.mount(nothing, root + path, None, linux.MS_BIND)
        os.unlink(nothing)


def _make_device_files(root: str) -> None:
    """Make empty files for the devices to be bound on, and the usual links."""
    for name in _DEVICES:
        write_text(f"{root}/dev/{name}", "")
    for name, target in {
        "fd": "/proc/self/fd",
        "stdin": "/proc/self/fd/0",
        "stdout": "/proc/self/fd/1",
        "stderr": "/proc/self/fd/2",
    }.items():
        os.symlink(target, f"{root}/dev/{name}")


def _hosts_text() -> str:
    """Return the machine's hosts with the two names that AWS gives an environment's loopback."""
    try:
        with open("/etc/hosts", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        text = "127.0.0.1 localhost\n"
    return text.rstrip("\n") + "\n127.0.0.1 sandbox sandbox.localdomain\n"


def _resolver_text(address: str) -> str:
    """Return a ``resolv.conf`` with the machine's search list and options and one name server."""
    try:
        with open("/etc/resolv.conf", encoding="utf-8", errors="replace") as file:
            lines = [line for line in file if line.startswith(("search", "domain", "options"))]
    except OSError:
        lines = []
    return f"nameserver {address}\n" + "".join(line.rstrip("\n") + "\n" for line in lines)


def _bind_text(root: str, path: str, text: str) -> None:
    """Replace the content of a file that the root has; do nothing where it has none."""
    if not os.path.exists(root + path):
        return
    source = f"{root}/text"
    write_text(source, text)
    linux.mount(source, root + path, None, linux.MS_BIND)
    # The mount keeps the file; its own name would show in the function's root directory.
    os.unlink(source)


def bind_descriptor(descriptor: int, target: str) -> None:
    """Bind the file or directory of an ``O_PATH`` descriptor, and close the descriptor."""
    source = f"/proc/self/fd/{descriptor}"
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        write_text(target, "")
    linux.mount(source, target, None, linux.MS_BIND | linux.MS_REC)
    os.close(descriptor)
