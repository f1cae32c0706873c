"""What an environment is, and its sandbox: how that is built, and stands still when idle."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from lambda_tui.engine import events
from lambda_tui.engine.deadline import Deadline
from lambda_tui.engine.environment.environment_owner import EnvironmentOwner, Replacement
from lambda_tui.engine.environment.processes import Processes
from lambda_tui.engine.environment.processes_owner import ProcessesOwner
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.launch import Network, NetworkRefusedError, SandboxPlan, log_stream_name
from lambda_tui.engine.lifecycle import Phase, State, check_transition
from lambda_tui.engine.runtime_api import Extensions, OpenApi
from lambda_tui.engine.usage import Usage
from lambda_tui.engine.wire import ForkServer
from lambda_tui.project.function import Function

FREEZE_DELAY = 0.001
"""Seconds for which an environment that has answered may be given the next invocation unfrozen."""
DENSE_FREEZE_DELAY = 0.02
"""The same for one that was given its last invocation within this time: the next is not far."""
_FREE = (State.IDLE, State.FROZEN, State.INITIALISING, State.CREATING, State.RESET)


class SandboxedEnvironment(ProcessesOwner):
    """What an environment is between two steps: sandbox, processes, state, whom it serves.

    The steps are left to what derives from it, but for the build, freeze and thaw.
    """

    def __init__(
        self,
        function: Function,
        number: int,
        fork_server: ForkServer,
        owner: EnvironmentOwner,
        open_api: OpenApi,
        initialization_type: events.InitializationType = "on-demand",
    ) -> None:
        self.function = function
        self.initialization_type = initialization_type
        self.number = number
        """Counted from 1 within the function: ``#1`` on the screen."""
        self.id = uuid.uuid4().hex
        self.log_stream = log_stream_name(function, self.id)
        self.fork_server = fork_server
        """What it was, or will be, forked from."""
        self.state = State.CREATING
        self.created = self.state_since = time.monotonic()
        self.invocation: Invocation | None = None
        self.invocations = 0
        """Served so far."""
        self.replacement: Replacement | None = None
        """Why another is to take its place as soon as it has answered."""
        self.usage = Usage()
        self.removal_at: float | None = None
        """Monotonic time at which an idle one is removed; the pool sets it."""
        self._owner = owner
        self._pause = Deadline(self.freeze)
        self._freeze_delay = FREEZE_DELAY
        self._is_stopped = False
        self._processes = Processes(function, fork_server, self, open_api, self.id)
        self._init = self._processes.init

    @property
    def pid(self) -> int | None:
        """The init process, as seen from here."""
        return self._init.pid

    @property
    def phase(self) -> Phase | None:
        """The AWS phase that it is in; None between phases."""
        return self.state.phase

    @property
    def tmp_directory(self) -> Path | None:
        """The environment's ``/tmp`` as seen from here."""
        return self._init.tmp_seen_from_here

    @property
    def extensions(self) -> Extensions:
        """Those that run in it."""
        return self._processes.extensions

    @property
    def stale(self) -> bool:
        """Whether it is to be replaced as soon as it has answered."""
        return self.replacement is not None

    @property
    def is_free(self) -> bool:
        """Whether it can take an invocation."""
        return self.invocation is None and self.replacement is None and self.state in _FREE

    @property
    def is_isolated(self) -> bool:
        """Whether it has a file system of its own: the sandbox level ``namespaces``."""
        return self._init.tmp is None

    def start(self) -> None:
        """Builds the sandbox, as soon as there is what it is forked from."""
        self.fork_server.booted.add_done_callback(lambda _: self._build())

    def freeze_soon(self) -> None:
        """Freezes it unless work comes before, which then needs no thaw."""
        if self.state is State.IDLE:
            self._pause.set(self._freeze_delay)

    def freeze(self) -> None:
        """Stops every process of an idle environment."""
        if self.state is State.IDLE and not self._is_stopped:
            self._is_stopped = True
            self._init.freeze()

    def thaw(self) -> None:
        """Lets a frozen environment's processes run on."""
        if self._is_stopped:
            self._is_stopped = False
            self._init.thaw()
        if self.state is State.FROZEN:
            self._move(State.IDLE)
            self.emit(events.EnvironmentThawed())

    def kill(self) -> None:
        """Kills the runtime, as a crash would."""
        if self.state in (State.INITIALISING, State.IDLE, State.INVOKING, State.FROZEN):
            self._init.kill_runtime()

    def on_frozen(self) -> None:
        """Every process is stopped, unless work has come in the meantime."""
        if self.state is State.IDLE and self._is_stopped:
            self._move(State.FROZEN)
            self.emit(events.EnvironmentFrozen())

    def on_extension_log(self, text: str) -> None:
        """One line that an extension wrote."""
        self.emit(events.ExtensionLog(text))

    def emit(self, record: events.Record) -> None:
        """Puts a record of the environment on the stream."""
        self._processes.telemetry.note(self._owner.emit(record, self.id))

    def _build(self) -> None:
        if self.state is not State.CREATING:
            return
        try:
            # It is known by now what the machine gives.
            plan = self._plan(self._owner.network_for(self))
        except NetworkRefusedError as refusal:
            self._init.give_up(str(refusal))
        else:
            self._processes.build(plan)

    def _plan(self, network: Network) -> SandboxPlan:
        return SandboxPlan.of(self.function, network)

    def _end_pause(self) -> None:
        """What runs in it is to end, and so must not stand still."""
        self._pause.clear()
        self._is_stopped = False

    def _move(self, state: State) -> None:
        check_transition(self.state, state)
        self.state = state
        self.state_since = time.monotonic()
