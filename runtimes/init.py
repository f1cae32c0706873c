"""The init process: process 1 of an execution environment.

Builds the sandbox, starts the runtime, freezes and thaws all processes, resets them, reaps them,
and dies when the engine closes its control channel, which ends the namespace and everything in
it.

Frames from the engine: ``start`` (descriptors: the log, the runtime's channel if it has one),
``start_extension`` (descriptor: its log), ``signal``, ``freeze``, ``thaw``, ``reset``, ``socket``.
Frames to the engine: ``created``, ``failed``, ``started``, ``launch_failed``, ``frozen``,
``memory``, ``exited``, ``extension_exited``, ``cleared``, ``socket`` (descriptor: a TCP socket of
the environment's network).
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
from typing import Protocol

from . import linux, start
from .frames import Channel, Frame, Message
from .memory import MemoryLimit
from .processes import CONTINUE, KILL, STOP, EndedChild, reap
from .python import runtime
from .start import Streams
from .wakeup import ChildWakeup

# A rise of the peak that the engine is told of.
_NOTABLE_KB = 1024
# Seconds before the first look at a runtime that starts or is thawed: most are done by then.
_FIRST_LOOK = 0.005


class Signalled(Protocol):
    """The processes of an environment, whatever bounds them."""

    def signal_all(self, number: int) -> None:
        """Signals all of them but the init process."""

    def pids(self) -> list[int]:
        """Their ids."""


class Init:
    """Serves the engine's control channel, one environment's life long."""

    maximum_processes = start.MAXIMUM_PROCESSES
    """Of what is executed; the runtime's own limit goes with how it is forked."""

    def __init__(self, control: Channel, processes: Signalled, created: Message) -> None:
        self._control = control
        self._processes = processes
        self._wakeup = ChildWakeup()
        self._runtime: int | None = None
        self._extensions: dict[int, str] = {}
        """Names by process id."""
        self._generation = 0
        self._has_launch_failure = False
        self._memory: MemoryLimit | None = None
        self._look_due = 0.0
        self._told_memory_kb = 0
        self._is_out_of_memory = False
        self._is_frozen = False
        self._storage: str | None = created["tmp"]
        self._is_isolated = self._storage is None
        self._control.send(created)

    def run(self) -> None:
        """Serves until the engine's end of the channel closes."""
        while True:
            has_frame = self._wakeup.wait(self._control, self._until_next_look())
            if self._memory is not None and self._until_next_look() == 0.0:
                self._look_at_memory(self._memory)
            ended = reap(block=False)
            if not self._extensions and any(child.pid == self._runtime for child in ended):
                # A runtime that ends takes with it whatever else the function has started;
                # extensions are told before they end.
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
            if self._memory is not None and not self._told_memory_kb:
                self._look_at_memory(self._memory)
            self._is_frozen = True
            self._processes.signal_all(STOP)
            self._control.send({"kind": "frozen"})
        elif kind == "reset":
            self._report_exits(self._kill_all())
            self._control.send({"kind": "cleared", "generation": self._generation})
        elif kind == "start":
            self._start(frame)
        elif kind == "start_extension":
            self._start_extension(frame)
        elif kind == "signal":
            self._signal(frame.message["extension"], frame.message["number"])
        elif kind == "socket":
            with socket.socket() as inside:
                self._control.send({"kind": "socket"}, descriptors=[inside.fileno()])

    def _until_next_look(self) -> float | None:
        """Seconds until the memory limit may be reached; None when nothing runs."""
        if self._memory is None or self._runtime is None or self._is_frozen:
            return None
        return max(self._look_due - time.monotonic(), 0.0)

    def _look_at_memory(self, memory: MemoryLimit) -> None:
        victim = memory.find_victim(self._processes.pids())
        self._look_due = time.monotonic() + memory.next_look
        told = self._told_memory_kb
        if memory.peak_kb > (told + _NOTABLE_KB if told else 0):
            self._told_memory_kb = memory.peak_kb
            self._control.send({"kind": "memory", "peak_memory_kb": memory.peak_kb})
        if victim is not None:
            self._is_out_of_memory = victim == self._runtime
            with contextlib.suppress(ProcessLookupError):
                os.kill(victim, KILL)

    def _kill_all(self) -> list[EndedChild]:
        self._processes.signal_all(KILL)
        return reap(block=True)

    def _signal(self, extension: str, number: int) -> None:
        """Signals a process that was started, and its own, unless they have left its group."""
        running = {name: pid for pid, name in self._extensions.items()}
        pid = running.get(extension) if extension else self._runtime
        if pid is None:
            return
        # Its handlers run in its first thread; to be killed it needs to have none.
        signal_it = os.kill if number == KILL else linux.signal_main_thread
        # Itself in any case: it may have been forked in this moment, and have no group yet.
        for one in {pid, *self._processes.pids()}:
            with contextlib.suppress(ProcessLookupError):
                if one == pid:
                    signal_it(pid, number)
                elif os.getpgid(one) == pid:
                    os.kill(one, number)

    def _report_exits(self, ended: list[EndedChild]) -> None:
        for child in ended:
            if child.pid == self._runtime:
                self._runtime = None
                self._tell_end(child, "exited", out_of_memory=self._is_out_of_memory)
            elif child.pid in self._extensions:
                self._tell_end(child, "extension_exited", name=self._extensions.pop(child.pid))

    def _tell_end(self, child: EndedChild, kind: str, **more: object) -> None:
        self._control.send(
            {
                "kind": kind,
                "generation": self._generation,
                "status": child.status,
                "peak_memory_kb": child.peak_memory_kb,
                **more,
            }
        )

    def _start(self, frame: Frame) -> None:
        message = frame.message
        self._begin(message)
        streams = Streams(*frame.descriptors)
        variables = self._with_storage(message["environment"])
        if message["command"]:
            started = self._execute(message["command"], variables, streams)
        else:
            started = self._fork_runtime(streams, {**message, "environment": variables})
        for descriptor in frame.descriptors:
            os.close(descriptor)
        if started.problem:
            self._tell_launch_failed("", started.problem)
        else:
            self._runtime = started.pid

    def _fork_runtime(self, streams: Streams, message: Message) -> start.Started:
        def serve(own_end: Channel) -> int:
            self._wakeup.forget()
            return runtime.main(own_end, message)

        return start.fork_runtime(streams, serve, is_isolated=self._is_isolated)

    def _start_extension(self, frame: Frame) -> None:
        """Starts one, unless one before it could not be."""
        message = frame.message
        (log,) = frame.descriptors
        self._begin(message)
        if not self._has_launch_failure:
            variables = self._with_storage(message["environment"])
            started = self._execute([message["path"]], variables, Streams(log))
            if started.problem:
                self._tell_launch_failed(message["name"], started.problem)
            else:
                self._extensions[started.pid] = message["name"]
        os.close(log)

    def _execute(
        self, command: list[str], variables: dict[str, str], streams: Streams
    ) -> start.Started:
        return start.execute(
            command,
            variables,
            streams,
            is_isolated=self._is_isolated,
            processes=self.maximum_processes,
        )

    def _begin(self, message: Message) -> None:
        """The first processes after the sandbox was built, or after a reset."""
        if message["generation"] == self._generation:
            return
        self._generation = message["generation"]
        self._is_frozen = self._is_out_of_memory = self._has_launch_failure = False
        if sys.platform.startswith("linux"):
            self._memory = MemoryLimit(message["memory_size_mb"])
            self._told_memory_kb = 0
            self._look_due = time.monotonic() + _FIRST_LOOK
        self._control.send(
            {"kind": "started", "generation": self._generation, "at": time.monotonic()}
        )

    def _with_storage(self, variables: dict[str, str]) -> dict[str, str]:
        return variables if self._storage is None else {**variables, "TMPDIR": self._storage}

    def _tell_launch_failed(self, name: str, problem: str) -> None:
        self._has_launch_failure = True
        self._control.send(
            {
                "kind": "launch_failed",
                "generation": self._generation,
                "name": name,
                "problem": problem,
            }
        )
