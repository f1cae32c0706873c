"""The zygote: a single-threaded interpreter that has paid for its start-up and forks environments.

Frames from the engine: ``spawn`` (descriptors: the environment's control channel and, if its
network is to be connected to the outside, the log of the program that does so). Frames to the
engine: ``booted``, ``spawned``, ``failed``, ``ended``, ``disconnected``. The zygote ends when the
engine's end of the channel closes.
"""

from __future__ import annotations

import gc
import os
import re
import signal
import subprocess
import sys

from . import init, linux, python, snapshots
from .confinement import find_lacks, leave_users_session
from .frames import Channel, Frame
from .init import Environment
from .macos import SeenProcesses
from .processes import (
    KILL,
    ProcessTree,
    Step,
    current_pid_namespace,
    end_descendants_of_ended,
    reap,
    run_and_exit,
)
from .sandbox import (
    Bind,
    HostFiles,
    Refusal,
    build_root,
    explain,
    explain_system,
    find_host_files,
    fork_into_namespaces,
    received_refusal,
    sent_refusal,
    start_connector,
)
from .sigchld import SigchldPipe

_IS_LINUX = sys.platform.startswith("linux")
# Enough for the few files of a sandbox that is built to see whether it can be.
_PROBE_STORAGE_MB = 1


def main(descriptor: int, level: str, program: str) -> Step | None:
    """Serve until the engine goes; return in each forked process what that has to do.

    ``level`` is ``auto``, ``namespaces`` or ``processes``.

    ``program`` is the path of the program that functions run on, such as ``node``, and empty where
    that is this interpreter.
    """
    leave_users_session()
    # So that Ctrl-C in a terminal is the engine's alone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = os.getppid()
    if _IS_LINUX:
        linux.die_with_parent(signal.SIGKILL)
        linux.become_subreaper()
        linux.set_process_name("lambda-zygote")
    # An engine that ended before the lines above causes no signal any more.
    if os.getppid() != parent:
        return None
    zygote = _Zygote(Channel(descriptor), program)
    zygote.boot(level)
    # Exclude existing objects from later collections: a collection in a fork would write to every
    # object's header, and so copy the pages that it shares with the zygote.
    gc.collect()
    gc.freeze()
    return zygote.serve()


class _Zygote:
    def __init__(self, channel: Channel, program: str) -> None:
        self._channel = channel
        self._program = program
        self._sigchld = SigchldPipe()
        self._environments: dict[int, str] = {}
        """Ids of environments by their init process's pid."""
        self._connectors: dict[int, str] = {}
        """Ids of environments by the pid of the program that connects their network."""
        self._shared: dict[int, SeenProcesses] = {}
        """On macOS: the processes of environments, by their init process's pid."""
        self._level = "processes"
        self._host_files = find_host_files(program) if _IS_LINUX else HostFiles([], [])

    def boot(self, level: str) -> None:
        """Choose the sandbox level and report it and the runtime's version to the engine."""
        if not self._program:
            # Here, once for all that are forked: no environment has to do it as it starts.
            python.name_frames()
        refusal: Refusal | None = Refusal("forced by a setting", "")
        executable = os.path.realpath(self._program) if self._program else sys.executable
        if level != "processes":
            refusal = probe(self._host_files)
            if refusal is None:
                self._level = "namespaces"
                executable = self._host_files.program
                if executable.startswith(python.LANGUAGE_ROOT) and not self._program:
                    python.report_places_on_aws(executable)
        if self._level == "processes":
            init.remove_abandoned_storage()
        self._channel.send(
            {
                "kind": "booted",
                "runtime_version": _version(self._program),
                "program": executable,
                "level": self._level,
                "reason": refusal.reason if refusal is not None else "",
                "remedy": refusal.remedy if refusal is not None else "",
                "lacks": find_lacks(is_isolated=self._level == "namespaces"),
            }
        )

    def serve(self) -> Step | None:
        while True:
            has_frame = self._sigchld.wait(self._channel)
            for child in reap(block=False):
                self._report_end(child.pid, child.status)
            if has_frame:
                frame = self._channel.receive()
                if frame is None:
                    self._kill_environments()
                    return None
                step = self._spawn(frame)
                if step is not None:
                    return step

    def _kill_environments(self) -> None:
        """Kill what should be ending by itself, so that no init process outlives the engine."""
        for pid in (*self._environments, *self._connectors):
            os.kill(pid, KILL)
        if not _IS_LINUX:
            # Nothing ends there with its parent.
            for child in reap(block=True):
                self._end_processes(child.pid, self._environments.pop(child.pid, ""))

    def _report_end(self, pid: int, status: int) -> None:
        disconnected = self._connectors.pop(pid, None)
        if disconnected is not None:
            self._channel.send({"kind": "disconnected", "id": disconnected})
        environment = self._environments.pop(pid, None)
        if environment is not None:
            if self._level == "processes":
                self._end_processes(pid, environment)
            self._kill_connector(environment)
            self._channel.send({"kind": "ended", "id": environment, "status": status})

    def _end_processes(self, pid: int, environment: str) -> None:
        """End what an init process has left, where no namespace ended with it."""
        if _IS_LINUX:
            # They are this process's children.
            ProcessTree(frozenset(self._environments)).signal_all(KILL)
        elif pid in self._shared:
            end_descendants_of_ended(self._shared.pop(pid))
        if environment:
            init.remove_storage(environment)

    def _kill_connector(self, environment: str) -> None:
        for pid in [pid for pid, id in self._connectors.items() if id == environment]:
            os.kill(pid, KILL)
            del self._connectors[pid]

    def _spawn(self, frame: Frame) -> Step | None:
        """Fork an init process; return in it what it has to do."""
        environment = Environment(
            frame.message["id"],
            frame.message["code_directory"],
            frame.message["ephemeral_storage_mb"],
            [Bind(*bind) for bind in frame.message["binds"]],
            [Bind(*bind) for bind in frame.message["mounts"]],
            frame.message["unreadable"],
            frame.message["own_network"],
            frame.message["resolver"],
            frame.message["is_snapshot"],
        )
        control, *connector_log = frame.descriptors
        pid = None
        # Read before the fork: process 1 proves by it that it is in another one.
        outer_namespace = current_pid_namespace() if self._level == "namespaces" else ""
        shared = None if _IS_LINUX else SeenProcesses()
        try:
            pid = self._fork_init(environment)
            if pid == 0:
                return lambda: self._become_init(environment, control, outer_namespace, shared)
            if shared is not None:
                self._shared[pid] = shared
            self._environments[pid] = environment.id
            self._channel.send({"kind": "spawned", "id": environment.id, "pid": pid})
            for log in connector_log:
                connector = start_connector(frame.message["connector"], pid, log)
                self._connectors[connector] = environment.id
        except OSError as error:
            # The failure of this environment alone: the others go on.
            self._channel.send({"kind": "failed", "id": environment.id, "message": str(error)})
            # Neither None nor 0, which stands for a whole group.
            if pid:
                os.kill(pid, KILL)
        # In any case: held here, they would hide the environment's end from the engine.
        for descriptor in frame.descriptors:
            os.close(descriptor)
        return None

    def _fork_init(self, environment: Environment) -> int:
        if self._level == "namespaces":
            return fork_into_namespaces(own_network=environment.own_network)
        return os.fork()

    def _become_init(
        self,
        environment: Environment,
        control: int,
        outer_namespace: str,
        shared: SeenProcesses | None,
    ) -> Step | None:
        # The zygote's own: an init process makes a SIGCHLD pipe for itself, and must not keep the
        # channel open when the zygote has gone.
        self._sigchld.close()
        self._channel.close()
        if _IS_LINUX:
            linux.set_process_name("lambda-init")
        channel = Channel(control)
        if self._level == "namespaces":
            run_in_namespaces = (
                snapshots.run_in_namespaces if environment.is_snapshot else init.run_in_namespaces
            )
            return run_in_namespaces(channel, environment, self._host_files, outer_namespace)
        if environment.is_snapshot:
            return snapshots.run_as_process(channel, environment, shared)
        return init.run_as_process(channel, environment, shared)


def _version(program: str) -> str:
    """Return the version of a program, or of this interpreter where it is empty.

    A program that does not run, or does not say its version, ends the process with its message.
    """
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


def probe(host_files: HostFiles) -> Refusal | None:
    """Build a sandbox on trial; return why this machine does not allow it, or None."""
    unsuitable = explain_system()
    if unsuitable is not None:
        return unsuitable
    read_end, write_end = os.pipe()
    try:
        pid = fork_into_namespaces()
        if pid == 0:
            run_and_exit(lambda: _try_sandbox(host_files, write_end))
    except OSError as error:
        return explain(error)
    finally:
        os.close(write_end)
    with open(read_end, "rb") as answer:
        sent = answer.read()
    _, status = os.waitpid(pid, 0)
    if sent:
        return explain(received_refusal(sent))
    return None if status == 0 else Refusal("the sandbox could not be built", "")


def _try_sandbox(host_files: HostFiles, write_end: int) -> None:
    try:
        build_root(host_files, [], [], [], _PROBE_STORAGE_MB)
        linux.drop_capabilities()
    except OSError as error:
        os.write(write_end, sent_refusal(error))
