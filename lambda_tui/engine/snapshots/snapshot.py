"""A function's snapshot: its runtime, initialised once, from which environments are restored."""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol

from lambda_tui.engine import events
from lambda_tui.engine.environment import ExecutionEnvironment, SandboxedEnvironment
from lambda_tui.engine.launch import Network, SandboxPlan
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.runtime_api import OpenApi
from lambda_tui.engine.snapshots.restore_line import RestoreLine
from lambda_tui.engine.snapshots.snapshot_environment import SnapshotEnvironment
from lambda_tui.engine.wire import Sandbox, Spawned, Zygote
from lambda_tui.project.function import Function
from lambda_tui.project.interpreters import Interpreter


class SnapshotOwner(Protocol):
    """What a snapshot needs of its pool."""

    def emit(self, record: events.Record, environment: str) -> events.Event:
        """Puts a record on the event stream; the event that it became."""

    def on_snapshot_failed(self, snapshot: Snapshot) -> None:
        """Its function could not be initialised, for the reason that its environment has."""

    def on_snapshot_gone(self, snapshot: Snapshot) -> None:
        """It has ended, and with it what was restored from it."""


class Snapshot:
    """Forks environments as a zygote does, once it was taken; lives as long as they."""

    is_snapshot = True

    def __init__(
        self, function: Function, zygote: Zygote, owner: SnapshotOwner, open_api: OpenApi
    ) -> None:
        self.function = function
        self.environment = SnapshotEnvironment(function, 0, zygote, self, open_api, "snap-start")
        """What it is taken of; frozen from then on."""
        self.booted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when it was taken, or will not be."""
        self.problem: str | None = None
        """One sentence: why there is no sandbox for it."""
        self.is_stuck = False
        """Whether it has not forked when it was to."""
        self._zygote = zygote
        self._owner = owner
        self._lines: set[RestoreLine] = set()

    @property
    def interpreter(self) -> Interpreter:
        """What functions run on."""
        return self._zygote.interpreter

    @property
    def runtime_version(self) -> str | None:
        """Such as ``3.13.1``; None until the interpreter has booted."""
        return self._zygote.runtime_version

    @property
    def sandbox(self) -> Sandbox | None:
        """None until the interpreter has booted."""
        return self._zygote.sandbox

    @property
    def can_restore(self) -> bool:
        """Whether it was taken, or may be."""
        lost = (State.RESETTING, State.RESET, State.SHUTTING_DOWN, State.ENDED)
        return not self.is_stuck and self.environment.state not in lost

    def start(self) -> None:
        """Initialises the function."""
        self._owner.emit(events.EnvironmentCreated("snapshot"), self.environment.id)
        self.environment.start()

    def spawn(
        self,
        id: str,
        plan: SandboxPlan,
        control: socket.socket,
        who: Spawned,
        connector_log: int | None = None,
    ) -> None:
        """Restores an init process; ``control`` is its end of the control channel, closed here.

        It has the machine's network.
        """
        assert connector_log is None
        if not self.environment.state.is_warm:
            control.close()
            who.on_spawn_failed(self.problem or "The snapshot is gone.")
            return
        line, theirs = RestoreLine.open(who, self._on_line)
        self._lines.add(line)
        self.environment.init_process.restore(id, plan, [control, theirs])
        control.close()
        theirs.close()

    # What its environment tells ------------------------------------------------------------------

    def network_for(self, _environment: SandboxedEnvironment) -> Network:
        """The machine's: no extension runs in it."""
        return Network()

    def emit(self, record: events.Record, environment: str) -> events.Event:
        """Puts a record of its environment on the stream."""
        return self._owner.emit(record, environment)

    def on_free(self, environment: ExecutionEnvironment) -> None:
        """Its environment is initialised, or could not be."""
        if environment.state is State.IDLE:
            environment.freeze()
            self._tell_booted()
            return
        if not self.booted.done():
            self._owner.on_snapshot_failed(self)
        environment.shut_down("failure")

    def on_gone(self, _environment: ExecutionEnvironment, problem: str | None) -> None:
        """Its environment has ended."""
        self.problem = problem
        self._owner.on_snapshot_gone(self)
        self._tell_booted()

    # Inside --------------------------------------------------------------------------------------

    def _tell_booted(self) -> None:
        if not self.booted.done():
            self.booted.set_result(None)

    def _on_line(self, line: RestoreLine) -> None:
        """A restore is done, or what was restored has ended."""
        if line.is_over:
            self._lines.discard(line)
        if all(one.is_answered for one in self._lines):
            self.environment.init_process.freeze()
