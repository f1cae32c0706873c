"""The two sandbox levels: how an init process comes to serve, and what is to be cleared away."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from typing import NamedTuple

from . import linux, network, sandbox
from .frames import Channel, Message
from .init import Init, Signalled
from .machine import Bind, Machine
from .processes import KILL, PidNamespace, ProcessTree

MakeInit = Callable[[Channel, Signalled, Message], Init]


class Environment(NamedTuple):
    """What the zygote is told of an environment."""

    id: str
    code_directory: str
    ephemeral_storage_mb: int
    binds: list[Bind]
    """What is the environment's own in its file system; the code stands on ``/var/task``."""
    own_network: bool
    resolver: str
    """Its name server's address, where that is not the machine's."""
    is_snapshot: bool
    """Whether others are to be forked from its runtime."""


def run_in_namespaces(
    control: Channel,
    environment: Environment,
    machine: Machine,
    outer_namespace: str,
    make_init: MakeInit = Init,
    prepare: Callable[[str], None] | None = None,
) -> None:
    """Serves as process 1 of its namespaces; returns when the engine has gone.

    ``prepare`` is for ``sandbox.build_root``.
    """
    processes = PidNamespace(outer_namespace)
    try:
        if environment.own_network:
            network.bring_up_loopback()
        sandbox.build_root(
            machine,
            environment.binds,
            environment.ephemeral_storage_mb,
            environment.resolver,
            prepare,
        )
        linux.forbid_new_privileges()
        linux.drop_capabilities(kept=linux.CAP_KILL)
    except OSError as error:
        control.send({"kind": "failed", "message": str(error)})
        return
    os.chdir(sandbox.TASK_ROOT)
    make_init(control, processes, {"kind": "created", "tmp": None}).run()


def run_as_process(control: Channel, environment: Environment, make_init: MakeInit = Init) -> None:
    """Serves without isolation, where namespaces are refused; returns when the engine has gone."""
    storage = storage_directory(environment.id)
    os.mkdir(storage, mode=0o700)
    processes = ProcessTree()
    try:
        if sys.platform.startswith("linux"):
            linux.become_subreaper()
        os.chdir(environment.code_directory)
        make_init(control, processes, {"kind": "created", "tmp": storage}).run()
    except OSError as error:
        control.send({"kind": "failed", "message": str(error)})
    finally:
        processes.signal_all(KILL)
        remove_storage(environment.id)


def remove_storage(environment_id: str) -> None:
    """Removes what stood in for ``/tmp``, also of what was restored from it as a snapshot."""
    directory, prefix = os.path.split(storage_directory(environment_id))
    for name in os.listdir(directory):
        if name.startswith(prefix):
            shutil.rmtree(os.path.join(directory, name), ignore_errors=True)


def storage_directory(environment_id: str) -> str:
    """What stands in for an environment's ``/tmp``."""
    # Not by tempfile: it would remember the directory, and be among the function's modules.
    return os.path.join(os.environ.get("TMPDIR", "/tmp"), f"lambda-tui-{environment_id}")
