"""How environments come to be: for an invocation, ahead of one, and from a snapshot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from lambda_tui.engine import events
from lambda_tui.engine.environment import EnvironmentOwner, ExecutionEnvironment
from lambda_tui.engine.launch import is_snapshot_taken_of
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool.pool_network import PoolNetwork
from lambda_tui.engine.runtime_api import OpenApi
from lambda_tui.engine.snapshots import RestoredEnvironment, Snapshots
from lambda_tui.engine.wire import Zygote
from lambda_tui.project.function import Function
from lambda_tui.project.interpreters import Interpreter
from lambda_tui.project.settings import Settings


class CreationOwner(EnvironmentOwner, Protocol):
    """What making environments needs of their pool, which owns them."""

    function: Function
    interpreter: Interpreter
    environments: list[ExecutionEnvironment]
    """Oldest first: a new one is put at the end."""
    is_open: bool
    """Whether more may be made."""


class Creation:
    """Makes as many as the settings and the network allow, and starts each when it can be."""

    def __init__(
        self,
        owner: CreationOwner,
        settings: Settings,
        network: PoolNetwork,
        snapshots: Snapshots,
        get_zygote: Callable[[Interpreter], Zygote],
        open_api: OpenApi,
    ) -> None:
        self.zygote: Zygote | None = None
        """That of the interpreter; None until it is started."""
        self._owner = owner
        self._settings = settings
        self._network = network
        self._snapshots = snapshots
        self._get_zygote = get_zygote
        self._open_api = open_api
        self._made = 0
        self._waiting: list[ExecutionEnvironment] = []
        """For those that are ending, beside which they cannot be."""

    def boot(self) -> Zygote:
        """Starts the function's interpreter, unless it runs."""
        self.zygote = self._get_zygote(self._owner.interpreter)
        return self.zygote

    def prepare(self) -> None:
        """Makes ahead of invocations what the function has for them."""
        if self._owner.is_open and is_snapshot_taken_of(self._owner.function):
            self._take_snapshot()
        self.provision()

    def provision(self) -> None:
        """Makes up the provisioned environments to their number."""
        provisioned = [one for one in self._owner.environments if _is_provisioned(one)]
        for _ in range(self._owner.function.provisioned_concurrency - len(provisioned)):
            self.create("provisioned")

    def create(self, reason: events.CreationReason) -> ExecutionEnvironment | None:
        """A new environment; None when the function has all that it may have."""
        environments = self._owner.environments
        live = [one for one in environments if one.state is not State.SHUTTING_DOWN]
        if not self._owner.is_open or len(live) >= self._settings.maximum_environments:
            return None
        if not self._network.allows_another(environments, self._owner.function):
            return None
        try:
            environment = self._make(reason)
        except OSError as error:
            self._tell_impossible(error)
            return None
        self._made += 1
        environments.append(environment)
        self._owner.emit(events.EnvironmentCreated(reason), environment.id)
        self._start(environment)
        return environment

    def start_waiting(self) -> None:
        """One has gone: starts those that had to wait for it."""
        waiting, self._waiting = self._waiting, []
        for environment in waiting:
            self._start(environment)

    def _start(self, environment: ExecutionEnvironment) -> None:
        """Starts it now, or when those have gone beside which it cannot be."""
        if self._network.must_wait(self._owner.environments, environment):
            self._waiting.append(environment)
        else:
            environment.start()

    def _make(self, reason: events.CreationReason) -> ExecutionEnvironment:
        """Raises ``OSError`` where the machine has not the means."""
        owner, open_api, number = self._owner, self._open_api, self._made + 1
        function, zygote = owner.function, self.boot()
        if reason == "provisioned":
            kind: events.InitializationType = "provisioned-concurrency"
            return ExecutionEnvironment(function, number, zygote, owner, open_api, kind)
        if is_snapshot_taken_of(function):
            snapshot = self._snapshots.take(function, zygote)
            return RestoredEnvironment(function, number, snapshot, owner, open_api, "snap-start")
        return ExecutionEnvironment(function, number, zygote, owner, open_api)

    def _take_snapshot(self) -> None:
        zygote = self.boot()
        try:
            self._snapshots.take(self._owner.function, zygote)
        except OSError as error:
            self._tell_impossible(error)

    def _tell_impossible(self, error: OSError) -> None:
        problem = f"No environment can be made: {error.strerror}."
        self._owner.emit(events.Notice("error", problem), "")


def _is_provisioned(environment: ExecutionEnvironment) -> bool:
    is_live = environment.state not in (State.SHUTTING_DOWN, State.ENDED)
    return is_live and environment.initialization_type == "provisioned-concurrency"
