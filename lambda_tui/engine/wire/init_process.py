"""The engine's side of an environment's init process: its control channel, runtime and logs."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from lambda_tui.engine.deadline import Deadline
from lambda_tui.engine.invocation import Payload
from lambda_tui.engine.launch import Places, SandboxPlan
from lambda_tui.engine.wire.channel import Channel, Message, socket_pair
from lambda_tui.engine.wire.frames import BadFrameError, parse
from lambda_tui.engine.wire.init_owner import InitOwner, RuntimeEnd, RuntimeLink
from lambda_tui.engine.wire.log_pipe import LogPipe
from lambda_tui.engine.wire.own_network import OwnNetwork
from lambda_tui.engine.wire.runtime_channel import RuntimeChannel
from lambda_tui.engine.wire.zygote import ForkServer
from lambda_tui.project.function import Function

GRACE = 5.0
"""Seconds after which an init process that does not do what it was told is killed.

With it goes the environment's ``/tmp``: not for a machine that is only busy.
"""
FAREWELL = 1.0
"""Seconds after which one that was let go is killed."""


class InitProcess:
    """Process 1 of an environment, as the engine commands it."""

    def __init__(self, id: str, owner: InitOwner) -> None:
        self.pid: int | None = None
        """As seen from here; None until it runs."""
        self.tmp: Path | None = None
        """The private directory that stands in for ``/tmp`` at level ``processes``."""
        self.log = LogPipe(owner.on_log)
        self.extension_logs: dict[str, LogPipe] = {}
        """By name, of each extension that was ever started."""
        self.network: OwnNetwork | None = None
        """None where it shares the machine's."""
        self.runtime_runs = False
        """Whether a runtime was started and has not ended yet."""
        self._id = id
        self._owner = owner
        self._generation = 0
        self._runtime: RuntimeLink | None = None
        ours, self._their_control = socket_pair()
        self._control = Channel(ours, self._on_frame, lambda: None)
        self._grace = Deadline(self._kill)
        self._is_asked_for = False
        self._is_over = False

    @property
    def runtime_is_done_by_answering(self) -> bool:
        """Whether the runtime says with its answer that it is ready for the next event."""
        return isinstance(self._runtime, Channel)

    @property
    def tmp_seen_from_here(self) -> Path | None:
        """The environment's ``/tmp``; None while it is not built."""
        if self.tmp is not None:
            return self.tmp
        return Path(f"/proc/{self.pid}/root/tmp") if self.pid else None

    def spawn(self, zygote: ForkServer, plan: SandboxPlan) -> None:
        """Has the zygote fork it."""
        self._is_asked_for = True
        connector_log = None
        if plan.network.is_own:
            network = self.network = OwnNetwork(
                plan.network.connector,
                lambda: self._control.send({"kind": "socket"}),
                self._owner.on_network_lost,
            )
            self._control.takes_descriptors = True
            connector_log = network.connector_log.write_end if network.connector_log else None
        zygote.spawn(self._id, plan, self._their_control, self, connector_log)

    def restore(self, id: str, plan: SandboxPlan, theirs: Sequence[socket.socket]) -> None:
        """Has a snapshot's runtime fork an environment.

        It gets the ends of its control channel and of the line on which its own end is seen.
        """
        storage = plan.ephemeral_storage
        request: Message = {"kind": "restore", "id": id, "ephemeral_storage_mb": storage}
        self._control.send(request, descriptors=[end.fileno() for end in theirs])

    def begin(self) -> None:
        """What is started from now on belongs together; what was before has ended, or will."""
        self._generation += 1
        if self._runtime is not None:
            self._runtime.close()

    def start_extension(
        self, function: Function, name: str, path: str, variables: Mapping[str, str]
    ) -> None:
        """Starts an external extension from its path as seen inside.

        Once one cannot be, no other is until the next beginning.
        """
        if name not in self.extension_logs:
            self.extension_logs[name] = LogPipe(self._owner.on_extension_log)
        request: Message = {
            **self._start_message("start_extension", function, variables),
            "name": name,
            "path": path,
        }
        self._control.send(request, descriptors=[self.extension_logs[name].write_end])

    def start_runtime(
        self,
        function: Function,
        command: Sequence[str],
        places: Places,
        variables: Mapping[str, str],
        api: RuntimeLink | None,
    ) -> None:
        """Starts a runtime: the program, or without one Python's own, by a fork.

        It speaks over a channel of frames unless it is to use the API.
        """
        request: Message = {
            **self._start_message("start", function, variables),
            "command": list(command),
            "handler": function.handler,
            "task_root": places.task_root,
            "layers_root": places.layers_root,
        }
        self.runtime_runs = True
        if api is not None:
            self._runtime = api
            self._control.send(request, descriptors=[self.log.write_end])
            return
        ours, theirs = socket_pair()
        # A runtime whose channel has closed can answer no more, whether it has ended or not.
        kind = Channel if command else RuntimeChannel
        self._runtime = kind(ours, self._on_runtime_message, self.kill_runtime)
        self._control.send(request, descriptors=[self.log.write_end, theirs.fileno()])
        theirs.close()

    def _start_message(
        self, kind: str, function: Function, variables: Mapping[str, str]
    ) -> Message:
        return {
            "kind": kind,
            "generation": self._generation,
            "environment": dict(variables),
            "memory_size_mb": function.memory_size,
        }

    def send_to_runtime(self, message: Message, payload: Payload = b"") -> None:
        """Sends the runtime a frame."""
        assert self._runtime is not None
        self._runtime.send(message, payload)

    def drain_logs(self) -> None:
        """Takes what was written by now."""
        self.log.drain()
        for log in self.extension_logs.values():
            log.drain()

    def freeze(self) -> None:
        """Stops every process."""
        self._control.send({"kind": "freeze"})

    def thaw(self) -> None:
        """Lets every process run on."""
        self._control.send({"kind": "thaw"})

    def signal_runtime(self, number: signal.Signals) -> None:
        """Signals the runtime and what it has started."""
        self._control.send({"kind": "signal", "extension": "", "number": int(number)})

    def kill_runtime(self) -> None:
        """Kills the runtime, as a crash would."""
        self.signal_runtime(signal.SIGKILL)
        self._grace.set(GRACE)

    def kill_extension(self, name: str) -> None:
        """Kills an external extension and what it has started."""
        self._control.send({"kind": "signal", "extension": name, "number": int(signal.SIGKILL)})

    def reset(self) -> None:
        """Kills every process but the init process; that one too, if it does not obey in time."""
        self._control.send({"kind": "reset"})
        self._grace.set(GRACE)

    def end(self) -> None:
        """Lets the init process go, and with it all others; none of them is told."""
        self._control.close()
        self._grace.set(FAREWELL)
        if not self._is_asked_for:
            self._their_control.close()
            self._finish(None)

    def on_spawned(self, pid: int) -> None:
        """The zygote has forked it."""
        self.pid = pid

    def on_spawn_failed(self, message: str) -> None:
        """The zygote could not fork it, or is gone itself."""
        self._finish(message)

    def on_disconnected(self) -> None:
        """The zygote has seen the end of what connects its network."""
        assert self.network is not None
        self.network.disconnect()

    def on_ended(self) -> None:
        """The zygote has seen its end."""
        self._finish(None)

    def give_up(self, problem: str) -> None:
        """Ends it, for what keeps it from being of use."""
        self._finish(problem)

    def _kill(self) -> None:
        if self.pid is not None and not self._is_over:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _on_runtime_message(self, message: Message, payload: bytes) -> None:
        try:
            frame = parse(message, payload)
        except BadFrameError:
            self.reset()
        else:
            self._owner.on_runtime_frame(frame)

    def _finish(self, problem: str | None) -> None:
        if self._is_over:
            return
        self._is_over = True
        self.end()
        self._grace.clear()
        if self._runtime is not None:
            self._runtime.close()
        self.log.close()
        for log in self.extension_logs.values():
            log.close()
        if self.network is not None:
            self.network.close()
        self._owner.on_ended(problem)

    def _on_frame(self, message: Message, _payload: bytes) -> None:
        match message["kind"]:
            case "created":
                self.tmp = Path(message["tmp"]) if message["tmp"] else None
            case "failed":
                self._finish(f"The sandbox could not be built: {message['message']}.")
            case "started" if message["generation"] == self._generation:
                self._owner.on_started(message["at"])
            case "launch_failed" if message["generation"] == self._generation:
                self.runtime_runs = self.runtime_runs and bool(message["name"])
                self._owner.on_launch_failed(message["name"], message["problem"])
            case "frozen":
                self._owner.on_frozen()
            case "exited" if message["generation"] == self._generation:
                self._on_runtime_exited(message)
            case "extension_exited" if message["generation"] == self._generation:
                self._owner.on_memory(message["peak_memory_kb"])
                self._owner.on_extension_exited(message["name"], message["status"])
            case "cleared" if message["generation"] == self._generation:
                self._grace.clear()
                self._owner.on_cleared()
            case "socket":
                assert self.network is not None
                self.network.take_socket(self._control.take_descriptor())
            case "memory":
                self._owner.on_memory(message["peak_memory_kb"])

    def _on_runtime_exited(self, message: Message) -> None:
        self.runtime_runs = False
        self._owner.on_memory(message["peak_memory_kb"])
        # Its last words came another way, and may not have been read yet.
        if self._runtime is not None:
            self._runtime.drain()
        self._grace.clear()
        end = RuntimeEnd(message["status"], message["out_of_memory"])
        self._owner.on_runtime_exited(end)
