"""The init process: process 1 of an execution environment.

Starts the runtime and extensions, freezes and thaws all processes, resets and reaps them, and ends
when the engine closes its control channel, which ends the pid namespace and everything in it.

Frames from the engine: ``start`` (descriptors: the log, the runtime's channel if it has one),
``start_extension`` (descriptor: its log), ``signal``, ``freeze``, ``thaw``, ``measure``, ``reset``,
``socket``.
Frames to the engine: ``created``, ``failed``, ``started``, ``launch_failed``, ``frozen``,
``memory``, ``measured``, ``exited``, ``extension_exited``, ``cleared``, ``socket`` (descriptor: a
TCP socket of the environment's network).

All that is started between two resets has one generation. A frame about a process names it, so that
the engine can ignore what comes late about one from before a reset.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time

from .. import linux, python
from ..confinement import MOST_THREADS, maximum_processes
from ..frames import Channel, Frame, Message
from ..processes import (
    CONTINUE,
    KILL,
    STOP,
    EndedChild,
    ProcessSet,
    Step,
    count_threads,
    reap,
)
from ..sigchld import SigchldPipe
from .launch import Launch, Streams, execute, fork_runtime
from .memory_limit import MemoryLimit
from .shared_memory import SharedMemory

# A rise of the peak by less is not reported.
_REPORTED_RISE_KB = 1024
# Seconds before the first check of a runtime that starts or is thawed: most are done by then.
_FIRST_CHECK = 0.005
_STORAGE_IN_VALUE = "\0"
"""Stands for the storage in a variable's value, which cannot have it otherwise."""


class InitProcess:
    """Serves the engine's control channel as long as the environment lives."""

    def __init__(
        self, control: Channel, processes: ProcessSet, created: Message, writable: list[str]
    ) -> None:
        """``writable`` are the only folders that what is started may write, at level ``processes``.

        Elsewhere mounts see to that.
        """
        self._control = control
        self._processes = processes
        self._sigchld = SigchldPipe()
        self._runtime: int | None = None
        self._extensions: dict[int, str] = {}
        """Names by process id."""
        self._generation = 0
        self._has_launch_failure = False
        self._memory_size_mb = 0
        self._memory: MemoryLimit | None = None
        self._next_check_at = 0.0
        self._reported_memory_kb = 0
        self._is_out_of_memory = False
        self._is_frozen = False
        self._storage: str | None = created["tmp"]
        """The directory in the place of ``/tmp`` at level ``processes``."""
        self._is_isolated = self._storage is None
        self._writable = None if self._storage is None else writable
        self._shared_memory = SharedMemory(is_isolated=self._is_isolated)
        self._control.send(created)

    def run(self) -> Step | None:
        """Serve until the engine's end of the channel closes; return in a fork what that does."""
        while True:
            has_frame = self._sigchld.wait(
                self._control, self._seconds_to_memory_check(), self._processes.forks
            )
            if self._processes.forks is not None:
                # A process that forks and ends would leave one behind that nobody has seen.
                self._processes.pids()
                if self._processes.forks.is_orphaned:
                    return None
            if self._memory is not None and self._seconds_to_memory_check() == 0.0:
                self._check_memory(self._memory)
            # Before the frame: a start begins a generation, to which these would seem to belong.
            ended = reap(block=False)
            if not self._extensions and any(child.pid == self._runtime for child in ended):
                # A runtime that ends takes with it whatever else the function has started;
                # extensions are told before they end.
                ended += self._kill_all()
            self._report_exits(ended)
            if has_frame:
                frame = self._control.receive()
                if frame is None:
                    self._shared_memory.remove_segments()
                    return None
                step = self._handle(frame)
                if step is not None:
                    return step

    def _handle(self, frame: Frame) -> Step | None:
        """Do as a frame says; return in a fork what that has to do."""
        kind = frame.message["kind"]
        if kind == "thaw":
            self._is_frozen = False
            self._next_check_at = time.monotonic() + _FIRST_CHECK
            self._processes.signal_all(CONTINUE)
        elif kind == "freeze":
            # An invocation may end before the first check: its memory is reported all the same.
            if self._memory is not None and not self._reported_memory_kb:
                self._check_memory(self._memory)
            self._is_frozen = True
            self._processes.signal_all(STOP)
            self._control.send({"kind": "frozen"})
        elif kind == "measure":
            if self._memory is not None:
                self._check_memory(self._memory)
            self._report_memory("measured")
        elif kind == "reset":
            self._report_exits(self._kill_all())
            self._control.send({"kind": "cleared", "generation": self._generation})
        elif kind == "start":
            return self._start_runtime(frame)
        elif kind == "start_extension":
            self._start_extension(frame)
        elif kind == "signal":
            self._signal(frame.message["extension"], frame.message["number"])
        elif kind == "socket":
            # Made here, it belongs to this network namespace, wherever it is connected.
            with socket.socket() as inside:
                self._control.send({"kind": "socket"}, descriptors=[inside.fileno()])
        return None

    def _seconds_to_memory_check(self) -> float | None:
        """Return the seconds until the memory limit may be reached; None when nothing runs."""
        if self._memory is None or self._runtime is None or self._is_frozen:
            return None
        return max(self._next_check_at - time.monotonic(), 0.0)

    def _check_memory(self, memory: MemoryLimit) -> None:
        pids = self._processes.pids()
        if count_threads(pids) > MOST_THREADS:
            # Where the kernel has not stopped them, for want of a limit that holds.
            self._report_exits(self._kill_all())
            return
        victim = memory.find_victim(pids, self._runtime, self._extensions)
        self._next_check_at = time.monotonic() + memory.seconds_to_next_check
        reported = self._reported_memory_kb
        if memory.peak_kb > (reported + _REPORTED_RISE_KB if reported else 0):
            self._report_memory("memory")
        if victim is not None:
            self._is_out_of_memory = victim == self._runtime
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, KILL)

    def _report_memory(self, kind: str) -> None:
        report: Message = {"kind": kind, "generation": self._generation}
        if self._memory is not None:
            self._reported_memory_kb = self._memory.peak_kb
            report["peak_memory_kb"] = self._memory.peak_kb
            report["beside_runtime_kb"] = self._memory.beside_runtime_kb
        self._control.send(report)

    def _kill_all(self) -> list[EndedChild]:
        self._processes.signal_all(KILL)
        ended = reap(block=True)
        self._shared_memory.remove_segments()
        return ended

    def _signal(self, extension: str, number: int) -> None:
        """Signal the runtime, or an extension by its name, and all of its process group."""
        running = {name: pid for pid, name in self._extensions.items()}
        leader = running.get(extension) if extension else self._runtime
        if leader is None:
            return
        # Python runs handlers in the main thread only. SIGKILL goes to the process as a whole, as
        # its main thread may have ended.
        signal_leader = os.kill if number == KILL else linux.signal_main_thread
        # The leader in any case: one that was forked just now may have no group yet.
        for pid in {leader, *self._processes.pids()}:
            with contextlib.suppress(ProcessLookupError):
                if pid == leader:
                    signal_leader(pid, number)
                elif os.getpgid(pid) == leader:
                    os.kill(pid, number)

    def _report_exits(self, ended: list[EndedChild]) -> None:
        for child in ended:
            if child.pid == self._runtime:
                self._runtime = None
                self._report_exit(child, "exited", out_of_memory=self._is_out_of_memory)
            elif child.pid in self._extensions:
                self._report_exit(child, "extension_exited", name=self._extensions.pop(child.pid))

    def _report_exit(self, child: EndedChild, kind: str, **more: object) -> None:
        self._control.send(
            {
                "kind": kind,
                "generation": self._generation,
                "status": child.status,
                "peak_memory_kb": child.peak_memory_kb,
                **more,
            }
        )

    def _start_runtime(self, frame: Frame) -> Step | None:
        message = frame.message
        self._begin_generation(message)
        streams = Streams(*frame.descriptors)
        variables = self._with_storage(message["environment"])
        if message["command"]:
            launch = self._execute(message["command"], variables, streams)
        else:
            launch = self._fork_runtime(streams, {**message, "environment": variables})
            if launch.step is not None:
                return launch.step
        # The runtime holds them now; here they would hide its end from the engine.
        for descriptor in frame.descriptors:
            os.close(descriptor)
        if launch.problem:
            self._report_launch_failure("", launch.problem)
        else:
            self._runtime = launch.pid
        return None

    def _fork_runtime(self, streams: Streams, message: Message) -> Launch:
        # Not ``self``, whose frames and channels a function has no part in.
        sigchld = self._sigchld

        def serve(channel: Channel) -> Step:
            sigchld.uninstall()
            return python.main(channel, message)

        return fork_runtime(
            streams,
            serve,
            is_isolated=self._is_isolated,
            processes=self._maximum_processes(),
            writable=self._writable,
        )

    def _start_extension(self, frame: Frame) -> None:
        """Start an extension, unless one of this generation could not be started."""
        message = frame.message
        (log,) = frame.descriptors
        self._begin_generation(message)
        if not self._has_launch_failure:
            variables = self._with_storage(message["environment"])
            launch = self._execute(message["command"], variables, Streams(log))
            if launch.problem:
                self._report_launch_failure(message["name"], launch.problem)
            else:
                self._extensions[launch.pid] = message["name"]
        os.close(log)

    def _execute(self, command: list[str], variables: dict[str, str], streams: Streams) -> Launch:
        return execute(
            command,
            variables,
            streams,
            is_isolated=self._is_isolated,
            processes=self._maximum_processes(),
            writable=self._writable,
        )

    def _maximum_processes(self) -> int:
        return maximum_processes(self._memory_size_mb)

    def _begin_generation(self, message: Message) -> None:
        """Begin the generation of a start request, unless it has begun already."""
        if message["generation"] == self._generation:
            return
        self._generation = message["generation"]
        self._is_frozen = self._is_out_of_memory = self._has_launch_failure = False
        self._memory_size_mb = message["memory_size_mb"]
        self._memory = MemoryLimit(self._memory_size_mb, self._shared_memory)
        self._reported_memory_kb = 0
        self._next_check_at = time.monotonic() + _FIRST_CHECK
        self._control.send(
            {"kind": "started", "generation": self._generation, "at": time.monotonic()}
        )

    def _with_storage(self, variables: dict[str, str]) -> dict[str, str]:
        """Return variables with the directory in the place of ``/tmp``, if there is one.

        The engine, which does not know it yet, has left a character in its place.
        """
        storage = self._storage
        if storage is None:
            return variables
        placed = {
            name: value.replace(_STORAGE_IN_VALUE, storage) for name, value in variables.items()
        }
        return {**placed, "TMPDIR": storage}

    def _report_launch_failure(self, name: str, problem: str) -> None:
        """Report that an extension, or without a name the runtime, could not be executed."""
        self._has_launch_failure = True
        self._control.send(
            {
                "kind": "launch_failed",
                "generation": self._generation,
                "name": name,
                "problem": problem,
            }
        )
