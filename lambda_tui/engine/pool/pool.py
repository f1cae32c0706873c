"""All environments of one function: each invocation gets a warm one, or a new one is made."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from itertools import takewhile

from lambda_tui import limits
from lambda_tui.engine.credentials import FunctionCredentials
from lambda_tui.engine.environment import (
    ExecutionEnvironment,
    Outcome,
    Partition,
    Replacement,
)
from lambda_tui.engine.event_loop import report_defect
from lambda_tui.engine.events import (
    CreationReason,
    EnvironmentStale,
    Event,
    InitializationType,
    InvocationAccepted,
    Notice,
    Record,
    Reloaded,
    Throttled,
    changed_files,
)
from lambda_tui.engine.invocation import (
    COMMAND,
    Caller,
    Invocation,
    Payload,
    RecentInvocations,
    Refusal,
)
from lambda_tui.engine.launch import (
    Network,
    NetworkPolicy,
    is_snapshot_taken_of,
)
from lambda_tui.engine.lifecycle import WARM, State
from lambda_tui.engine.pool.cold_start import Departure, made_because
from lambda_tui.engine.pool.idle_removal import IdleRemoval
from lambda_tui.engine.pool.waiting_line import WaitingLine, partition_of
from lambda_tui.engine.runtime_api import OpenApi
from lambda_tui.engine.snapshots import RestoredEnvironment, Snapshots
from lambda_tui.engine.wire import Sandbox, Zygote
from lambda_tui.project.code import OutwardLink, OutwardLinks
from lambda_tui.project.dependencies import SyncedPackages
from lambda_tui.project.function import LATEST, Function
from lambda_tui.project.interpreters import Interpreter, version_mismatch
from lambda_tui.project.settings import PROJECT_FILE, Settings

ACCOUNT_LIMIT = "ConcurrentInvocationLimitExceeded"
RESERVED_LIMIT = "ReservedFunctionConcurrentInvocationLimitExceeded"
SETTLING_SECONDS = 0.25
"""Seconds for which an invocation waits for an environment that has answered to be free.

Runtimes and extensions take from 0.1 ms to 5 ms, and a loop of ``curl`` in a shell 40 ms.
"""

# Which environment serves an invocation that finds no warm one: the furthest on its way.
_PREFERENCE = {State.INITIALISING: 2, State.CREATING: 1, State.RESET: 0}
_TOO_LARGE = Refusal(
    "RequestTooLargeException",
    f"Request must be smaller than {limits.EVENT_BYTES} bytes for the InvokeFunction operation",
)


_TENANT_MISSING = Refusal(
    "InvalidParameterValueException",
    "The invoked function is enabled with tenancy configuration. "
    "Add a valid tenant ID in your request and try again.",
)
_TENANT_UNEXPECTED = Refusal(
    "InvalidParameterValueException",
    "The invoked function is not enabled with tenancy configuration. "
    "Remove the tenant ID from your request and try again.",
)


class Account:
    """The account, which all functions of a project share: concurrency, credentials, Lambda API."""

    def __init__(self, concurrency: int, credentials: FunctionCredentials) -> None:
        self.pools: dict[str, Pool] = {}
        """By the name of their function."""
        self.concurrency = concurrency
        self.credentials = credentials
        self.lambda_endpoint: str | None = None
        """The URL at which this machine serves the Lambda API; None while it does not."""

    def throttling_reason(self, pool: Pool) -> str | None:
        """Return AWS's ``Reason`` for throttling one more invocation; None lets it run."""
        reserved = pool.function.reserved_concurrency
        if reserved is not None:
            return RESERVED_LIMIT if pool.running >= reserved else None
        unreserved, environments, left = [], 0, self.concurrency
        for one in self.pools.values():
            reserved = one.function.reserved_concurrency
            if reserved is None:
                unreserved.append(one)
                environments += len(one.environments)
            else:
                left -= reserved
        # An environment serves one invocation. Counting them is quick, and mostly enough.
        if environments < left:
            return None
        return ACCOUNT_LIMIT if sum(one.running for one in unreserved) >= left else None


class Pool:
    """A function's environments, oldest first, and its recent invocations."""

    def __init__(
        self,
        function: Function,
        interpreter: Interpreter,
        settings: Settings,
        get_zygote: Callable[[Interpreter], Zygote],
        account: Account,
        emit: Callable[[Event], None],
        open_api: OpenApi,
        on_missing_package: Callable[[Pool, str], None],
        links: OutwardLinks,
        packages: SyncedPackages,
        *,
        profiles_init: bool,
    ) -> None:
        """``on_missing_package`` is called with a package or module that the function lacks.

        With ``profiles_init`` it is told what Init phases spend their time on.
        """
        self.function = function
        self.interpreter = interpreter
        self.environments: list[ExecutionEnvironment] = []
        self.invocations = RecentInvocations()
        self.throttles = 0
        """Number of invocations that were throttled."""
        self.is_open = True
        """Whether it serves invocations and may make environments."""
        self.emit = emit
        """Puts an event on the stream."""
        self.profiles_init = profiles_init
        self._settings = settings
        self._get_zygote = get_zygote
        self._account = account
        self._open_api = open_api
        self._zygote: Zygote | None = None
        """None until it is first needed."""
        self._invocations_made = 0
        self._environments_made = 0
        self._versions: dict[str, Function] = {}
        """The configuration of each version."""
        self._complete: dict[str, Function] = {}
        """The configurations that environments were made of, with their packages, by version."""
        self._read_versions()
        self._warm: dict[Partition, dict[ExecutionEnvironment, None]] = {}
        """In the order of their last use. Some may have work again, or be gone."""
        self._blocked: list[ExecutionEnvironment] = []
        """New ones that cannot start before those that are ending have gone."""
        self._line = WaitingLine(self._place_late)
        self._idle_removal = IdleRemoval(self.environments, settings.idle_timeout)
        self._network = self._make_network_policy()
        self._links = links
        self._packages = packages
        self._snapshots = Snapshots(
            self.environments,
            emit,
            open_api,
            self._links_of,
            self._on_problem,
            self.on_missing_package,
            self.warn_once,
            account.credentials,
            profiles_init=profiles_init,
        )
        self._on_missing_package = on_missing_package
        self._missing: set[str] = set()
        """The packages and modules whose absence was told."""
        self._warned: set[str] = set()
        """The sentences that are told once."""
        self._reloading: dict[str, Replacement] = {}
        """By the id of an environment that replaces another and has not been free yet."""
        self._problem: str | None = None
        self._gone: Departure | None = None
        """The environment that ended last."""

    # Views ---------------------------------------------------------------------------------------

    @property
    def runtime_version(self) -> str | None:
        """Version of the interpreter, once it runs."""
        return self._zygote.runtime_version if self._zygote else None

    @property
    def sandbox(self) -> Sandbox | None:
        """How environments are kept apart, once that is known."""
        return self._zygote.sandbox if self._zygote else None

    @property
    def version_mismatch(self) -> str | None:
        """One sentence, if the interpreter is not the one that ``Runtime`` names."""
        version = self.runtime_version
        return None if version is None else version_mismatch(self.function, version)

    @property
    def problem(self) -> str | None:
        """One sentence, if no environment can be made at present."""
        return (self._zygote.problem if self._zygote else None) or self._problem

    @property
    def running(self) -> int:
        """Number of invocations under way."""
        return sum(environment.invocation is not None for environment in self.environments)

    @property
    def snapshot(self) -> ExecutionEnvironment | None:
        """The environment of which the function's snapshot is taken, or was."""
        return next((current.environment for current in self._snapshots.current), None)

    @property
    def links(self) -> list[OutwardLink]:
        """The links that lead out of the function's files, and are followed."""
        return self._links_of(self.function)

    @property
    def synced_function(self) -> Function:
        """The function with the packages that are installed for it by now."""
        return self._packages.complete(self.function, self.interpreter)

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it runs any more."""
        return not self.environments and not self._snapshots.all

    def ran_at(self, moment: float) -> bool:
        """Return whether one of its environments, or a snapshot, ran at a moment just gone."""
        found = (*self.environments, *(one.environment for one in self._snapshots.current))
        return any(
            one.created <= moment and (one.state is not State.FROZEN or moment <= one.state_since)
            for one in found
        )

    # Commands ------------------------------------------------------------------------------------

    def warm_up(self) -> None:
        """Start the interpreter, provisioned environments and the snapshot."""
        self._boot()
        self._prepare()

    async def boot(self) -> Zygote:
        """Return the zygote of the interpreter, once it has booted or cannot."""
        zygote = self._boot()
        await zygote.booted
        return zygote

    def invoke(
        self,
        payload: Payload,
        caller: Caller = COMMAND,
        *,
        request_id: str | None = None,
        client_context: str | None = None,
        qualifier: str | None = None,
        tenant_id: str | None = None,
        trace_header: str | None = None,
        on_part: Callable[[bytes], None] | None = None,
    ) -> Invocation:
        """Start and return an invocation, which tells of its outcome, good or bad.

        ``on_part`` receives the parts of a response that the function streams, as they arrive.
        """
        self._invocations_made += 1
        version = LATEST if qualifier is None else self.function.resolve(qualifier)
        partition = Partition(version or LATEST, tenant_id)
        invocation = Invocation(
            self.function.name,
            self._invocations_made,
            payload,
            caller=caller,
            request_id=request_id,
            client_context=client_context,
            qualifier=qualifier,
            version=partition.version,
            tenant_id=tenant_id,
            trace_header=trace_header,
            tracing=self.function.tracing,
            on_part=on_part,
        )
        self.invocations.add(invocation)
        self.tell(
            InvocationAccepted(
                invocation.request_id, invocation.number, caller.name, caller.attempt
            )
        )
        refusal = self._refusal(version, qualifier, tenant_id)
        if refusal is not None or len(payload) > limits.EVENT_BYTES:
            invocation.refuse(refusal or _TOO_LARGE)
            return invocation
        reason = self._account.throttling_reason(self)
        environment = None if reason else self._take_free(partition)
        if environment is None:
            self._place(invocation, partition, reason)
        else:
            environment.assign(invocation)
        return invocation

    def refusal(self, qualifier: str | None, tenant_id: str | None) -> Refusal | None:
        """Return why the service accepts no invocation of a qualifier for a tenant, if so."""
        return self._refusal(self.function.resolve(qualifier), qualifier, tenant_id)

    def reinitialise(self, environment: ExecutionEnvironment | None = None) -> None:
        """Replace an environment, or all of them; if there is none, make one."""
        chosen = [environment] if environment else list(self.environments)
        if not chosen and not self.function.is_tenant_isolated:
            version = self.function.resolve(self.function.event_qualifier) or LATEST
            self._create("request", Partition(version))
        for one in chosen:
            self._replace(one, Replacement("request"))

    def change(
        self, function: Function, files: tuple[str, ...], interpreter: Interpreter | None = None
    ) -> None:
        """Replace every environment: files or the configuration of the function have changed."""
        self._links.note_change(function, files)
        self.function = function
        self._read_versions()
        self.interpreter = interpreter or self.interpreter
        self._problem = None
        self._missing.clear()
        self._warned.clear()
        self._network.forget()
        self._snapshots.forget()
        reload = Replacement("reload", files)
        for environment in list(self.environments):
            environment.emit(EnvironmentStale(files))
            self._replace(environment, reload)
        self._prepare()

    def describe(self, function: Function) -> None:
        """Take what no environment depends on: the function's line, description and triggers."""
        self.function = function
        self._read_versions()

    def configure(self, settings: Settings) -> None:
        """Go by other settings from now on."""
        has_other_network = settings.network_of(self.function.name) != self._settings.network_of(
            self.function.name
        )
        self._settings = settings
        self._idle_removal.set_timeout(settings.idle_timeout)
        if has_other_network:
            self._network = self._make_network_policy()
            self.change(self.function, (PROJECT_FILE,))

    def retire(self) -> None:
        """End the pool of a function that is no more: environments end when they have answered."""
        self.is_open = False
        for environment in list(self.environments):
            if environment.invocation is None:
                environment.shut_down("reload")
        self._snapshots.forget()

    def shut_down(self) -> None:
        """End every environment; ``has_ended`` tells when the last has gone."""
        self.is_open = False
        self._idle_removal.close()
        for invocation in self._line.take_all():
            outcome = Outcome.of_removal("The environment was shut down.")
            invocation.finish(outcome.status, outcome.payload)
        for environment in list(self.environments):
            environment.shut_down("exit")
        self._snapshots.shut_down()

    def tell(self, record: Record) -> None:
        """Put a record about the function, not about one of its environments, on the stream."""
        self.emit(Event(record=record, function=self.function.name))

    @property
    def lambda_endpoint(self) -> str | None:
        """Where this machine serves the Lambda API; None where it does not."""
        return self._account.lambda_endpoint

    @property
    def credentials(self) -> FunctionCredentials:
        """The credentials that its environments get."""
        return self._account.credentials

    # Events of environments ----------------------------------------------------------------------

    def network_for(self, environment: ExecutionEnvironment) -> Network:
        """Return its network, given the environments made before it.

        Raise ``NetworkRefusedError``.
        """
        older = takewhile(lambda one: one is not environment, self.environments)
        return self._network.network(environment.function, has_others=any(map(_is_live, older)))

    def on_free(self, environment: ExecutionEnvironment) -> None:
        """Replace an environment without work, or freeze it and plan its removal."""
        if environment.invocation is not None:
            # Whoever received the answer has invoked again in that moment.
            return
        reload = self._reloading.pop(environment.id, None)
        waiting = self._line.waiting(environment.partition)
        if not self.is_open and not waiting:
            environment.shut_down("reload")
            return
        if environment.replacement is not None:
            self._replace(environment, environment.replacement)
            self._place_all_waiting()
            return
        if reload is not None and environment.initialised_at is not None:
            duration_ms = (environment.initialised_at - reload.began) * 1000
            environment.emit(Reloaded(reload.files, duration_ms))
        self._problem = None
        if waiting:
            environment.assign(self._line.take(waiting[0]))
            return
        if environment.state is State.IDLE:
            # The last one used is the next one taken: the others can become idle and go.
            warm = self._warm.setdefault(environment.partition, {})
            warm.pop(environment, None)
            warm[environment] = None
            environment.freeze_soon()
        if environment.initialization_type != "provisioned-concurrency":
            self._idle_removal.plan(environment)

    def on_gone(self, environment: ExecutionEnvironment, problem: str | None) -> None:
        """Take notice that an environment has ended; ``problem`` says why it never worked."""
        self.environments.remove(environment)
        self._gone = Departure.of(environment)
        self._forget_warm(environment)
        blocked, self._blocked = self._blocked, []
        for one in blocked:
            self._start(one)
        if environment.initialised_at is not None and self.is_open:
            self._provision()
        self._reloading.pop(environment.id, None)
        self._snapshots.end_unused("reload")
        if problem is not None:
            self._on_problem(problem)
        self._place_all_waiting()

    def on_missing_package(self, package: str) -> None:
        """Take notice, once between two changes, that the function lacks a package."""
        if package not in self._missing:
            self._missing.add(package)
            self._on_missing_package(self, package)

    def warn_once(self, sentence: str) -> None:
        """Tell the user one sentence, once between two changes."""
        if sentence not in self._warned:
            self._warned.add(sentence)
            self._warn(sentence)

    # Assignment ----------------------------------------------------------------------------------

    def _refusal(
        self, version: str | None, qualifier: str | None, tenant_id: str | None
    ) -> Refusal | None:
        if version is None:
            message = f"Function not found: {self.function.arn}:{qualifier}"
            return Refusal("ResourceNotFoundException", message)
        if (tenant_id is None) is self.function.is_tenant_isolated:
            return _TENANT_MISSING if tenant_id is None else _TENANT_UNEXPECTED
        return None

    def _place(self, invocation: Invocation, partition: Partition, reason: str | None) -> None:
        """Have an invocation wait for an environment that has answered, or make one for it.

        Whoever calls one after the other may be back before the runtime has asked for more, or
        before an extension has: on AWS the way of a request takes longer than the former.
        """
        if not self._line_up(invocation, partition):
            self._place_anew(invocation, partition, reason)

    def _line_up(self, invocation: Invocation, partition: Partition) -> bool:
        """Have an invocation wait, and return True, if an environment is about to be free for it.

        Where another can be made, one does not count that took long the last time.
        """
        settling = [
            one for one in self.environments if one.is_settling and one.partition == partition
        ]
        if not settling:
            return False
        limit = SETTLING_SECONDS if self._has_room() else None
        if limit is not None:
            settling = [one for one in settling if one.settling_seconds < limit]
        if len(settling) <= len(self._line.waiting(partition)):
            return False
        self._line.add(invocation, limit)
        return True

    def _place_anew(self, invocation: Invocation, partition: Partition, reason: str | None) -> None:
        environment = (
            None if reason else self._take_free(partition) or self._create("invocation", partition)
        )
        if environment is None:
            self._throttle(invocation, reason or ACCOUNT_LIMIT)
        else:
            environment.assign(invocation)

    def _place_late(self, invocation: Invocation) -> None:
        """Place one for which no environment has become free in time."""
        reason = self._account.throttling_reason(self)
        self._place_anew(invocation, partition_of(invocation), reason)

    def _place_all_waiting(self) -> None:
        """Place those that wait anew: an environment that they may have waited for has gone."""
        for invocation in self._line.take_all():
            partition = partition_of(invocation)
            environment = self._take_free(partition)
            if environment is None:
                reason = self._account.throttling_reason(self)
                self._place(invocation, partition, reason)
            else:
                environment.assign(invocation)

    def _has_room(self) -> bool:
        """Return whether this machine can give the function an environment beside the others."""
        live = sum(map(_is_live, self.environments))
        is_below_maximum = live < self._settings.maximum_environments
        return is_below_maximum and not self._network.must_wait(self.function)

    def _take_free(self, partition: Partition) -> ExecutionEnvironment | None:
        """Return the warm environment that was used last, or else the best that is not warm yet."""
        warm = self._warm.get(partition)
        while warm:
            environment, _ = warm.popitem()
            if environment.state in WARM and environment.is_free:
                return environment
        free = [one for one in self.environments if one.is_free and one.partition == partition]
        return max(free, key=_preference, default=None)

    def _forget_warm(self, environment: ExecutionEnvironment) -> None:
        warm = self._warm.get(environment.partition, {})
        warm.pop(environment, None)
        if not warm:
            # Tenants come and go.
            self._warm.pop(environment.partition, None)

    def _throttle(self, invocation: Invocation, reason: str) -> None:
        self.throttles += 1
        payload = {"Reason": reason, "Type": "User", "message": "Rate Exceeded."}
        invocation.finish("throttled", json.dumps(payload).encode())
        self.tell(Throttled(invocation.request_id, reason))

    # Creation ------------------------------------------------------------------------------------

    def _boot(self) -> Zygote:
        """Return the running zygote of the interpreter."""
        zygote = self._zygote
        if zygote is None or zygote.problem or zygote.interpreter != self.interpreter:
            zygote = self._zygote = self._get_zygote(self.interpreter)
        return zygote

    def _prepare(self) -> None:
        """Make what the function has ahead of invocations: its snapshot, provisioned ones."""
        for function in self._versions.values():
            if self.is_open and is_snapshot_taken_of(function):
                zygote = self._boot()
                try:
                    self._snapshots.take(self._with_packages(function), zygote)
                except Exception as error:
                    self._tell_impossible(error)
        self._provision()

    def _provision(self) -> None:
        """Complete the number of provisioned environments of each version."""
        for version in self.function.published:
            partition = Partition(version.number)
            provisioned = sum(
                _is_provisioned(one) and one.partition == partition for one in self.environments
            )
            for _ in range(version.provisioned_concurrency - provisioned):
                self._create("provisioned", partition)

    def _create(self, reason: CreationReason, partition: Partition) -> ExecutionEnvironment | None:
        """Return a new environment; None if the function may have no more."""
        function = self._versions.get(partition.version)
        if not self.is_open or function is None:
            return None
        live = sum(map(_is_live, self.environments))
        most = self._settings.maximum_environments
        if live >= most or (live > 0 and self._network.must_wait(function)):
            live -= self._remove_unsuitable(partition)
        if live >= most or not self._network.allows_another(function, has_others=live > 0):
            return None
        try:
            environment = self._make(reason, self._with_packages(function), partition)
        except Exception as error:
            # Whatever it is, the invocation that it is for must not wait for ever.
            self._tell_impossible(error)
            return None
        environment.made_because = made_because(reason, partition, self.environments, self._gone)
        self._environments_made += 1
        self.environments.append(environment)
        environment.announce(reason)
        self._start(environment)
        return environment

    def _remove_unsuitable(self, partition: Partition) -> int:
        """Remove the idle environment that was used the longest ago, if it is of another partition.

        Here their number is limited, not only that of invocations under way. Return how many are
        removed.
        """
        unsuitable = [
            one
            for one in self.environments
            if one.state in WARM
            and one.is_free
            and one.partition != partition
            and not _is_provisioned(one)
        ]
        oldest = min(unsuitable, key=lambda one: one.state_since, default=None)
        if oldest is None:
            return 0
        oldest.shut_down("idle")
        return 1

    def _make(
        self, reason: CreationReason, function: Function, partition: Partition
    ) -> ExecutionEnvironment:
        """Return an environment of the kind that the reason and the function ask for.

        Raise ``OSError`` where the machine is short of descriptors or memory.
        """
        zygote, number = self._boot(), self._environments_made + 1
        if reason != "provisioned" and is_snapshot_taken_of(function):
            snapshot = self._snapshots.take(function, zygote)
            return RestoredEnvironment(
                function, number, snapshot, self, self._open_api, snapshot.note_stuck
            )
        kind: InitializationType = (
            "provisioned-concurrency" if reason == "provisioned" else "on-demand"
        )
        return ExecutionEnvironment(
            function, number, zygote, self, self._open_api, kind, partition.tenant_id
        )

    def _start(self, environment: ExecutionEnvironment) -> None:
        """Start it, now or when those have gone beside which it cannot exist."""
        is_any_ending = not all(map(_is_live, self.environments))
        if is_any_ending and self._network.must_wait(environment.function):
            self._blocked.append(environment)
        else:
            environment.start()

    def _replace(self, environment: ExecutionEnvironment, replacement: Replacement) -> None:
        """Put a new environment in its place, now or when it has answered."""
        if environment.invocation is not None:
            environment.replace(replacement)
            return
        if environment.state in (State.SHUTTING_DOWN, State.ENDED):
            return
        is_provisioned = environment.initialization_type == "provisioned-concurrency"
        environment.shut_down(replacement.reason)
        reason: CreationReason = "provisioned" if is_provisioned else replacement.reason
        fresh = self._create(reason, environment.partition)
        if fresh is not None and replacement.reason == "reload":
            fresh.made_because = f"{changed_files(replacement.files)} changed"
            self._reloading[fresh.id] = replacement

    def _with_packages(self, function: Function) -> Function:
        """Return a version of the function with its packages, looked for after each change."""
        known = self._complete.get(function.version)
        if known is None:
            known = self._packages.complete(function, self.interpreter)
            self._complete[function.version] = known
        return known

    def _make_network_policy(self) -> NetworkPolicy:
        choice = self._settings.network_of(self.function.name)
        return NetworkPolicy(choice, self._has_namespaces, self._warn)

    def _read_versions(self) -> None:
        self._complete.clear()
        self._versions = {version: self.function.at(version) for version in self.function.versions}

    # Problems ------------------------------------------------------------------------------------

    def _on_problem(self, problem: str) -> None:
        """Tell once why no environment can be made."""
        if problem != self._problem:
            self._problem = problem
            self.tell(Notice("error", problem))

    def _tell_impossible(self, error: Exception) -> None:
        if isinstance(error, OSError):
            self.tell(Notice("error", f"No environment can be made: {error.strerror or error}."))
        else:
            report_defect(error, "An environment could not be made.")

    def _has_namespaces(self) -> bool:
        if self.sandbox is not None:
            return self.sandbox.level == "namespaces"
        # Unknown before the zygote has booted.
        return self._settings.sandbox != "processes" and sys.platform.startswith("linux")

    def _links_of(self, function: Function) -> list[OutwardLink]:
        return self._links.of(function, self._warn)

    def _warn(self, sentence: str) -> None:
        self.tell(Notice("warning", sentence))


def _preference(environment: ExecutionEnvironment) -> tuple[int, float]:
    return _PREFERENCE.get(environment.state, 3), environment.state_since


def _is_live(environment: ExecutionEnvironment) -> bool:
    return environment.state is not State.SHUTTING_DOWN


def _is_provisioned(environment: ExecutionEnvironment) -> bool:
    is_live = environment.state not in (State.SHUTTING_DOWN, State.ENDED)
    return is_live and environment.initialization_type == "provisioned-concurrency"
