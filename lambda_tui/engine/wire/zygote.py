"""The engine's side of a zygote: the fork server that runs under a project's own interpreter."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import IO, Literal, Protocol

from lambda_tui.engine.deadline import Deadline
from lambda_tui.engine.launch import SandboxPlan, runtimes_directory
from lambda_tui.engine.wire.channel import Channel, Message, socket_pair
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.settings import SandboxChoice

SandboxLevel = Literal["namespaces", "processes"]

BOOT_LIMIT = 20.0
"""Seconds after which an interpreter that says nothing is given up."""

_ERROR_TAIL = 4096
_GOODBYE_SECONDS = 1.0
# What an interpreter outside the system's directories may need to find its own libraries, and
# where this user's temporary files go.
_PASSED_ON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How environments are kept apart on this machine."""

    level: SandboxLevel
    reason: str = ""
    """Why it is not ``namespaces``; empty when it is."""


class Spawned(Protocol):
    """Who is told what becomes of an init process that a zygote forked."""

    def on_spawned(self, pid: int) -> None:
        """It runs under this process id."""

    def on_spawn_failed(self, message: str) -> None:
        """It does not run, and why."""

    def on_disconnected(self) -> None:
        """The program that connects its network to the outside has ended."""

    def on_ended(self) -> None:
        """It has ended, and every process of its sandbox with it."""


class ForkServer(Protocol):
    """Where environments come from: a zygote, or a snapshot that was made by one."""

    @property
    def interpreter(self) -> Interpreter:
        """What functions run on."""

    @property
    def runtime_version(self) -> str | None:
        """Such as ``3.13.1``; None until it has booted."""

    @property
    def sandbox(self) -> Sandbox | None:
        """None until it has booted."""

    @property
    def booted(self) -> asyncio.Future[None]:
        """Done when it has booted, or will not."""

    @property
    def is_snapshot(self) -> bool:
        """Whether what it forks is initialised."""

    def spawn(
        self,
        id: str,
        plan: SandboxPlan,
        control: socket.socket,
        who: Spawned,
        connector_log: int | None = None,
    ) -> None:
        """Asks for an init process; ``control`` is its end of the control channel, closed here.

        What connects its network, if something does, writes to ``connector_log``.
        """


class Zygote:
    """One interpreter's fork server: started once, asked for init processes, ended by closing."""

    def __init__(self, interpreter: Interpreter, sandbox: SandboxChoice) -> None:
        self.interpreter = interpreter
        """What functions run on; where that is no Python, the zygote runs on lambda-tui's own."""
        self.runtime_version: str | None = None
        """Of the interpreter, such as ``3.13.1``; None until it has booted."""
        self.sandbox: Sandbox | None = None
        """None until it has booted."""
        self.problem: str | None = None
        """One sentence: why it does not run."""
        self.is_snapshot = False
        self.booted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when it has booted, or will not."""
        self._choice = sandbox
        self._spawned: dict[str, Spawned] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._errors = b""
        self._boot_limit = Deadline(self._give_up)

    def start(self) -> None:
        """Starts the process; ``booted`` tells when it is of use."""
        if self.interpreter.problem is not None:
            self._fail(self.interpreter.problem)
            return
        is_python = self.interpreter.language == "python"
        executable = str(self.interpreter.executable)
        ours, theirs = socket_pair()
        command = [
            executable if is_python else sys.executable,
            "-I",
            str(runtimes_directory() / "boot.py"),
            str(theirs.fileno()),
            self._choice,
            *([] if is_python else [executable]),
        ]
        try:
            # posix_spawn or vfork underneath, never a fork of this process with its threads.
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=_interpreter_environment(),
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            self._fail(f"The interpreter {executable} does not start: {error.strerror}.")
            return
        finally:
            theirs.close()
        self._channel = Channel(ours, self._on_frame, self._on_closed)
        self._boot_limit.set(BOOT_LIMIT)
        self._watch_errors(self._process.stdout)

    def spawn(
        self,
        id: str,
        plan: SandboxPlan,
        control: socket.socket,
        who: Spawned,
        connector_log: int | None = None,
    ) -> None:
        """Asks for an init process; ``control`` is its end of the control channel, closed here.

        What connects its network, if something does, writes to ``connector_log``.
        """
        if self._channel is None or self.problem is not None:
            control.close()
            who.on_spawn_failed(self.problem or "The zygote has not been started.")
            return
        self._spawned[id] = who
        request: Message = {
            "kind": "spawn",
            "id": id,
            "code_directory": str(plan.code_directory),
            "ephemeral_storage_mb": plan.ephemeral_storage,
            "is_snapshot": plan.is_snapshot,
            "binds": [[str(source), target] for source, target in plan.binds],
            "own_network": plan.network.is_own,
            "resolver": plan.network.resolver,
            "connector": list(plan.network.connector.command) if plan.network.connector else [],
        }
        log = [] if connector_log is None else [connector_log]
        self._channel.send(request, descriptors=[control.fileno(), *log])
        control.close()

    async def close(self) -> None:
        """Ends it: gently by closing its channel, then by force."""
        self._boot_limit.clear()
        if self._channel is not None:
            self._channel.close()
        if self._process is None:
            return
        try:
            await asyncio.to_thread(self._process.wait, _GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            await asyncio.to_thread(self._process.wait)
        self._stop_watching_errors()

    def _on_frame(self, message: Message, _payload: bytes) -> None:
        match message["kind"]:
            case "booted":
                self._boot_limit.clear()
                self.runtime_version = message["runtime_version"]
                self.sandbox = Sandbox(message["level"], message["reason"])
                self.booted.set_result(None)
            case "spawned":
                self._spawned[message["id"]].on_spawned(message["pid"])
            case "failed":
                self._spawned.pop(message["id"]).on_spawn_failed(message["message"])
            case "disconnected":
                self._spawned[message["id"]].on_disconnected()
            case "ended":
                self._spawned.pop(message["id"]).on_ended()

    def _on_closed(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._read_errors(self._process.stdout)
        last_words = self._errors.decode(errors="replace").strip().rpartition("\n")[2]
        self._fail(
            f"The interpreter {self.interpreter.executable} cannot run functions: "
            f"{last_words or 'it ended without a word'}."
        )

    def _give_up(self) -> None:
        assert self._channel is not None
        self._channel.close()
        self._fail(
            f"The interpreter {self.interpreter.executable} has not started within "
            f"{BOOT_LIMIT:.0f} seconds."
        )

    def _fail(self, problem: str) -> None:
        self._boot_limit.clear()
        self.problem = problem
        if not self.booted.done():
            self.booted.set_result(None)
        for who in self._spawned.values():
            who.on_spawn_failed(problem)
        self._spawned.clear()

    def _watch_errors(self, stream: IO[bytes] | None) -> None:
        assert stream is not None
        os.set_blocking(stream.fileno(), False)
        asyncio.get_running_loop().add_reader(stream.fileno(), self._read_errors, stream)

    def _read_errors(self, stream: IO[bytes]) -> None:
        data = b"" if stream.closed else stream.read()
        if not data:
            self._stop_watching_errors()
            return
        self._errors = (self._errors + data)[-_ERROR_TAIL:]

    def _stop_watching_errors(self) -> None:
        stream = self._process.stdout if self._process else None
        if stream is not None and not stream.closed:
            asyncio.get_running_loop().remove_reader(stream.fileno())
            stream.close()


# For glibc: the memory of a large event is not given back and taken anew for each, page by page,
# which costs more than to parse it. What is kept is used again by the function itself.
_KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "33554432"}


def _interpreter_environment() -> dict[str, str]:
    """What the interpreter itself needs; functions get variables of their own."""
    variables = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = {"LANG": "en_US.UTF-8", "LC_CTYPE": "C.UTF-8", "TZ": ":UTC"}
    return {**own, **_KEPT_MEMORY, **variables}
