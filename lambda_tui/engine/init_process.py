"""The engine's side of an environment's init process: its control channel, runtime and log."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from typing import NamedTuple, Protocol

from lambda_tui.engine.channel import Channel, Message, socket_pair
from lambda_tui.engine.deadline import Deadline
from lambda_tui.engine.events import InitializationType
from lambda_tui.engine.log_pipe import LogPipe
from lambda_tui.engine.runtime_frame import BadFrameError, RuntimeFrame, parse
from lambda_tui.engine.variables import TASK_ROOT, environment_variables
from lambda_tui.engine.zygote import Zygote
from lambda_tui.project.function import Function

GRACE = 1.0
"""Seconds after which an init process that does not do what it was told is killed."""


class RuntimeEnd(NamedTuple):
    """How a runtime's process ended."""

    wait_status: int
    is_out_of_memory: bool
    """Whether it was killed for using more than the memory size."""


class InitOwner(Protocol):
    """Who is told what happens inside: the execution environment."""

    def on_runtime_started(self, at: float) -> None:
        """The runtime was forked at this monotonic time."""

    def on_runtime_frame(self, frame: RuntimeFrame) -> None:
        """The runtime says something."""

    def on_runtime_exited(self, end: RuntimeEnd) -> None:
        """The current runtime has ended."""

    def on_memory(self, peak_memory_kb: int) -> None:
        """The processes together have used so much."""

    def on_frozen(self) -> None:
        """Every process is stopped."""

    def on_log(self, text: str) -> None:
        """A log record was written."""

    def on_ended(self, problem: str | None) -> None:
        """The environment is gone; the problem says why it never stood, if that is so."""


class InitProcess:
    """Process 1 of an environment, as the engine commands it."""

    def __init__(self, id: str, owner: InitOwner) -> None:
        self.pid: int | None = None
        """As seen from here; None until it runs."""
        self.tmp: Path | None = None
        """The private directory that stands in for ``/tmp`` at level ``processes``."""
        self.log = LogPipe(owner.on_log)
        self._id = id
        self._owner = owner
        self._generation = 0
        self._runtime: Channel | None = None
        ours, self._their_control = socket_pair()
        self._control = Channel(ours, self._on_frame, lambda: None)
        self._grace = Deadline(self._kill)
        self._is_asked_for = False
        self._is_over = False

    @property
    def tmp_seen_from_here(self) -> Path | None:
        """The environment's ``/tmp``; None while it is not built."""
        if self.tmp is not None:
            return self.tmp
        return Path(f"/proc/{self.pid}/root/tmp") if self.pid else None

    def spawn(self, zygote: Zygote, code_directory: Path, storage_mb: int) -> None:
        """Has the zygote fork it."""
        self._is_asked_for = True
        zygote.spawn(self._id, code_directory, storage_mb, self._their_control, self)

    def start_runtime(
        self,
        function: Function,
        zygote: Zygote,
        log_stream: str,
        initialization_type: InitializationType,
    ) -> None:
        """Starts a runtime process; the one before must have ended or be about to."""
        is_isolated = zygote.sandbox is None or zygote.sandbox.level == "namespaces"
        task_root = TASK_ROOT if is_isolated else str(function.code_directory)
        if self._runtime is not None:
            self._runtime.close()
        self._generation += 1
        ours, theirs = socket_pair()
        # A runtime whose channel has closed can answer no more, whether it has ended or not.
        self._runtime = Channel(ours, self._on_runtime_frame, self.reset)
        request: Message = {
            "kind": "start",
            "generation": self._generation,
            "environment": environment_variables(
                function, log_stream, zygote.python_version, task_root, initialization_type
            ),
            "handler": function.handler,
            "memory_size_mb": function.memory_size,
            "task_root": task_root,
        }
        self._control.send(request, descriptors=[theirs.fileno(), self.log.write_end])
        theirs.close()

    def send_to_runtime(self, message: Message, payload: bytes | bytearray = b"") -> None:
        """Sends the runtime a frame."""
        assert self._runtime is not None
        self._runtime.send(message, payload)

    def freeze(self) -> None:
        """Stops every process."""
        self._control.send({"kind": "freeze"})

    def thaw(self) -> None:
        """Lets every process run on."""
        self._control.send({"kind": "thaw"})

    def reset(self) -> None:
        """Kills every process but the init process; that one too, if it does not obey in time."""
        self._control.send({"kind": "reset"})
        self._grace.set(GRACE)

    def end(self) -> None:
        """Lets the init process go, and with it all others; none of them is told."""
        self._control.close()
        self._grace.set(GRACE)
        if not self._is_asked_for:
            self._their_control.close()
            self._finish(None)

    def on_spawned(self, pid: int) -> None:
        """The zygote has forked it."""
        self.pid = pid

    def on_spawn_failed(self, message: str) -> None:
        """The zygote could not fork it, or is gone itself."""
        self._finish(message)

    def on_ended(self) -> None:
        """The zygote has seen its end."""
        self._finish(None)

    def _kill(self) -> None:
        if self.pid is not None and not self._is_over:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _on_runtime_frame(self, message: Message, payload: bytes) -> None:
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
        self._owner.on_ended(problem)

    def _on_frame(self, message: Message, _payload: bytes) -> None:
        match message["kind"]:
            case "created":
                self.tmp = Path(message["tmp"]) if message["tmp"] else None
            case "failed":
                self._finish(f"The sandbox could not be built: {message['message']}.")
            case "started":
                self._owner.on_runtime_started(message["at"])
            case "frozen":
                self._owner.on_frozen()
            case "exited" if message["generation"] == self._generation:
                self._owner.on_memory(message["peak_memory_kb"])
                # Its last words came another way, and may not have been read yet.
                if self._runtime is not None:
                    self._runtime.drain()
                self._grace.clear()
                end = RuntimeEnd(message["status"], message["out_of_memory"])
                self._owner.on_runtime_exited(end)
            case "memory":
                self._owner.on_memory(message["peak_memory_kb"])


def exit_text(status: int) -> str:
    """How AWS words the end of a runtime, from its wait status."""
    if os.WIFSIGNALED(status):
        return f"Runtime exited with error: signal: {_signal_text(os.WTERMSIG(status))}"
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return "Runtime exited without providing a reason"
    return f"Runtime exited with error: exit status {code}"


def _signal_text(number: int) -> str:
    # As Go prints signals, in which AWS's own service is written; libc's words differ for a few.
    words = {
        1: "hangup",
        2: "interrupt",
        3: "quit",
        4: "illegal instruction",
        5: "trace/breakpoint trap",
        6: "aborted",
        7: "bus error",
        8: "floating point exception",
        9: "killed",
        10: "user defined signal 1",
        11: "segmentation fault",
        12: "user defined signal 2",
        13: "broken pipe",
        14: "alarm clock",
        15: "terminated",
    }
    return words.get(number, f"signal {number}")
