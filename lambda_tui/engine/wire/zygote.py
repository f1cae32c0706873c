"""The engine's side of a zygote: a fork server under the project's own interpreter."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from lambda_tui.engine.event_loop import Deadline
from lambda_tui.engine.launch import SandboxPlan, runtimes_directory
from lambda_tui.engine.wire.channel import Channel, Message, socket_pair
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.settings import SandboxChoice

SandboxLevel = Literal["namespaces", "processes"]
_PROTECTION = "Landlock (Linux 6.2 or later)" if sys.platform == "linux" else "Seatbelt"
"""By what files are read-only at level ``processes``."""

BOOT_LIMIT = 20.0
"""Seconds after which an interpreter that has not booted is given up."""

logger = logging.getLogger(__name__)

_ERROR_TAIL = 4096
_GOODBYE_SECONDS = 1.0
# Variables by which an interpreter outside the system's directories may find its libraries, and
# the place of this user's temporary files.
_PASSED_ON = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How environments are kept apart on this machine."""

    level: SandboxLevel
    reason: str = ""
    """Why it is not ``namespaces``; empty when it is."""
    lacks: tuple[str, ...] = ()
    """Shortcomings of the kernel's: ``writes`` to the user's files, ``sockets``, abstract ones, and
    ``processes`` without end."""
    remedy: str = ""
    """How to get ``namespaces``, with what to paste; empty where nothing is to be done."""

    @property
    def shortcoming(self) -> str:
        """One sentence about what does not hold here as it does on AWS; empty when all does."""
        if self.level == "namespaces":
            return ""
        writes = "nothing is read-only" if "writes" in self.lacks else "TMPDIR alone can be written"
        return (
            f"No isolation ({self.reason}): /var/task, /opt and /tmp are other folders here, and "
            f"{writes}; Python and Node.js are led there, programs find them by LAMBDA_TASK_ROOT "
            "and TMPDIR; see `lambda-tui doctor`."
        )

    @property
    def refusal(self) -> str:
        """One sentence: why no function may run here unless the user agrees; empty if it may."""
        if "writes" not in self.lacks:
            return ""
        return (
            f"Functions could change your files here: there is no isolation ({self.reason}), and "
            f"{_PROTECTION} is missing, which makes files read-only without it; see `lambda-tui "
            'doctor`, or set sandbox = "processes" to let them.'
        )


OnMessage = Callable[[Message], None]
"""Receives the messages about one init process, each with its ``kind``: ``spawned`` with ``pid``,
or ``failed`` with ``message``; ``disconnected`` when the program that connects its network has
ended; last ``ended``, when no process of its sandbox is left."""


class Zygote:
    """The fork server of one interpreter: started once, and asked to fork init processes."""

    def __init__(self, interpreter: Interpreter, sandbox: SandboxChoice) -> None:
        self.interpreter = interpreter
        """The interpreter of the functions. Where it is no Python, the zygote uses lambda-tui's."""
        self.runtime_version: str | None = None
        """Version of the interpreter, such as ``3.13.1``; None until it has booted."""
        self.sdk_directory: Path | None = None
        """The folder of AWS's SDK for the interpreter; None where it is not installed."""
        self.program = str(interpreter.executable)
        """Path of the interpreter as environments have it, once it has booted."""
        self.sandbox: Sandbox | None = None
        """None until it has booted."""
        self.problem: str | None = None
        """One sentence that says why it does not run."""
        self.is_snapshot = False
        self.booted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when it has booted, or will not."""
        self._choice = sandbox
        self._listeners: dict[str, OnMessage] = {}
        """By the id of the init process."""
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._errors = b""
        self._boot_limit = Deadline(self._give_up)

    def start(self) -> None:
        """Start the process; ``booted`` is done when it can fork."""
        if self.interpreter.problem is not None:
            self._fail(self.interpreter.problem)
            return
        is_python = self.interpreter.language == "python"
        executable = str(self.interpreter.executable)
        try:
            ours, theirs = socket_pair()
        except OSError as error:
            self._fail(f"The interpreter {executable} does not start: {error.strerror}.")
            return
        command = [
            executable if is_python else sys.executable,
            # Without the start-up files of packages, which the boot script sees to itself.
            "-I",
            "-S",
            str(runtimes_directory() / "boot.py"),
            str(theirs.fileno()),
            self._choice,
            "packages" if self.interpreter.finds_packages else "",
            *([] if is_python else [executable]),
        ]
        try:
            # By posix_spawn or vfork: a plain fork of this process with threads could deadlock.
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
        self._channel = Channel(ours, self._on_message, self._on_closed)
        self._boot_limit.set(BOOT_LIMIT)
        self._watch_errors(self._process.stdout)

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
        if self._channel is None or self.problem is not None:
            control.close()
            problem = self.problem or "The zygote has not been started."
            on_message({"kind": "failed", "message": problem})
            return
        request: Message = {
            "kind": "spawn",
            "id": id,
            "code_directory": plan.code_directory,
            "ephemeral_storage_mb": plan.ephemeral_storage,
            "is_snapshot": plan.is_snapshot,
            "binds": [[source, os.fsencode(target)] for source, target in plan.binds],
            "mounts": [[source, os.fsencode(target)] for source, target in plan.mounts],
            "unreadable": [os.fsencode(path) for path in plan.unreadable],
            "own_network": plan.network.is_own,
            "resolver": plan.network.resolver,
            "connector": list(plan.network.connector.command) if plan.network.connector else [],
        }
        log = [] if connector_log is None else [connector_log]
        with control:
            self._channel.send(request, descriptors=[control.fileno(), *log])
        self._listeners[id] = on_message

    async def close(self) -> None:
        """End it: gently, by closing its channel, then by force."""
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

    def _on_message(self, message: Message, _payload: bytes) -> None:
        match message["kind"]:
            case "booted":
                self._boot_limit.clear()
                self.runtime_version = message["runtime_version"]
                self.program = message["program"]
                self.sandbox = Sandbox(
                    message["level"], message["reason"], tuple(message["lacks"]), message["remedy"]
                )
                logger.debug("zygote %s booted: %s", self.interpreter.executable, message)
                if self._choice == "auto" and self.sandbox.refusal:
                    self._fail(self.sandbox.refusal)
                else:
                    self.booted.set_result(None)
            case "spawned" | "disconnected":
                self._listeners[message["id"]](message)
            case "failed" | "ended":
                # One that has failed after its fork ends as well.
                on_message = self._listeners.pop(message["id"], None)
                if on_message is not None:
                    on_message(message)

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
        logger.debug("zygote %s failed: %s", self.interpreter.executable, problem)
        self._boot_limit.clear()
        self.problem = problem
        if not self.booted.done():
            self.booted.set_result(None)
        listeners, self._listeners = self._listeners, {}
        for on_message in listeners.values():
            on_message({"kind": "failed", "message": problem})

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


# For glibc: otherwise the memory of each large event is returned to the kernel and faulted in again
# page by page, which costs more than to parse the event. The function itself uses what is kept.
_KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "33554432"}

# For macOS: otherwise Objective-C ends a fork of a process in which a library has begun to use it,
# as Apple's frameworks for proxies and certificates do. A snapshot is such a process.
_FORK_SAFETY = {"OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES"}


def _interpreter_environment() -> dict[str, str]:
    """Return the variables of the interpreter itself; functions get their own."""
    variables = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    own = {"LANG": "en_US.UTF-8", "LC_CTYPE": "C.UTF-8", "TZ": ":UTC"}
    if sys.platform == "darwin":
        own |= _FORK_SAFETY
    return {**own, **_KEPT_MEMORY, **variables}
