"""The init process: process 1 of an execution environment.

Builds the sandbox, starts the runtime, freezes and thaws all processes, resets them, reaps them,
and dies when the engine closes its control channel, which ends the namespace and everything in
it.

Frames from the engine: ``start`` (descriptors: the runtime's channel, the log), ``freeze``,
``thaw``, ``reset``. Frames to the engine: ``created``, ``failed``, ``started``, ``frozen``,
``memory``, ``exited``.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import sys
import time
from typing import NamedTuple, Protocol

from . import linux, sandbox
from .frames import Channel, Frame, Message
from .memory import MemoryLimit
from .processes import CONTINUE, KILL, STOP, EndedChild, PidNamespace, ProcessTree, reap
from .python import runtime
from .python.logs import LOG_DESCRIPTOR
from .wakeup import ChildWakeup

MAXIMUM_DESCRIPTORS = 1024
MAXIMUM_PROCESSES = 1024
# High, so that a function sees descriptors from 3 on as it would on AWS; lower where the machine
# allows fewer.
_RUNTIME_DESCRIPTOR = 1000
# A rise of the peak that the engine is told of.
_NOTABLE_KB = 1024
# Seconds before the first look at a runtime that starts or is thawed: most are done by then.
_FIRST_LOOK = 0.005
# From this release on the limit counts a user namespace's processes, not all of the user's.
_PROCESS_LIMIT_IS_OURS = (5, 14)


class Signalled(Protocol):
    """The processes of an environment, whatever bounds them."""

    def signal_all(self, number: int) -> None:
        """Signals all of them but the init process."""

    def pids(self) -> list[int]:
        """Their ids."""


class Environment(NamedTuple):
    """What the zygote is told of an environment."""

    id: str
    code_directory: str
    ephemeral_storage_mb: int


def run_in_namespaces(
    control: Channel, environment: Environment, machine: sandbox.Machine, outer_namespace: str
) -> None:
    """Serves as process 1 of its namespaces; returns when the engine has gone."""
    processes = PidNamespace(outer_namespace)
    try:
        sandbox.build_root(machine, environment.code_directory, environment.ephemeral_storage_mb)
        linux.forbid_new_privileges()
        linux.drop_capabilities(kept=linux.CAP_KILL)
    except OSError as error:
        control.send({"kind": "failed", "message": str(error)})
        return
    os.chdir(sandbox.TASK_ROOT)
    _Init(control, processes, {"kind": "created", "tmp": None}).run()


def run_as_process(control: Channel, environment: Environment) -> None:
    """Serves without isolation, where namespaces are refused; returns when the engine has gone."""
    storage = _storage_directory(environment.id)
    os.mkdir(storage, mode=0o700)
    processes = ProcessTree()
    try:
        if sys.platform.startswith("linux"):
            linux.become_subreaper()
        os.chdir(environment.code_directory)
        _Init(control, processes, {"kind": "created", "tmp": storage}).run()
    except OSError as error:
        control.send({"kind": "failed", "message": str(error)})
    finally:
        processes.signal_all(KILL)
        remove_storage(environment.id)


def remove_storage(environment_id: str) -> None:
    """Removes what stood in for ``/tmp``, if it is there."""
    shutil.rmtree(_storage_directory(environment_id), ignore_errors=True)


def _storage_directory(environment_id: str) -> str:
    # Not by tempfile: it would remember the directory, and be among the function's modules.
    return os.path.join(os.environ.get("TMPDIR", "/tmp"), f"lambda-tui-{environment_id}")


class _Init:
    def __init__(self, control: Channel, processes: Signalled, created: Message) -> None:
        self._control = control
        self._processes = processes
        self._wakeup = ChildWakeup()
        self._runtime: int | None = None
        self._generation = 0
        self._memory: MemoryLimit | None = None
        self._look_due = 0.0
        self._is_out_of_memory = False
        self._is_frozen = False
        self._storage: str | None = created["tmp"]
        self._control.send(created)

    def run(self) -> None:
        while True:
            has_frame = self._wakeup.wait(self._control, self._until_next_look())
            if self._memory is not None and self._until_next_look() == 0.0:
                self._look_at_memory(self._memory)
            ended = reap(block=False)
            if any(child.pid == self._runtime for child in ended):
                # A runtime that ends takes with it whatever else the function has started.
                ended += self._kill_all()
            self._report_exits(ended)
            if has_frame:
                frame = self._control.receive()
                if frame is None:
                    return
                self._handle(frame)

    def _handle(self, frame: Frame) -> None:
        kind = frame.message["kind"]
        if kind == "thaw":
            self._is_frozen = False
            self._look_due = time.monotonic() + _FIRST_LOOK
            self._processes.signal_all(CONTINUE)
        elif kind == "freeze":
            self._is_frozen = True
            self._processes.signal_all(STOP)
            self._control.send({"kind": "frozen"})
        elif kind == "reset":
            self._report_exits(self._kill_all())
        elif kind == "start":
            self._start(frame)

    def _until_next_look(self) -> float | None:
        """Seconds until the memory limit may be reached; None when nothing runs."""
        if self._memory is None or self._runtime is None or self._is_frozen:
            return None
        return max(self._look_due - time.monotonic(), 0.0)

    def _look_at_memory(self, memory: MemoryLimit) -> None:
        before = memory.peak_kb
        victim = memory.find_victim(self._processes.pids())
        self._look_due = time.monotonic() + memory.next_look
        if memory.peak_kb > before + _NOTABLE_KB:
            self._control.send({"kind": "memory", "peak_memory_kb": memory.peak_kb})
        if victim is not None:
            self._is_out_of_memory = victim == self._runtime
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, KILL)

    def _kill_all(self) -> list[EndedChild]:
        self._processes.signal_all(KILL)
        return reap(block=True)

    def _report_exits(self, ended: list[EndedChild]) -> None:
        for child in ended:
            if child.pid == self._runtime:
                self._runtime = None
                self._control.send(
                    {
                        "kind": "exited",
                        "generation": self._generation,
                        "status": child.status,
                        "peak_memory_kb": child.peak_memory_kb,
                        "out_of_memory": self._is_out_of_memory,
                    }
                )

    def _start(self, frame: Frame) -> None:
        channel, log = frame.descriptors
        self._generation = frame.message["generation"]
        self._is_frozen = self._is_out_of_memory = False
        if sys.platform.startswith("linux"):
            self._memory = MemoryLimit(frame.message["memory_size_mb"])
            self._look_due = time.monotonic() + _FIRST_LOOK
        self._control.send({"kind": "started", "at": time.monotonic()})
        pid = os.fork()
        if pid == 0:
            self._become_runtime(channel, log, frame.message)
        self._runtime = pid
        os.close(channel)
        os.close(log)

    def _become_runtime(self, channel: int, log: int, message: Message) -> None:
        status = 1
        try:
            self._wakeup.close()
            _limit(is_isolated=self._storage is None)
            # Held here: it closes when the process ends, and not when the function is done with.
            own_end = Channel(_take_descriptors(channel, log))
            if self._storage is not None:
                message["environment"]["TMPDIR"] = self._storage
            status = runtime.main(own_end, message)
        finally:
            os._exit(status)


def _take_descriptors(channel: int, log: int) -> int:
    """Leaves the runtime its standard streams, the log and its channel; the channel's number."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    number = min(_RUNTIME_DESCRIPTOR, soft - 1)
    os.dup2(channel, number, inheritable=False)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.dup2(log, LOG_DESCRIPTOR, inheritable=False)
    os.closerange(3, LOG_DESCRIPTOR)
    os.closerange(LOG_DESCRIPTOR + 1, number)
    os.closerange(number + 1, soft)
    return number


def _limit(*, is_isolated: bool) -> None:
    """Sets AWS's limits, and ties the runtime's life to the init process's."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptors = MAXIMUM_DESCRIPTORS
    if hard != resource.RLIM_INFINITY:
        descriptors = min(descriptors, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    if not sys.platform.startswith("linux"):
        return
    linux.die_with_parent(signal.SIGKILL)
    linux.drop_capabilities()
    release = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
    if is_isolated and release >= _PROCESS_LIMIT_IS_OURS:
        resource.setrlimit(resource.RLIMIT_NPROC, (MAXIMUM_PROCESSES, MAXIMUM_PROCESSES))
