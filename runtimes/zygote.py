"""The zygote: a single-threaded interpreter that has paid for its start-up and forks environments.

Frames from the engine: ``spawn`` (descriptors: the environment's control channel, and what the
program writes to that connects its network to the outside, if it has one). Frames to the engine:
``booted``, ``spawned``, ``failed``, ``ended``, ``disconnected``. It ends when the engine's end of
the channel closes.
"""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable

from . import levels, linux, network, sandbox, snapshot
from .frames import Channel, Frame
from .machine import Bind, Machine, survey_machine
from .processes import KILL, ProcessTree, current_pid_namespace, reap, run_and_exit
from .wakeup import ChildWakeup

_IS_LINUX = sys.platform.startswith("linux")
# Enough for the probe's own few files.
_PROBE_STORAGE_MB = 1


def main(descriptor: int, level: str, program: str) -> None:
    """Serves until the engine goes; ``level`` is ``auto``, ``namespaces`` or ``processes``.

    ``program`` is what functions run on where that is not this interpreter: ``node``.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    if _IS_LINUX:
        linux.die_with_parent(signal.SIGKILL)
        linux.become_subreaper()
        linux.set_process_name("lambda-zygote")
    if os.getppid() != parent:
        return
    zygote = _Zygote(Channel(descriptor), program)
    zygote.boot(level)
    # What exists by now is shared with every fork and never collected in one.
    gc.collect()
    gc.freeze()
    zygote.serve()


class SandboxRefused(Exception):
    """The machine does not give an environment namespaces of its own; the text says why."""


class _Zygote:
    def __init__(self, channel: Channel, program: str) -> None:
        self._channel = channel
        self._program = program
        self._wakeup = ChildWakeup()
        self._environments: dict[int, str] = {}
        self._connectors: dict[int, str] = {}
        """The environments' ids too, by the programs that connect their networks."""
        self._level = "processes"
        self._machine = survey_machine(program) if _IS_LINUX else Machine([], [])

    def boot(self, level: str) -> None:
        """Finds the sandbox level and tells the engine about this interpreter."""
        reason = "forced by a setting"
        if level != "processes":
            reason = probe(self._machine)
            if not reason:
                self._level = "namespaces"
        self._channel.send(
            {
                "kind": "booted",
                "runtime_version": _version(self._program),
                "prefix": sys.prefix,
                "level": self._level,
                "reason": reason,
            }
        )

    def serve(self) -> None:
        while True:
            has_frame = self._wakeup.wait(self._channel)
            for child in reap(block=False):
                self._report_end(child.pid, child.status)
            if has_frame:
                frame = self._channel.receive()
                if frame is None:
                    return self._kill_environments()
                self._spawn(frame)

    def _kill_environments(self) -> None:
        """Ends what should be ending by itself: no init process outlives the engine."""
        for pid in (*self._environments, *self._connectors):
            os.kill(pid, KILL)

    def _report_end(self, pid: int, status: int) -> None:
        disconnected = self._connectors.pop(pid, None)
        if disconnected is not None:
            self._channel.send({"kind": "disconnected", "id": disconnected})
        environment = self._environments.pop(pid, None)
        if environment is not None:
            if self._level == "processes":
                # No namespace ended with it: what it left behind is this process's now.
                ProcessTree(frozenset(self._environments)).signal_all(KILL)
                levels.remove_storage(environment)
            self._kill_connector(environment)
            self._channel.send({"kind": "ended", "id": environment, "status": status})

    def _kill_connector(self, environment: str) -> None:
        for pid in [pid for pid, id in self._connectors.items() if id == environment]:
            os.kill(pid, KILL)
            del self._connectors[pid]

    def _spawn(self, frame: Frame) -> None:
        environment = levels.Environment(
            frame.message["id"],
            frame.message["code_directory"],
            frame.message["ephemeral_storage_mb"],
            [Bind(*bind) for bind in frame.message["binds"]],
            frame.message["own_network"],
            frame.message["resolver"],
            frame.message["is_snapshot"],
        )
        control, *connector_log = frame.descriptors
        try:
            pid = self._fork_init(environment, control)
            self._environments[pid] = environment.id
            self._channel.send({"kind": "spawned", "id": environment.id, "pid": pid})
            for log in connector_log:
                connector = network.start_connector(frame.message["connector"], pid, log)
                self._connectors[connector] = environment.id
        except SandboxRefused as error:
            self._channel.send({"kind": "failed", "id": environment.id, "message": str(error)})
        finally:
            for descriptor in frame.descriptors:
                os.close(descriptor)

    def _fork_init(self, environment: levels.Environment, control: int) -> int:
        kind = snapshot if environment.is_snapshot else levels
        if self._level == "namespaces":
            outer = current_pid_namespace()
            return fork_into_namespaces(
                lambda: self._become_init(
                    control,
                    lambda channel: kind.run_in_namespaces(
                        channel, environment, self._machine, outer
                    ),
                ),
                own_network=environment.own_network,
            )
        pid = os.fork()
        if pid == 0:
            run_and_exit(
                lambda: self._become_init(
                    control, lambda channel: kind.run_as_process(channel, environment)
                )
            )
        return pid

    def _become_init(self, control: int, serve: Callable[[Channel], None]) -> None:
        self._wakeup.close()
        self._channel.close()
        if _IS_LINUX:
            linux.set_process_name("lambda-init")
        serve(Channel(control))


def _version(program: str) -> str:
    """Of the program, or of this interpreter; ends the process when the program does not run."""
    if not program:
        return ".".join(str(part) for part in sys.version_info[:3])
    try:
        said = subprocess.run(
            [program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        sys.exit(str(error))
    version = re.match(r"v(\d+\.\d+\.\d+)", said.stdout.decode(errors="replace"))
    if version is None:
        sys.exit(said.stderr.decode(errors="replace") or "it does not say its version")
    return version[1]


def fork_into_namespaces(body: Callable[[], None], *, own_network: bool = False) -> int:
    """Runs ``body`` as process 1 of new namespaces; its pid here. Raises ``SandboxRefused``.

    A child enters the namespaces and forks process 1, then ends; this process, a subreaper, becomes
    its parent and learns of its end.
    """
    read_end, write_end = os.pipe()
    middle = os.fork()
    if middle == 0:
        run_and_exit(lambda: _enter_and_fork(body, read_end, write_end, own_network=own_network))
    os.close(write_end)
    answer = b""
    while chunk := os.read(read_end, 4096):
        answer += chunk
    os.close(read_end)
    os.waitpid(middle, 0)
    if not answer.isdigit():
        raise SandboxRefused(answer.decode(errors="replace") or "the fork failed")
    return int(answer)


def _enter_and_fork(
    body: Callable[[], None], read_end: int, write_end: int, *, own_network: bool
) -> None:
    os.close(read_end)
    try:
        sandbox.enter_namespaces(own_network=own_network)
        pid = os.fork()
    except OSError as error:
        os.write(write_end, str(error).encode())
        return
    if pid == 0:
        os.close(write_end)
        run_and_exit(body)
    os.write(write_end, str(pid).encode())


def probe(machine: Machine) -> str:
    """Why this machine cannot give an environment a sandbox of its own; empty when it can."""
    if not _IS_LINUX:
        return "namespaces exist on Linux only"
    read_end, write_end = os.pipe()
    try:
        pid = fork_into_namespaces(lambda: _try_sandbox(machine, write_end))
    except SandboxRefused as error:
        return str(error)
    finally:
        os.close(write_end)
    with open(read_end, "rb") as answer:
        reason = answer.read().decode(errors="replace")
    _, status = os.waitpid(pid, 0)
    return reason or ("" if status == 0 else "the sandbox could not be built")


def _try_sandbox(machine: Machine, write_end: int) -> None:
    try:
        sandbox.build_root(machine, [], _PROBE_STORAGE_MB)
        linux.drop_capabilities()
    except OSError as error:
        os.write(write_end, str(error).encode())
