"""The snapshots of a function: the current one, and older ones in which environments still run."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

from lambda_tui.engine.credentials import FunctionCredentials
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.events import Event, RemovalReason
from lambda_tui.engine.launch import Network, SandboxPlan
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.runtime_api import OpenApi
from lambda_tui.engine.snapshots.environments import RestoredEnvironment, SnapshotEnvironment
from lambda_tui.engine.snapshots.restore_line import RestoreLine
from lambda_tui.engine.wire import OnMessage, Sandbox, Zygote
from lambda_tui.project.code import OutwardLink
from lambda_tui.project.function import Function
from lambda_tui.project.interpreters import Interpreter

_UNUSABLE = frozenset({State.RESETTING, State.RESET, State.SHUTTING_DOWN, State.ENDED})


class Snapshot:
    """An initialised function that forks environments as a zygote does, and lives as long as they.

    It owns the environment of which it is taken.
    """

    is_snapshot = True

    def __init__(
        self, function: Function, zygote: Zygote, owner: Snapshots, open_api: OpenApi
    ) -> None:
        self.function = function
        self.emit = owner.emit
        self.booted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when it was taken, or never will be."""
        self.environment = SnapshotEnvironment(function, 0, zygote, self, open_api, "snap-start")
        """Frozen once the snapshot is taken."""
        self.problem: str | None = None
        """One sentence that says why there is no sandbox for it."""
        self.is_stuck = False
        """Whether it has failed to fork."""
        self._zygote = zygote
        self._owner = owner
        self._lines: set[RestoreLine] = set()

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter of the functions."""
        return self._zygote.interpreter

    @property
    def program(self) -> str:
        """Path of the functions' interpreter as environments have it, once it has booted."""
        return self._zygote.program

    @property
    def runtime_version(self) -> str | None:
        """Version of the interpreter, such as ``3.13.1``; None until it has booted."""
        return self._zygote.runtime_version

    @property
    def sdk_directory(self) -> Path | None:
        """The folder of AWS's SDK for the interpreter; None where it is not installed."""
        return self._zygote.sdk_directory

    @property
    def sandbox(self) -> Sandbox | None:
        """None until the interpreter has booted."""
        return self._zygote.sandbox

    @property
    def can_restore(self) -> bool:
        """Whether it was taken, or may yet be."""
        return not self.is_stuck and self.environment.state not in _UNUSABLE

    def start(self) -> None:
        """Initialise the function."""
        self.environment.announce("snapshot")
        self.environment.start()

    def note_stuck(self) -> None:
        """Take notice that it does not fork."""
        self.is_stuck = True

    def spawn(
        self,
        id: str,
        plan: SandboxPlan,
        control: socket.socket,
        on_message: OnMessage,
        connector_log: int | None = None,
    ) -> None:
        """Restore an init process; ``control`` is its end of the control channel, closed here.

        It uses the machine's network.
        """
        assert connector_log is None
        if not self.environment.state.is_warm:
            control.close()
            problem = self.problem or "The snapshot is gone."
            on_message({"kind": "failed", "message": problem})
            return
        with control:
            line, theirs = RestoreLine.open(on_message, self._on_line)
            self._lines.add(line)
            with theirs:
                self.environment.init_process.restore(id, plan, [control, theirs])

    # Events of its environment -------------------------------------------------------------------

    def network_for(self, _environment: ExecutionEnvironment) -> Network:
        """Return the machine's network: no extension runs in it."""
        return Network()

    @property
    def links(self) -> list[OutwardLink]:
        """The links that lead out of the function's files."""
        return self._owner.links_of(self.function)

    @property
    def lambda_endpoint(self) -> str | None:
        """None: what is restored from it may outlive an address."""
        return None

    @property
    def credentials(self) -> FunctionCredentials:
        """The credentials that the function is initialised with, and restored."""
        return self._owner.credentials

    @property
    def profiles_init(self) -> bool:
        """Whether it is told what Init phases spend their time on."""
        return self._owner.profiles_init

    def on_free(self, environment: ExecutionEnvironment) -> None:
        """Freeze the environment that has initialised, or end one that could not."""
        if environment.state is State.IDLE:
            environment.freeze()
            self._note_booted()
            return
        if not self.booted.done():
            self._owner.on_snapshot_failed(self)
        environment.shut_down("failure")

    def on_gone(self, _environment: ExecutionEnvironment, problem: str | None) -> None:
        """Take notice that its environment has ended."""
        self.problem = problem
        self._owner.on_snapshot_gone(self)
        self._note_booted()

    def on_missing_package(self, package: str) -> None:
        """Take notice that the function has failed for want of a package of AWS's SDK."""
        self._owner.on_missing_package(package)

    def warn_once(self, sentence: str) -> None:
        """Tell the user one sentence, once between two changes of the function."""
        self._owner.warn_once(sentence)

    def _note_booted(self) -> None:
        if not self.booted.done():
            self.booted.set_result(None)

    def _on_line(self, line: RestoreLine) -> None:
        """Freeze the runtime again when every restore that it was asked for is done."""
        if line.has_ended:
            self._lines.discard(line)
        if all(one.is_answered for one in self._lines):
            self.environment.init_process.freeze()


class Snapshots:
    """Takes a snapshot when one is needed, and ends it when it is outdated and unused."""

    def __init__(
        self,
        environments: Sequence[ExecutionEnvironment],
        emit: Callable[[Event], None],
        open_api: OpenApi,
        links_of: Callable[[Function], list[OutwardLink]],
        on_problem: Callable[[str], None],
        on_missing_package: Callable[[str], None],
        warn_once: Callable[[str], None],
        credentials: FunctionCredentials,
        *,
        profiles_init: bool,
    ) -> None:
        """``environments`` are all of the pool.

        ``links_of`` returns the links that lead out of a function's files. ``on_problem`` is told
        in one sentence why no environment can be made, ``on_missing_package`` which package of
        AWS's SDK the function lacks, and ``warn_once`` what the user is to know.
        """
        self.emit = emit
        self.all: list[Snapshot] = []
        """Snapshots that have not ended, oldest first."""
        self._current: dict[str, Snapshot] = {}
        """By the function's version."""
        self.links_of = links_of
        self._environments = environments
        self._open_api = open_api
        self._on_problem = on_problem
        self.on_missing_package = on_missing_package
        self.warn_once = warn_once
        self.credentials = credentials
        self.profiles_init = profiles_init
        """Whether it is told what Init phases spend their time on."""

    @property
    def current(self) -> list[Snapshot]:
        """The ones that environments are restored from, or will be: one for each version."""
        return [snapshot for snapshot in self._current.values() if snapshot.can_restore]

    def take(self, function: Function, zygote: Zygote) -> Snapshot:
        """Return the version's current one; begin to take one if there is none.

        Raise ``OSError``.
        """
        current = self._current.get(function.version)
        if current is not None and current.can_restore:
            return current
        taken = self._current[function.version] = Snapshot(function, zygote, self, self._open_api)
        self.all.append(taken)
        taken.start()
        return taken

    def forget(self) -> None:
        """Stop using the current ones: the function has changed."""
        self._current.clear()
        self.end_unused("reload")

    def end_unused(self, reason: RemovalReason) -> None:
        """End outdated ones that no environment runs in."""
        for snapshot in list(self.all):
            if snapshot not in self.current and not self._restored_from(snapshot):
                snapshot.environment.shut_down(reason)

    def shut_down(self) -> None:
        """End all of them."""
        for snapshot in list(self.all):
            snapshot.environment.shut_down("exit")

    # Events of snapshots -------------------------------------------------------------------------

    def on_snapshot_failed(self, snapshot: Snapshot) -> None:
        """Dismiss the environments that wait for it."""
        failure = snapshot.environment.failure
        for environment in self._restored_from(snapshot):
            if failure is not None:
                environment.give_up(failure)

    def on_snapshot_gone(self, snapshot: Snapshot) -> None:
        """Take notice that it has ended."""
        self.all.remove(snapshot)
        if snapshot.problem is not None:
            self._on_problem(snapshot.problem)

    def _restored_from(self, snapshot: Snapshot) -> list[RestoredEnvironment]:
        return [
            one
            for one in self._environments
            if isinstance(one, RestoredEnvironment) and one.fork_server is snapshot
        ]
