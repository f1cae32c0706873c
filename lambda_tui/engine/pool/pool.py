"""All environments of one function: gives each invocation a warm one, or makes a cold one."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import takewhile

from lambda_tui import limits
from lambda_tui.engine import events
from lambda_tui.engine.environment import ExecutionEnvironment, Replacement, SandboxedEnvironment
from lambda_tui.engine.invocation import Invocation, Payload, Refusal
from lambda_tui.engine.launch import Network
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.pool.concurrency import ACCOUNT_LIMIT, AccountConcurrency
from lambda_tui.engine.pool.creation import Creation
from lambda_tui.engine.pool.free_environments import FreeEnvironments
from lambda_tui.engine.pool.idle_removal import IdleRemoval
from lambda_tui.engine.pool.pool_network import PoolNetwork
from lambda_tui.engine.pool.recent_invocations import RecentInvocations
from lambda_tui.engine.runtime_api import OpenApi
from lambda_tui.engine.snapshots import Snapshots
from lambda_tui.engine.wire import Sandbox, Zygote
from lambda_tui.project.function import Function
from lambda_tui.project.interpreters import Interpreter, version_mismatch
from lambda_tui.project.settings import Settings

Emit = Callable[[events.Event], None]
_TOO_LARGE = Refusal(
    "RequestTooLargeException",
    f"Request must be smaller than {limits.EVENT_BYTES} bytes for the InvokeFunction operation",
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
        self.is_open = True
        """Whether it serves, and may make environments."""
        self._concurrency = concurrency
        self._emit = emit
        self._invocations_made = 0
        self._free = FreeEnvironments(self.environments)
        self._idle_removal = IdleRemoval(self.environments, settings.idle_timeout)
        self._network = PoolNetwork(settings, lambda: self.sandbox, self._warn)
        self._snapshots = Snapshots(self, open_api)
        self._creation = Creation(
            self, settings, self._network, self._snapshots, get_zygote, open_api
        )
        self._reloading: dict[str, Replacement] = {}
        """Why those were made that have not been free yet, by their ids."""
        self._problem: str | None = None

    @property
    def runtime_version(self) -> str | None:
        """Of the interpreter, once it runs."""
        zygote = self._creation.zygote
        return zygote.runtime_version if zygote else None

    @property
    def sandbox(self) -> Sandbox | None:
        """How environments are kept apart, once that is known."""
        zygote = self._creation.zygote
        return zygote.sandbox if zygote else None

    @property
    def version_mismatch(self) -> str | None:
        """One sentence, when the interpreter is not what ``Runtime`` names."""
        version = self.runtime_version
        return None if version is None else version_mismatch(self.function, version)

    @property
    def problem(self) -> str | None:
        """One sentence, when no environment can be made at present."""
        zygote = self._creation.zygote
        return (zygote.problem if zygote else None) or self._problem

    @property
    def running(self) -> int:
        """Invocations under way."""
        return sum(environment.invocation is not None for environment in self.environments)

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
        self._creation.boot()
        self._creation.prepare()

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
        if len(payload) > limits.EVENT_BYTES:
            invocation.refuse(_TOO_LARGE)
            return invocation
        reason = self._concurrency.refusal(self)
        environment = None if reason else self._free.take() or self._creation.create("invocation")
        if environment is None:
            self._throttle(invocation, reason or ACCOUNT_LIMIT)
        else:
            environment.assign(invocation)
        return invocation

    def reinitialise(self, environment: ExecutionEnvironment | None = None) -> None:
        """Replaces an environment, or all; with none there, makes one ahead of need."""
        chosen = [environment] if environment else list(self.environments)
        if not chosen:
            self._creation.create("request")
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
        self._creation.prepare()

    def retire(self) -> None:
        """The function is no more: idle environments end at once, busy ones when they answer."""
        self.is_open = False
        for environment in list(self.environments):
            if environment.invocation is None:
                environment.shut_down("reload")
        self._snapshots.forget()

    def shut_down(self) -> None:
        """Ends every environment; ``environments`` is empty when the last has ended."""
        self.is_open = False
        self._idle_removal.close()
        for environment in list(self.environments):
            environment.shut_down("exit")
        for snapshot in list(self._snapshots.all):
            snapshot.environment.shut_down("exit")

    # What environments tell ----------------------------------------------------------------------

    def network_for(self, environment: SandboxedEnvironment) -> Network:
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
        if not self.is_open:
            environment.shut_down("reload")
            return
        if environment.replacement is not None:
            self._replace(environment, environment.replacement)
            return
        if reload is not None and environment.initialised_at is not None:
            duration_ms = (environment.initialised_at - reload.began) * 1000
            self.emit(events.Reloaded(reload.files, duration_ms), environment.id)
        self._problem = None
        if environment.state is State.IDLE:
            self._free.add(environment)
            environment.freeze_soon()
        if environment.initialization_type != "provisioned-concurrency":
            self._idle_removal.begin(environment)

    def on_gone(self, environment: ExecutionEnvironment, problem: str | None) -> None:
        """An environment has ended; the problem says why it never stood, if that is so."""
        self.environments.remove(environment)
        self._free.discard(environment)
        self._creation.start_waiting()
        if environment.has_initialised and self.is_open:
            self._creation.provision()
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

    def _warn(self, sentence: str) -> None:
        self.emit(events.Notice("warning", sentence))

    def _replace(self, environment: ExecutionEnvironment, replacement: Replacement) -> None:
        """Puts a fresh environment in its place: now, or when it has answered."""
        if environment.invocation is not None:
            environment.replacement = replacement
            return
        if environment.state in (State.SHUTTING_DOWN, State.ENDED):
            return
        is_provisioned = environment.initialization_type == "provisioned-concurrency"
        environment.shut_down(replacement.reason)
        fresh = self._creation.create("provisioned" if is_provisioned else replacement.reason)
        if fresh is not None and replacement.reason == "reload":
            self._reloading[fresh.id] = replacement

    def _throttle(self, invocation: Invocation, reason: str) -> None:
        self.throttles += 1
        payload = {"Reason": reason, "Type": "User", "message": "Rate Exceeded."}
        invocation.finish("throttled", json.dumps(payload).encode())
        self.emit(events.Throttled(invocation.request_id, reason), "")
