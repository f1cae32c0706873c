"""An execution environment at either sandbox level: what it is made of, and its init process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import sys
from typing import Callable, List, NamedTuple

from .. import linux
from ..confinement import (
    MAXIMUM_PROCESSES,
    RESTORED_PROCESSES,
    confine_environment,
    limit_process_ids,
)
from ..frames import Channel, Message
from ..macos import SeenProcesses
from ..processes import KILL, PidNamespace, ProcessSet, Step, process_tree
from ..sandbox import HOST_NAME, TASK_ROOT, Bind, HostFiles, bring_up_loopback, build_root
from .init_process import InitProcess

_RESTORED = ".restored"
_ENVIRONMENT = re.compile(rf"([0-9a-f]{{32}})({re.escape(_RESTORED)})?")
"""The id of an environment, and what is behind it in the name of the folder for restored ones."""
MakeInit = Callable[[Channel, ProcessSet, Message, List[str]], InitProcess]


class Environment(NamedTuple):
    """An environment as the engine asks the zygote for it."""

    id: str
    code_directory: str
    ephemeral_storage_mb: int
    binds: list[Bind]
    """The environment's own files and directories; the code is bound to ``/var/task``."""
    mounts: list[Bind]
    """Folders that the function may write."""
    unreadable: list[str]
    """Paths inside of files and folders in them that the function must not read."""
    own_network: bool
    resolver: str
    """Address of its name server, or empty for the machine's."""
    is_snapshot: bool
    """Whether environments are to be forked from its runtime."""


def run_in_namespaces(
    control: Channel,
    environment: Environment,
    host_files: HostFiles,
    outer_namespace: str,
    make_init: MakeInit = InitProcess,
    prepare: Callable[[str], None] | None = None,
) -> Step | None:
    """Serve as process 1 of new namespaces; return when the engine has gone, or in a fork.

    ``outer_namespace`` is the pid namespace of the zygote, and ``prepare`` goes to ``build_root``.
    """
    # First of all: nothing is mounted or signalled before this has proved where the process is.
    processes = PidNamespace(outer_namespace)

    def prepare_proc(proc: str) -> None:
        # The ids of restored environments are a snapshot's, too.
        count = RESTORED_PROCESSES if environment.is_snapshot else MAXIMUM_PROCESSES
        limit_process_ids(proc, count)
        if prepare is not None:
            prepare(proc)

    try:
        confine_environment(is_isolated=True)
        # The loopback, the mounts and the id maps all take capabilities, which go afterwards.
        if environment.own_network:
            bring_up_loopback()
        build_root(
            host_files,
            environment.binds,
            environment.mounts,
            environment.unreadable,
            environment.ephemeral_storage_mb,
            environment.resolver,
            prepare_proc,
            # A /proc with covered files would keep the restored environments from their own.
            covers_proc=not environment.is_snapshot,
        )
        # Containers deny it by default; the name is then the container's.
        with contextlib.suppress(PermissionError):
            linux.set_host_name(HOST_NAME)
        linux.deny_capabilities_to_programs()
        linux.drop_capabilities(kept=linux.CAP_KILL)
    except OSError as error:
        control.send({"kind": "failed", "message": str(error)})
        return None
    os.chdir(TASK_ROOT)
    return make_init(control, processes, {"kind": "created", "tmp": None}, []).run()


def run_as_process(
    control: Channel,
    environment: Environment,
    shared: SeenProcesses | None,
    make_init: MakeInit = InitProcess,
) -> Step | None:
    """Serve without isolation, where namespaces are refused, as ``run_in_namespaces`` does.

    On macOS the zygote ends the processes that are ``shared`` with it, if this one is killed.
    """
    storage = _storage_directory(environment.id)
    processes = process_tree(shared)
    step = None
    try:
        # Held until this process has ended, however it does.
        try:
            _make_storage(storage)
        except OSError as error:
            control.send({"kind": "failed", "message": _unusable_storage(storage, error)})
            return None
        confine_environment(is_isolated=False)
        # Orphans would otherwise become the zygote's children, out of reach of this process.
        if sys.platform.startswith("linux"):
            linux.become_subreaper()
        os.chdir(environment.code_directory)
        writable = [storage, *(mount.source for mount in environment.mounts)]
        step = make_init(control, processes, {"kind": "created", "tmp": storage}, writable).run()
    except OSError as error:
        control.send({"kind": "failed", "message": str(error)})
    finally:
        if step is None:
            # In this order: a process that still runs could write to the directory.
            processes.signal_all(KILL)
            remove_storage(environment.id)
    return step


def restored_storages(storage: str) -> str:
    """Return the folder for the storage of all environments that are restored from a snapshot."""
    return storage + _RESTORED


def remove_storage(environment_id: str) -> None:
    """Remove the directory in the place of ``/tmp``, and those of what was restored from it."""
    directory, prefix = os.path.split(_storage_directory(environment_id))
    for name in _names_in(directory):
        if name.startswith(prefix):
            shutil.rmtree(os.path.join(directory, name), ignore_errors=True)


def remove_abandoned_storage() -> None:
    """Remove what environments have left whose processes were killed before they could do so.

    The lock on an environment's directory is its init process's, and ends with that.
    """
    directory, prefix = os.path.split(_storage_directory(""))
    for name in _names_in(directory):
        found = _ENVIRONMENT.fullmatch(name[len(prefix) :]) if name.startswith(prefix) else None
        if found is not None:
            _remove_unlocked(found[1], is_restored=found[2] is not None)


def _remove_unlocked(environment_id: str, *, is_restored: bool) -> None:
    try:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        descriptor = os.open(_storage_directory(environment_id), flags)
    except OSError as error:
        # A restored environment's goes with the snapshot's own, which is gone.
        if is_restored and isinstance(error, FileNotFoundError):
            remove_storage(environment_id)
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_uid == os.geteuid():
            # Under the lock: an init process that waits for it finds its directory gone.
            remove_storage(environment_id)
    except OSError:
        return
    finally:
        os.close(descriptor)


def _make_storage(path: str) -> None:
    """Make the directory in the place of ``/tmp``, locked by this process alone."""
    while True:
        os.mkdir(path, mode=0o700)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            # It was taken for abandoned before it was opened.
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:
            # A file system without locks: there, nothing is ever taken for abandoned.
            return
        if os.path.isdir(path):
            return
        # It was taken for abandoned before it was locked.
        os.close(descriptor)


def _names_in(directory: str) -> list[str]:
    try:
        return os.listdir(directory)
    except OSError:
        # Nothing can have been made in one that does not exist or may not be read.
        return []


def _unusable_storage(storage: str, error: OSError) -> str:
    """Return a sentence that names the directory, and the variable that chose it."""
    directory = os.path.dirname(storage)
    why = (error.strerror or str(error)).lower()
    if not os.environ.get("TMPDIR"):
        return f"the function's /tmp cannot be made in {directory} ({why}); set TMPDIR to a folder"
    return (
        f"TMPDIR is {directory}, where the function's /tmp cannot be made ({why}); "
        "set it to a folder that can be written"
    )


def _storage_directory(environment_id: str) -> str:
    """Return the path of the directory in the place of ``/tmp`` at level ``processes``."""
    # Not by tempfile: it would remember the directory, and be among the function's modules.
    return os.path.join(os.environ.get("TMPDIR") or "/tmp", f"lambda-tui-{environment_id}")
