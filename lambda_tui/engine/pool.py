"""All environments of one function: gives each invocation a warm one, or makes a cold one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from itertools import takewhile

from lambda_tui.engine import events
from lambda_tui.engine.concurrency import ACCOUNT_LIMIT, AccountConcurrency
from lambda_tui.engine.environment import ExecutionEnvironment
from lambda_tui.engine.environment_api import OpenApi
from lambda_tui.engine.environment_owner import Replacement
from lambda_tui.engine.idle_removal import IdleRemoval
from lambda_tui.engine.invocation import Invocation, Payload, Refusal
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.network import Network
from lambda_tui.engine.pool_network import PoolNetwork
from lambda_tui.engine.recent_invocations import RecentInvocations
from lambda_tui.engine.restored_environment import RestoredEnvironment
from lambda_tui.engine.runtime_start import is_snapshot_taken_of
from lambda_tui.engine.snapshots import Snapshots
from lambda_tui.engine.zygote import Sandbox, Zygote
from lambda_tui.project.function import Function
from lambda_tui.project.interpreter import Interpreter, version_mismatch
from lambda_tui.project.settings import Settings

_RANKS = {State.IDLE: 3, State.FROZEN: 3, State.INITIALISING: 2, State.CREATING: 1, State.RESET: 0}

Emit = Callable[[events.Event], None]
MAXIMUM_REQUEST = 6_291_456
"""Bytes of an event: 6 MiB."""
_TOO_LARGE = Refusal(
    "RequestTooLargeException",
    f"Request must be smaller than {MAXIMUM_REQUEST} bytes for the InvokeFunction operation",
)


class Pool:
    """A function's environments, oldest first, and its recent invocations."""

    def __init__(
        self,
        function: Function,
        interpreter: Interpreter,
        settings: Settings,
        get_zygote: Callable[[Interpreter], Zygote],
        concurrency: AccountConcurrency,
        emit: Emit,
        open_api: OpenApi,
    ) -> None:
        self.function = function
        self.interpreter = interpreter
        self.environments: list[ExecutionEnvironment] = []
        self.invocations = RecentInvocations()
        self.throttles = 0
        self._settings = settings
        self._get_zygote = get_zygote
        self._concurrency = concurrency
        self._zygote: Zygote | None = None
        self._emit = emit
        self._open_api = open_api
        self._environments_made = 0
        self._invocations_made = 0
        self._reloading: dict[str, Replacement] = {}
        self._rested: dict[ExecutionEnvironment, None] = {}
        """Warm ones, the most recently used last; some may have work again, or be gone."""
        self._idle_removal = IdleRemoval(self.environments, settings.idle_timeout)
        self._network = PoolNetwork(settings, lambda: self.sandbox, self._warn)
        self._waiting: list[ExecutionEnvironment] = []
        """For those that are ending, beside which they cannot be."""
        self._problem: str | None = None
        self._is_open = True
        self._snapshots = Snapshots(self, open_api)

    @property
    def runtime_version(self) -> str | None:
        """Of the interpreter, once it runs."""
        return self._zygote.runtime_version if self._zygote else None

    @property
    def sandbox(self) -> Sandbox | None:
        """How environments are kept apart, once that is known."""
        return self._zygote.sandbox if self._zygote else None

    @property
    def version_mismatch(self) -> str | None:
        """One sentence, when the interpreter is not what ``Runtime`` names."""
        if self.runtime_version is None:
            return None
        return version_mismatch(self.function, self.runtime_version)

    @property
    def problem(self) -> str | None:
        """One sentence, when no environment can be made at present."""
        return (self._zygote.problem if self._zygote else None) or self._problem

    @property
    def reserved_concurrency(self) -> int | None:
        """What the function reserves of the account's concurrency."""
        return self.function.reserved_concurrency

    @property
    def running(self) -> int:
        """Invocations under way."""
        return sum(environment.invocation is not None for environment in self.environments)

    @property
    def most_running(self) -> int:
        """A bound of ``running``: an environment serves one invocation at a time."""
        return len(self.environments)

    @property
    def snapshot(self) -> ExecutionEnvironment | None:
        """The environment that the function's snapshot is taken of, or was."""
        current = self._snapshots.current
        return current.environment if current is not None else None

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it runs any more."""
        return not self.environments and not self._snapshots.all

    def warm_up(self) -> None:
        """Starts the interpreter, provisioned environments, the snapshot: ahead of invocations."""
        self._zygote = self._get_zygote(self.interpreter)
        self._prepare()

    def invoke(
        self,
        payload: Payload,
        *,
        request_id: str | None = None,
        client_context: str | None = None,
        qualifier: str | None = None,
        trace_header: str | None = None,
        on_part: Callable[[bytes], None] | None = None,
    ) -> Invocation:
        """Starts an invocation; its outcome, good or bad, is in what is returned.

        ``on_part`` takes the parts of a response that the function streams, as they come.
        """
        self._invocations_made += 1
        invocation = Invocation(
            self.function.name,
            self._invocations_made,
            payload,
            request_id=request_id,
            client_context=client_context,
            qualifier=qualifier,
            trace_header=trace_header,
            is_streamed=on_part is not None,
        )
        invocation.on_part = on_part
        self.invocations.add(invocation)
        if len(payload) > MAXIMUM_REQUEST:
            invocation.refuse(_TOO_LARGE)
            return invocation
        reason = self._concurrency.refusal(self)
        environment = None if reason else self._choose() or self._create("invocation")
        if environment is None:
            self._throttle(invocation, reason or ACCOUNT_LIMIT)
        else:
            environment.assign(invocation)
        return invocation

    def reinitialise(self, environment: ExecutionEnvironment | None = None) -> None:
        """Replaces an environment, or all; with none there, makes one ahead of need."""
        chosen = [environment] if environment else list(self.environments)
        if not chosen:
            self._create("request")
        for one in chosen:
            self._replace(one, Replacement("request"))

    def change(
        self, function: Function, files: tuple[str, ...], interpreter: Interpreter | None = None
    ) -> None:
        """Files or the configuration changed: no environment of before serves again."""
        self.function = function
        self.interpreter = interpreter or self.interpreter
        self._problem = None
        self._network.forget()
        self._snapshots.forget()
        reload = Replacement("reload", files)
        for environment in list(self.environments):
            self.emit(events.EnvironmentStale(files), environment.id)
            self._replace(environment, reload)
        self._prepare()

    def retire(self) -> None:
        """The function is no more: idle environments end at once, busy ones when they answer."""
        self._is_open = False
        for environment in list(self.environments):
            if environment.invocation is None:
                environment.shut_down("reload")
        self._snapshots.forget()

    def shut_down(self) -> None:
        """Ends every environment; ``environments`` is empty when the last has ended."""
        self._is_open = False
        self._idle_removal.close()
        for environment in list(self.environments):
            environment.shut_down("exit")
        for snapshot in list(self._snapshots.all):
            snapshot.environment.shut_down("exit")

    # What environments tell ----------------------------------------------------------------------

    def network_for(self, environment: ExecutionEnvironment) -> Network:
        """What it has of the network beside those made before it.

        Raises ``NetworkRefusedError``.
        """
        older = takewhile(lambda one: one is not environment, self.environments)
        return self._network.beside(older, environment.function)

    def emit(self, record: events.Record, environment: str = "") -> events.Event:
        """Puts a record on the stream, mostly an environment's."""
        event = events.Event(record=record, function=self.function.name, environment=environment)
        self._emit(event)
        return event

    def on_free(self, environment: ExecutionEnvironment) -> None:
        """An environment has nothing to do: it is replaced, or frozen and its removal noted."""
        reload = self._reloading.pop(environment.id, None)
        if not self._is_open:
            environment.shut_down("reload")
            return
        if environment.replacement is not None:
            self._replace(environment, environment.replacement)
            return
        if reload is not None:
            duration_ms = (time.monotonic() - reload.began) * 1000
            self.emit(events.Reloaded(reload.files, duration_ms), environment.id)
        self._problem = None
        self._rest(environment)
        if environment.initialization_type != "provisioned-concurrency":
            self._idle_removal.begin(environment)

    def on_gone(self, environment: ExecutionEnvironment, problem: str | None) -> None:
        """An environment has ended; the problem says why it never stood, if that is so."""
        self.environments.remove(environment)
        self._rested.pop(environment, None)
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            self._start(one)
        if environment.has_initialised and self._is_open:
            self._provision()
        self._reloading.pop(environment.id, None)
        self._snapshots.end_unused("reload")
        if problem is not None:
            self.on_problem(problem)

    def on_problem(self, problem: str) -> None:
        """No environment can be made, for this reason; it is told once."""
        if problem != self._problem:
            self._problem = problem
            self.emit(events.Notice("error", problem), "")

    # Inside --------------------------------------------------------------------------------------

    def _choose(self) -> ExecutionEnvironment | None:
        """The best free one: warm and most recently used first, then one that initialises."""
        while self._rested:
            environment, _ = self._rested.popitem()
            if environment.is_free and environment.state.is_warm:
                return environment
        free = [environment for environment in self.environments if environment.is_free]
        return max(free, key=_preference, default=None)

    def _rest(self, environment: ExecutionEnvironment) -> None:
        """It is frozen soon, and the first to be given work."""
        if environment.state is State.IDLE:
            self._rested.pop(environment, None)
            self._rested[environment] = None
            environment.freeze_soon()

    def _prepare(self) -> None:
        """Makes ahead of invocations what the function has for them."""
        if self._is_open and is_snapshot_taken_of(self.function):
            self._take_snapshot()
        self._provision()

    def _provision(self) -> None:
        """Makes up the provisioned environments to their number."""
        provisioned = [one for one in self.environments if _is_provisioned(one)]
        for _ in range(self.function.provisioned_concurrency - len(provisioned)):
            self._create("provisioned")

    def _create(self, reason: events.CreationReason) -> ExecutionEnvironment | None:
        """A new environment; None when the function has all that it may have."""
        live = [one for one in self.environments if one.state is not State.SHUTTING_DOWN]
        if not self._is_open or len(live) >= self._settings.maximum_environments:
            return None
        if not self._network.allows_another(self.environments, self.function):
            return None
        try:
            environment = self._make_environment(reason)
        except OSError as error:
            self._tell_impossible(error)
            return None
        self._environments_made += 1
        self.environments.append(environment)
        self.emit(events.EnvironmentCreated(reason), environment.id)
        self._start(environment)
        return environment

    def _start(self, environment: ExecutionEnvironment) -> None:
        """Starts it now, or when those have gone beside which it cannot be."""
        if self._network.must_wait(self.environments, environment):
            self._waiting.append(environment)
        else:
            environment.start()

    def _warn(self, sentence: str) -> None:
        self.emit(events.Notice("warning", sentence))

    def _make_environment(self, reason: events.CreationReason) -> ExecutionEnvironment:
        """Raises ``OSError`` where the machine has not the means."""
        self._zygote = self._get_zygote(self.interpreter)
        number = self._environments_made + 1
        function, open_api = self.function, self._open_api
        if reason == "provisioned":
            kind: events.InitializationType = "provisioned-concurrency"
            return ExecutionEnvironment(function, number, self._zygote, self, open_api, kind)
        if is_snapshot_taken_of(function):
            snapshot = self._snapshots.take(function, self._zygote)
            return RestoredEnvironment(function, number, snapshot, self, open_api, "snap-start")
        return ExecutionEnvironment(function, number, self._zygote, self, open_api)

    def _take_snapshot(self) -> None:
        self._zygote = self._get_zygote(self.interpreter)
        try:
            self._snapshots.take(self.function, self._zygote)
        except OSError as error:
            self._tell_impossible(error)

    def _tell_impossible(self, error: OSError) -> None:
        problem = f"No environment can be made: {error.strerror}."
        self.emit(events.Notice("error", problem), "")

    def _replace(self, environment: ExecutionEnvironment, replacement: Replacement) -> None:
        """Puts a fresh environment in its place: now, or when it has answered."""
        if environment.invocation is not None:
            environment.replacement = replacement
            return
        if environment.state in (State.SHUTTING_DOWN, State.ENDED):
            return
        is_provisioned = environment.initialization_type == "provisioned-concurrency"
        environment.shut_down(replacement.reason)
        fresh = self._create("provisioned" if is_provisioned else replacement.reason)
        if fresh is not None and replacement.reason == "reload":
            self._reloading[fresh.id] = replacement

    def _throttle(self, invocation: Invocation, reason: str) -> None:
        self.throttles += 1
        payload = {"Reason": reason, "Type": "User", "message": "Rate Exceeded."}
        invocation.finish("throttled", json.dumps(payload).encode())
        self.emit(events.Throttled(invocation.request_id, reason), "")


def _is_provisioned(environment: ExecutionEnvironment) -> bool:
    is_live = environment.state not in (State.SHUTTING_DOWN, State.ENDED)
    return is_live and environment.initialization_type == "provisioned-concurrency"


def _preference(environment: ExecutionEnvironment) -> tuple[int, float]:
    return _RANKS[environment.state], environment.state_since
