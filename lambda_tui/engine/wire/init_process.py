"""The engine's side of an init process: process 1 of an environment, which starts all others."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from lambda_tui.engine.event_loop import Deadline, released
from lambda_tui.engine.invocation import Payload
from lambda_tui.engine.launch import Launch, SandboxPlan
from lambda_tui.engine.wire.channel import Channel, Message, RuntimeChannel, socket_pair
from lambda_tui.engine.wire.frames import RuntimeFrame
from lambda_tui.engine.wire.log_pipe import LogPipe, OnRecord
from lambda_tui.engine.wire.own_network import OwnNetwork
from lambda_tui.engine.wire.zygote import OnMessage, Sandbox
from lambda_tui.project.interpreters import Interpreter

GRACE_PERIOD = 5.0
"""Seconds after which an init process that does not obey is killed.

The environment's ``/tmp`` is lost with it, so a machine that is merely busy must not exceed it.
"""
END_GRACE_PERIOD = 1.0
"""Seconds after which an init process is killed that was told to end."""

_GONE = "The environment was ended by something else than lambda-tui, or could not be built."

logger = logging.getLogger(__name__)


class ForkServer(Protocol):
    """Forks init processes: a zygote, or the snapshot of an initialised function."""

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter of the functions."""

    @property
    def program(self) -> str:
        """Path of the functions' interpreter as environments have it, once it has booted."""

    @property
    def runtime_version(self) -> str | None:
        """Version of the interpreter, such as ``3.13.1``; None until it has booted."""

    @property
    def sdk_directory(self) -> Path | None:
        """The folder of AWS's SDK for the interpreter; None where it is not installed."""

    @property
    def sandbox(self) -> Sandbox | None:
        """None until it has booted."""

    @property
    def booted(self) -> asyncio.Future[None]:
        """Done when it can fork, or never will."""

    @property
    def is_snapshot(self) -> bool:
        """Whether what it forks is initialised."""

    def spawn(
        self,
        id: str,
        plan: SandboxPlan,
        control: socket.socket,
        on_message: OnMessage,
        connector_log: int | None = None,
    ) -> None:
        """Request an init process; ``control`` is its end of the control channel, closed here.

        The program that connects its network, if there is one, writes to ``connector_log``.
        """


class RuntimeLink(Protocol):
    """Sends invocations to a runtime: by frames over a channel, or by the Runtime API."""

    def send(self, message: Message, payload: Payload = b"") -> None:
        """Send an invocation."""

    def drain(self) -> None:
        """Handle everything that the runtime has sent by now."""

    def close(self) -> None:
        """Send and receive nothing more."""


class Started(Struct, frozen=True):
    """The first process of a generation was started."""

    at: float
    """Monotonic time."""


class LaunchFailed(Struct, frozen=True):
    """An extension, or the runtime where ``extension`` is empty, could not be executed."""

    extension: str
    problem: str


class RuntimeExited(Struct, frozen=True):
    """The process of the current runtime has ended."""

    wait_status: int
    is_out_of_memory: bool
    """Whether it was killed for exceeding the memory size."""


class ExtensionExited(Struct, frozen=True):
    """The process of an external extension has ended."""

    extension: str
    wait_status: int


class Cleared(Struct, frozen=True):
    """Every process but the init process was killed, as requested by ``reset``."""


class Measured(Struct, frozen=True):
    """The memory of the processes is known, as requested by ``measure``."""


class Frozen(Struct, frozen=True):
    """Every process but the init process is stopped."""


class NetworkLost(Struct, frozen=True):
    """The environment's own network is no longer connected to the outside."""

    problem: str


class Ended(Struct, frozen=True):
    """The init process is gone, and every process of the environment with it."""

    problem: str | None
    """One sentence that says why it never worked; None for an ordinary end."""


InitProcessEvent = (
    Started
    | LaunchFailed
    | RuntimeExited
    | ExtensionExited
    | Cleared
    | Measured
    | Frozen
    | NetworkLost
    | Ended
    | RuntimeFrame
)


class InitProcess:
    """Process 1 of an environment: carries out commands and reports what happens inside."""

    def __init__(
        self,
        id: str,
        on_event: Callable[[InitProcessEvent], None],
        on_log: OnRecord,
        on_extension_log: OnRecord,
    ) -> None:
        self.pid: int | None = None
        """Process id in this namespace; None until it runs."""
        self.storage: Path | None = None
        """Private directory in place of ``/tmp``, at the level ``processes`` only."""
        self._is_built = False
        """Whether its sandbox is there, before which its ``/tmp`` is the machine's."""
        self.network: OwnNetwork | None = None
        """None where the environment shares the machine's network."""
        self.runtime_is_running = False
        self.peak_memory_kb = 0
        """Peak of all processes of the generation together."""
        self._runtime_peak_kb = 0
        self._beside_runtime_kb = 0
        """Memory of the other processes, when they were last measured."""
        self.is_measuring = False
        """Whether ``Measured`` is still to come."""
        self._id = id
        self._on_event: Callable[[InitProcessEvent], None] = on_event
        self._on_extension_log: OnRecord = self._once_started(on_extension_log)
        self._extension_logs: dict[str, LogPipe] = {}
        """By name, for every extension that was ever started."""
        # A generation is everything between two resets. Messages about an earlier one are late.
        self._generation = 0
        self._has_started = False
        """Whether the init process has reported that it started the first of this generation."""
        self._early: list[Callable[[], None]] = []
        """Passes on what was read of the logs before that report, which another socket brings."""
        self._runtime: RuntimeLink | None = None
        self._needs_channel = False
        """Whether the runtime cannot answer without its channel."""
        # First what may fail, and leaves nothing behind then.
        self._log = LogPipe(self._once_started(on_log))
        try:
            ours, self._their_control = socket_pair()
        except OSError:
            self._log.close()
            raise
        # Its end is followed by that of the init process, which the zygote reports.
        self._control = Channel(ours, self._on_control_message, lambda: None)
        self._grace_period = Deadline(self._kill)
        self._is_requested = False
        self._is_to_end = False
        self._has_ended = False

    @property
    def tmp(self) -> Path | None:
        """The environment's ``/tmp`` as this process sees it; None until it is built."""
        if self.storage is not None:
            return self.storage
        return Path(f"/proc/{self.pid}/root/tmp") if self.pid and self._is_built else None

    # Life ----------------------------------------------------------------------------------------

    def spawn(self, fork_server: ForkServer, plan: SandboxPlan) -> None:
        """Have a fork server fork it and build its sandbox."""
        self._is_requested = True
        connector_log = None
        if plan.network.is_own:
            network = self.network = OwnNetwork(
                plan.network.connector,
                lambda: self._control.send({"kind": "socket"}),
                lambda problem: self._on_event(NetworkLost(problem)),
            )
            self._control.takes_descriptors = True
            connector_log = network.connector_log.write_end if network.connector_log else None
        fork_server.spawn(
            self._id, plan, self._their_control, self._on_zygote_message, connector_log
        )

    def restore(self, id: str, plan: SandboxPlan, theirs: Sequence[socket.socket]) -> None:
        """Have the runtime of a snapshot fork the init process of an environment.

        ``theirs`` are that process's end of its control channel and of its restore line.
        """
        storage = plan.ephemeral_storage
        request: Message = {"kind": "restore", "id": id, "ephemeral_storage_mb": storage}
        self._control.send(request, descriptors=[end.fileno() for end in theirs])

    def end(self) -> None:
        """End it and every process of the environment; none of them is told."""
        # End-of-file on the control channel is the command. It cannot be missed or queued up.
        self._is_to_end = True
        self._control.close()
        self._grace_period.set(END_GRACE_PERIOD)
        if not self._is_requested:
            self._their_control.close()
            self._finish(None)

    def give_up(self, problem: str) -> None:
        """End it because of a problem that makes it useless, given in one sentence."""
        self._finish(problem)

    # Processes -----------------------------------------------------------------------------------

    def begin_generation(self) -> None:
        """Treat what is started from now on as new; everything before has ended, or will."""
        # The output of the processes before does not belong to the new ones.
        self.drain_logs()
        self._generation += 1
        self._has_started = False
        self.peak_memory_kb = self._runtime_peak_kb = self._beside_runtime_kb = 0
        self.is_measuring = False
        if self._runtime is not None:
            self._runtime.close()

    def start_extension(self, launch: Launch, name: str) -> None:
        """Start an external extension.

        After one that cannot be executed, the init process starts no other of this generation.
        """
        if name not in self._extension_logs:
            self._extension_logs[name] = LogPipe(self._on_extension_log)
        request: Message = {
            **self._start_message("start_extension", launch, launch.extension_variables),
            "name": name,
            "command": [os.fsencode(part) for part in launch.extension_command(name)],
        }
        self._control.send(request, descriptors=[self._extension_logs[name].write_end])

    def start_runtime(self, launch: Launch, api: RuntimeLink | None) -> RuntimeLink:
        """Start the runtime, and return its link: ``api``, or without one a channel of frames."""
        request: Message = {
            **self._start_message("start", launch, launch.runtime_variables),
            "command": [os.fsencode(part) for part in launch.runtime.command],
            "handler": launch.function.handler,
            "task_root": os.fsencode(launch.places.task_root),
            "layers_root": os.fsencode(launch.places.layers_root),
            "packages_root": os.fsencode(launch.places.packages_root),
            "sdk_root": os.fsencode(launch.places.sdk_root),
            "ephemeral_storage_mb": launch.function.ephemeral_storage,
            "mounts": [[os.fsencode(one) for one in pair] for pair in launch.places.mounts],
            "hidden_modules": launch.function.hidden_modules,
            "profiles_init": launch.profiles_init,
        }
        self.runtime_is_running = True
        if api is not None:
            self._runtime = api
            self._control.send(request, descriptors=[self._log.write_end])
            return api
        ours, theirs = socket_pair()
        channel = self._runtime = RuntimeChannel(
            ours,
            self._on_event,
            self._on_channel_closed,
            is_forked=not launch.runtime.command,
        )
        # A program that is executed, perhaps by a wrapper, may leave it and speak HTTP.
        self._needs_channel = not launch.runtime.command
        self._control.send(request, descriptors=[self._log.write_end, theirs.fileno()])
        theirs.close()
        return channel

    def follow_runtime(self, api: RuntimeLink | None) -> RuntimeLink:
        """Take the runtime, which is ready, for one at the end of its channel, or else of ``api``.

        Return its link from now on.
        """
        assert self._runtime is not None
        if api is None:
            self._needs_channel = True
        elif api is not self._runtime:
            self._needs_channel = False
            self._runtime.close()
            self._runtime = api
        return self._runtime

    def drain_logs(self) -> None:
        """Handle everything that was written to the logs by now."""
        self._log.drain()
        for log in self._extension_logs.values():
            log.drain()

    def freeze(self) -> None:
        """Stop every process; ``Frozen`` follows."""
        self._control.send({"kind": "freeze"})

    def thaw(self) -> None:
        """Continue every process."""
        self._control.send({"kind": "thaw"})

    def signal_runtime(self, number: signal.Signals) -> None:
        """Signal the runtime and its process group."""
        self._control.send({"kind": "signal", "extension": "", "number": int(number)})

    def kill_runtime(self) -> None:
        """Kill the runtime, as a crash would."""
        self.signal_runtime(signal.SIGKILL)
        self._grace_period.set(GRACE_PERIOD)

    def kill_extension(self, name: str) -> None:
        """Kill an external extension and its process group."""
        self._control.send({"kind": "signal", "extension": name, "number": int(signal.SIGKILL)})

    def reset(self) -> None:
        """Kill every process but the init process; ``Cleared`` follows."""
        self._control.send({"kind": "reset"})
        self._grace_period.set(GRACE_PERIOD)

    def measure(self) -> None:
        """Have the memory of the processes measured; ``Measured`` follows."""
        self.is_measuring = True
        self._control.send({"kind": "measure"})

    def note_runtime_memory(self, peak_kb: int) -> None:
        """Take notice of the most memory that the runtime has used, by its own account."""
        self._runtime_peak_kb = max(self._runtime_peak_kb, peak_kb)
        self._note_memory(self._runtime_peak_kb + self._beside_runtime_kb)

    def _note_memory(self, peak_kb: int) -> None:
        self.peak_memory_kb = max(self.peak_memory_kb, peak_kb)

    # Messages ------------------------------------------------------------------------------------

    def _start_message(self, kind: str, launch: Launch, variables: dict[str, str]) -> Message:
        return {
            "kind": kind,
            "generation": self._generation,
            "environment": variables,
            "memory_size_mb": launch.function.memory_size,
        }

    def _on_zygote_message(self, message: Message) -> None:
        logger.debug("environment %s: zygote says %s", self._id, message)
        match message["kind"]:
            case "spawned":
                self.pid = message["pid"]
            case "failed":
                self._finish(message["message"])
            case "disconnected":
                assert self.network is not None
                self.network.disconnect()
            case "ended":
                # Its last frames came by another socket and may be unread: why it could not be
                # built, for one.
                self._control.drain()
                self._finish(None if self._is_to_end else _GONE)

    def _on_control_message(self, message: Message, _payload: bytes) -> None:
        if message.get("generation", self._generation) != self._generation:
            return
        self._note_memory(message.get("peak_memory_kb", 0))
        match message["kind"]:
            case "memory" | "measured" as kind:
                self._beside_runtime_kb = message.get("beside_runtime_kb", 0)
                self.note_runtime_memory(0)
                if kind == "measured" and self.is_measuring:
                    self.is_measuring = False
                    self._on_event(Measured())
            case "frozen":
                self._on_event(Frozen())
            case "created":
                self.storage = Path(message["tmp"]) if message["tmp"] else None
                self._is_built = True
            case "failed":
                self._finish(f"The sandbox could not be built: {message['message']}.")
            case "started":
                self._on_event(Started(message["at"]))
                self._pass_early()
            case "launch_failed":
                self.runtime_is_running = self.runtime_is_running and bool(message["name"])
                self._on_event(LaunchFailed(message["name"], message["problem"]))
            case "exited":
                self._on_runtime_exited(message)
            case "extension_exited":
                self._on_event(ExtensionExited(message["name"], message["status"]))
            case "cleared":
                self._grace_period.clear()
                self._on_event(Cleared())
            case "socket":
                assert self.network is not None
                self.network.take_socket(self._control.take_descriptor())

    def _on_channel_closed(self) -> None:
        # A runtime that has sent anything else than frames cannot answer any more.
        if self._needs_channel:
            self.kill_runtime()

    def _once_started(self, on_record: OnRecord) -> OnRecord:
        def note(text: str, level: str | None) -> None:
            if self._has_started or not self._generation:
                on_record(text, level)
            else:
                self._early.append(lambda: on_record(text, level))

        return note

    def _pass_early(self) -> None:
        self._has_started = True
        early, self._early = self._early, []
        for pass_on in early:
            pass_on()

    def _on_runtime_exited(self, message: Message) -> None:
        logger.debug("environment %s: runtime exited: %s", self._id, message)
        self.runtime_is_running = False
        # Its last frames came by another socket and may be unread. They come before its end.
        if self._runtime is not None:
            self._runtime.drain()
        self._grace_period.clear()
        self._on_event(RuntimeExited(message["status"], message["out_of_memory"]))

    def _kill(self) -> None:
        # Its end is no surprise then.
        self._is_to_end = True
        logger.debug("environment %s: init process did not obey in time", self._id)
        if self.pid is not None and not self._has_ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _finish(self, problem: str | None) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        self.end()
        self._grace_period.close()
        if self._runtime is not None:
            self._runtime.close()
            self._runtime = None
        self._log.close()
        for log in self._extension_logs.values():
            log.close()
        self._pass_early()
        if self.network is not None:
            self.network.close()
        on_event, self._on_event = self._on_event, released
        self._on_extension_log = released
        on_event(Ended(problem))
