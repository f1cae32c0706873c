"""The execution environment: one state machine from the building of its sandbox to its end."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple, Protocol

from lambda_tui.engine.credentials import FunctionCredentials
from lambda_tui.engine.environment.freezer import Freezer
from lambda_tui.engine.environment.hints import full_storage_hint, hint, machine_path_hint
from lambda_tui.engine.environment.init_phase import (
    NO_COLD_START,
    InitPhase,
    imported_modules,
    runtime_version,
)
from lambda_tui.engine.environment.invoke_phase import InvokePhase
from lambda_tui.engine.environment.outcome import Failure, Outcome
from lambda_tui.engine.environment.processes import (
    Built,
    Ending,
    Failed,
    Processes,
    ProcessesEvent,
    Ready,
)
from lambda_tui.engine.environment.usage import Usage
from lambda_tui.engine.event_loop import Deadline
from lambda_tui.engine.events import (
    CreationReason,
    Event,
    ExtensionLog,
    FunctionLog,
    InitializationType,
    PhaseName,
    Record,
    RemovalReason,
    Report,
    ResetReason,
    StateChange,
)
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.launch import (
    Launch,
    Network,
    SandboxPlan,
    log_stream_name,
)
from lambda_tui.engine.lifecycle import TRANSITIONS, WARM, IllegalTransitionError, Phase, State
from lambda_tui.engine.runtime_api import Extensions, OpenApi
from lambda_tui.engine.wire import Ended, ForkServer, Frozen, RuntimeFrame, Started
from lambda_tui.project.code import OutwardLink
from lambda_tui.project.dependencies import missing_module
from lambda_tui.project.function import LATEST, Function
from lambda_tui.project.sdk import missing_package

_FREE = frozenset({State.IDLE, State.FROZEN, State.INITIALISING, State.CREATING, State.RESET})
_SETTLING = frozenset({State.INVOKING, State.RESETTING})


@dataclass(frozen=True, slots=True)
class Replacement:
    """The reason why an environment is replaced by a new one."""

    reason: Literal["reload", "request"]
    files: tuple[str, ...] = ()
    """Changed files, for a reload."""
    began: float = field(default_factory=time.monotonic)
    """Monotonic time at which the change was seen."""


class Partition(NamedTuple):
    """The environments of a function that may serve the same invocations."""

    version: str = LATEST
    tenant_id: str | None = None


class EnvironmentOwner(Protocol):
    """Decides over environments: a function's pool, or its snapshot."""

    @property
    def emit(self) -> Callable[[Event], None]:
        """Puts an event on the stream."""

    def network_for(self, environment: ExecutionEnvironment) -> Network:
        """Return its network, given the environments made before it.

        Raise ``NetworkRefusedError``.
        """

    @property
    def links(self) -> list[OutwardLink]:
        """The links that lead out of the function's files."""

    @property
    def lambda_endpoint(self) -> str | None:
        """Where this machine serves the Lambda API; None where it does not."""

    @property
    def credentials(self) -> FunctionCredentials:
        """The credentials that functions get."""

    @property
    def profiles_init(self) -> bool:
        """Whether it is told what Init phases spend their time on."""

    def on_free(self, environment: ExecutionEnvironment) -> None:
        """Take notice that it has no work."""

    def on_gone(self, environment: ExecutionEnvironment, problem: str | None) -> None:
        """Take notice that it has ended; ``problem`` says why it never worked, if so."""

    def on_missing_package(self, package: str) -> None:
        """Take notice that the function has failed for want of a package or a module."""

    def warn_once(self, sentence: str) -> None:
        """Tell the user one sentence, once between two changes of the function."""


class ExecutionEnvironment:
    """One sandbox with its processes: cold or warm, frozen, reset, and shut down in the end.

    Commands and the events of its processes come in, and each may move it to another state.
    ``_move`` is the only place that does, and puts a record of it on the event stream.
    """

    init_phase: ClassVar[type[InitPhase]] = InitPhase
    """The phase at its beginning and after each reset."""

    def __init__(
        self,
        function: Function,
        number: int,
        fork_server: ForkServer,
        owner: EnvironmentOwner,
        open_api: OpenApi,
        initialization_type: InitializationType = "on-demand",
        tenant_id: str | None = None,
    ) -> None:
        self.function = function
        self.tenant_id = tenant_id
        """The only tenant that it serves, where the function's environments are isolated."""
        self.partition = Partition(function.version, tenant_id)
        self.initialization_type: InitializationType = initialization_type
        self.number = number
        """Counted from 1 within the function: ``#1`` on the screen."""
        self.id = uuid.uuid4().hex
        self.log_stream = log_stream_name(function, self.id)
        self.fork_server = fork_server
        self.state = State.CREATING
        self.created = self.state_since = time.monotonic()
        self._build_began = self.created
        """Monotonic time at which its sandbox could be built."""
        self.invocation: Invocation | None = None
        """The invocation that it serves, or will serve when it is initialised."""
        self.invocations = 0
        """Number of invocations served."""
        self.init = self.init_phase("init", initialization_type)
        """The present Init phase, or the last."""
        self.made_because = ""
        """One clause on why it was made, for the invocation that waits for it."""
        self.initialised_at: float | None = None
        """Monotonic time of its last Init's success; None if that failed."""
        self.replacement: Replacement | None = None
        """Why another takes its place as soon as it has answered."""
        self.removal_at: float | None = None
        """Monotonic time at which it is removed for being idle."""
        self.settling_seconds = 0.0
        """Seconds that passed between its last answer and the moment at which it was free."""
        self.usage = Usage()
        self._owner = owner
        self._emit = owner.emit
        self._processes = Processes(
            function,
            fork_server,
            self.id,
            open_api,
            self.emit,
            self._on_event,
            self._on_log,
            self._on_extension_log,
        )
        self._init_process = self._processes.init_process
        self._freezer = Freezer(self._init_process)
        self._invoke: InvokePhase | None = None
        self._cold_start = NO_COLD_START
        """Durations that no REPORT has told of yet."""
        self._limit = Deadline(self._on_limit)
        self._removal: RemovalReason = "failure"
        self._reset_reason: ResetReason = "failure"
        """Why it was reset the last time."""

    # Views ---------------------------------------------------------------------------------------

    @property
    def pid(self) -> int | None:
        """Process id of its init process in this namespace."""
        return self._init_process.pid

    @property
    def phase(self) -> Phase | None:
        """The AWS phase that it is in; None between phases."""
        return self.state.phase

    @property
    def peak_memory_mb(self) -> float:
        """Most memory that its processes have used since the last Init, extensions included.

        The REPORT rounds it up to its Max Memory Used.
        """
        return max(self._init_process.peak_memory_kb / 1024, self.usage.memory_mb)

    @property
    def tmp_directory(self) -> Path | None:
        """The environment's ``/tmp`` as this process sees it."""
        return self._init_process.tmp

    @property
    def is_isolated(self) -> bool:
        """Whether it has a file system of its own: the sandbox level ``namespaces``."""
        return self._init_process.storage is None

    @property
    def plan(self) -> SandboxPlan | None:
        """The parts of its sandbox; None until that is built."""
        return self._processes.plan

    @property
    def launch(self) -> Launch | None:
        """The programs and variables that it is started with; None while no process runs."""
        return self._processes.launch

    @property
    def extensions(self) -> Extensions:
        """The extensions that run in it."""
        return self._processes.apis.extensions

    @property
    def stale(self) -> bool:
        """Whether it is replaced as soon as it has answered."""
        return self.replacement is not None

    @property
    def removal_reason(self) -> RemovalReason:
        """Why it ends, or why it will have ended if its processes fail."""
        return self._removal

    @property
    def is_free(self) -> bool:
        """Whether it can take an invocation."""
        return self.invocation is None and self.replacement is None and self.state in _FREE

    @property
    def is_settling(self) -> bool:
        """Whether its caller has the answer and it is about to be free, as nothing else is due."""
        if self.replacement is not None or self.state not in _SETTLING:
            return False
        phase = self._invoke
        return self.invocation is None or (phase is not None and phase.outcome is not None)

    # Commands ------------------------------------------------------------------------------------

    def announce(self, reason: CreationReason) -> None:
        """Emit the record of its first state."""
        self.emit(StateChange(self.state, None, reason))

    def start(self) -> None:
        """Build the sandbox as soon as the fork server has booted and credentials are known."""
        self.fork_server.booted.add_done_callback(lambda _: self._build())

    def assign(self, invocation: Invocation) -> None:
        """Serve an invocation, at once or when it is initialised."""
        self.invocation = invocation
        self.removal_at = None
        cold_because = "" if self.state in WARM else self._cold_reason()
        invocation.assign(self.id, self.number, cold_because)
        if self.state is State.RESET:
            self._begin_invoke(invocation)
            self._move(State.INITIALISING)
            self._initialise("invoke")
        elif self.state is State.FROZEN or self.state is State.IDLE:
            self._dispatch(self._begin_invoke(invocation), time.monotonic() - self.state_since)

    def freeze_soon(self) -> None:
        """Freeze it unless work comes first, which then needs no thaw."""
        if self.state is State.IDLE:
            self._freezer.freeze_soon()

    def freeze(self) -> None:
        """Stop every process of an idle environment."""
        if self.state is State.IDLE:
            self._freezer.freeze()

    def thaw(self) -> None:
        """Continue every process of a frozen environment."""
        if self._freezer.is_stopped:
            self._freezer.thaw(time.monotonic() - self.state_since)
        if self.state is State.FROZEN:
            self._move(State.IDLE)

    def kill(self) -> None:
        """Kill the runtime, as a crash would."""
        if self.state in WARM or self.state is State.INITIALISING:
            self._init_process.kill_runtime()

    def replace(self, replacement: Replacement) -> None:
        """Have another take its place as soon as it has answered."""
        self.replacement = replacement

    def remove_at(self, at: float | None) -> None:
        """Note the monotonic time at which it is removed if it stays idle."""
        self.removal_at = at

    def note_usage(self, usage: Usage) -> None:
        """Take a sample of what its processes use."""
        self.usage = usage
        if self.is_isolated or self.state is State.ENDED:
            return
        if usage.tmp_mb > self.function.ephemeral_storage:
            self._owner.warn_once(full_storage_hint(self.function))
        if usage.machine_path:
            self._owner.warn_once(machine_path_hint(self.function, usage.machine_path))

    def shut_down(self, reason: RemovalReason) -> None:
        """End it, extensions after their time. An invocation under way fails."""
        if self.state in (State.SHUTTING_DOWN, State.ENDED):
            return
        self._removal = reason
        self._stop_clocks()
        self._move(State.SHUTTING_DOWN, reason)
        self._processes.shut_down()

    def emit(self, record: Record) -> None:
        """Put a record of this environment on the stream, and pass it to subscribers inside."""
        event = Event(record=record, function=self.function.name, environment=self.id)
        self._emit(event)
        telemetry = self._processes.apis.telemetry
        if telemetry.wants_events:
            telemetry.on_event(event)

    def _cold_reason(self) -> str:
        """Return why an invocation that is assigned to it now waits for an Init."""
        if self.state is not State.RESET:
            return self.made_because or f"env {self.number} was not ready yet"
        if self.init.error_type is not None:
            return f"the Init of env {self.number} had failed"
        return f"env {self.number} was reset after a {self._reset_reason}"

    # State machine -------------------------------------------------------------------------------

    def _move(self, state: State, reason: ResetReason | RemovalReason | None = None) -> None:
        if state not in TRANSITIONS[self.state]:
            raise IllegalTransitionError(f"{self.state} → {state}")
        previous, self.state = self.state, state
        self.state_since = time.monotonic()
        self.emit(StateChange(state, previous, reason))

    def _on_event(self, event: ProcessesEvent) -> None:
        match event:
            case RuntimeFrame(kind="response" | "error" | "fault" | "chunk"):
                self._on_answer(event)
            case RuntimeFrame(kind="next"):
                self._on_next()
            case RuntimeFrame(kind="init_profile"):
                self.init.modules = imported_modules(event.payload)
            case RuntimeFrame():
                self._on_runtime_initialised(event)
            case Ready():
                self._on_ready()
            case Frozen():
                # An invocation may have come in the meantime, and with it a thaw.
                if self.state is State.IDLE and self._freezer.is_stopped:
                    self._move(State.FROZEN)
            case Built():
                self._on_built()
            case Started(at=at):
                self._on_started(at)
            case Ending(failure=failure):
                self._on_ending(failure)
            case Failed(failure=failure):
                self._on_failed(failure)
            case Ended(problem=problem):
                self._on_ended(problem)

    def _on_ready(self) -> None:
        if self.state is State.INITIALISING:
            self._finish_init()
        elif self.state is State.INVOKING:
            self._finish_invoke()

    def _on_limit(self) -> None:
        limit = self.init.limit(self.function.timeout)
        if self._invoke is not None or limit is None:
            limit = self.function.timeout
        self._processes.fail(Failure.timeout(limit))

    def _on_log(self, text: str, level: str | None) -> None:
        """Emit a record of the function's log. A record written in Init has no request id."""
        phase = self._invoke
        is_served = phase is not None and phase.dispatched
        request_id = phase.invocation.request_id if phase and is_served else None
        self.emit(FunctionLog(text, request_id, level))
        self._look_for_hint(text, finds_storage=self._processes.runtime_finds_storage)

    def _on_extension_log(self, line: str, _level: str | None) -> None:
        self.emit(ExtensionLog(line))
        self._look_for_hint(line, finds_storage=False)

    def _look_for_hint(self, text: str, *, finds_storage: bool) -> None:
        has_own_network = self._init_process.network is not None
        version = self.fork_server.runtime_version
        sentence = hint(
            self.function,
            text,
            version,
            has_own_network=has_own_network,
            finds_storage=finds_storage or self.is_isolated,
        )
        if sentence is not None:
            self._owner.warn_once(sentence)

    # Creation ------------------------------------------------------------------------------------

    def _build(self) -> None:
        if self.state is not State.CREATING:
            return
        known = self._owner.credentials.known
        if not known.done():
            known.add_done_callback(lambda _: self._build())
        else:
            self._build_began = time.monotonic()
            # Not before the fork server has booted: only then is it known what the machine gives.
            self._processes.build(lambda: self._plan(self._owner.network_for(self)))

    def _plan(self, network: Network) -> SandboxPlan:
        sdk = self.fork_server.sdk_directory
        return SandboxPlan.of(self.function, network, sdk, self._owner.links)

    def _on_built(self) -> None:
        if self.state is State.CREATING:
            self._initialise("init")

    # Init ----------------------------------------------------------------------------------------

    def _initialise(self, name: PhaseName) -> None:
        self.usage = Usage()
        self.init = self.init_phase(name, self.initialization_type)
        self._processes.start(
            self.log_stream,
            self.initialization_type,
            lambda_endpoint=self._owner.lambda_endpoint,
            credentials=self._owner.credentials.current,
            profiles_init=self._owner.profiles_init,
        )

    def _on_started(self, at: float) -> None:
        if self.state is State.CREATING:
            self._move(State.INITIALISING)
        if self.state is not State.INITIALISING:
            return
        self.init.begin(at)
        version = runtime_version(self.function, self.fork_server.runtime_version)
        self.emit(self.init.start_record(version, self.function, self.log_stream))
        limit = self.init.limit(self.function.timeout)
        if limit is not None:
            self._limit.set(limit)

    def _on_runtime_initialised(self, frame: RuntimeFrame) -> None:
        self.init.note_runtime(frame)

    def _finish_init(self) -> None:
        self._init_process.drain_logs()
        at = time.monotonic() if self._processes.apis.has_extensions else self.init.runtime_ready
        self._end_init(lambda: self.init.succeed(at))
        self.initialised_at = at
        self._processes.apis.telemetry.close_registration()
        if self._invoke is None:
            self._limit.clear()
            self._cold_start = self.init.cold_start()
        if self.invocation is None:
            self._move(State.IDLE)
            self._owner.on_free(self)
        else:
            self._dispatch(self._invoke or self._begin_invoke(self.invocation), 0.0)

    def _fail_init(self, failure: Failure) -> None:
        """End Init by a failure. An invocation that waits for it repeats it."""
        request_id = self.invocation.request_id if self.invocation else ""
        self._end_init(lambda: self.init.fail(failure, request_id))
        self.initialised_at = None
        if self._invoke is not None:
            # Init was part of this invocation, which starts, for the log, when it is over.
            self.emit(self._invoke.start_record())

    def _end_init(self, end: Callable[[], tuple[Record, Record]]) -> None:
        apis, started = self._processes.apis, self._processes.runtime_started
        if apis.has_extensions:
            self.init.runtime_started = started
        runtime_done, report = end()
        if started is not None:
            self.emit(runtime_done)
        if apis.has_extensions:
            for extension in apis.extensions:
                self.emit(extension.status_record())
        if self._owner.profiles_init:
            self.emit(self.init.profile(self.created, self._build_began, apis.extensions))
        self.emit(report)

    # Invoke --------------------------------------------------------------------------------------

    def _begin_invoke(self, invocation: Invocation) -> InvokePhase:
        function, qualifier = self.function, invocation.qualifier
        arn = f"{function.arn}:{qualifier}" if qualifier else function.arn
        phase = self._invoke = InvokePhase(invocation, function, arn, self._cold_start)
        self._cold_start = NO_COLD_START
        self._limit.set(function.timeout)
        return phase

    def _dispatch(self, phase: InvokePhase, idle_seconds: float) -> None:
        self._freezer.thaw(idle_seconds)
        # First of all: the runtime must not wait for the listeners of the records.
        self._processes.invoke(phase)
        phase.invocation.begin()
        self._move(State.INVOKING)
        self.emit(phase.start_record())

    def _on_answer(self, frame: RuntimeFrame) -> None:
        """Pass an answer, or a part of it, to the caller; ignore one that comes too late."""
        phase = self._invoke
        if self.state is not State.INVOKING or phase is None or phase.outcome is not None:
            return
        if frame.request_id != phase.invocation.request_id:
            return
        if frame.kind == "chunk":
            phase.note_part()
            phase.invocation.add_part(frame.payload, frame.content_type)
            return
        outcome = phase.answer(frame)
        # The caller waits for this; everything else can come after it.
        phase.invocation.answer(outcome.status, outcome.payload, is_truncated=outcome.is_truncated)
        if outcome.status == "error":
            self._look_for_remedies(outcome.payload)
        self._init_process.note_runtime_memory(frame.peak_memory_kb)
        if frame.machine_path:
            self._owner.warn_once(machine_path_hint(self.function, frame.machine_path))
        # Whatever was logged until the answer belongs to this invocation.
        self._init_process.drain_logs()
        if frame.is_done:
            self._finish_runtime(phase, outcome)

    def _on_next(self) -> None:
        phase = self._invoke
        # Whatever was logged after the answer belongs to this invocation too.
        self._init_process.drain_logs()
        if phase is not None and phase.outcome is not None:
            self._finish_runtime(phase, phase.outcome)

    def _finish_runtime(self, phase: InvokePhase, outcome: Outcome) -> None:
        self.emit(phase.runtime_done_record(outcome, time.monotonic()))
        self._processes.finish_runtime()

    def _finish_invoke(self) -> None:
        phase = self._invoke
        if phase is None or phase.outcome is None:
            return
        at = time.monotonic()
        self._limit.clear()
        self.settling_seconds = at - (phase.answered or at)
        if self._processes.apis.has_extensions:
            self._init_process.drain_logs()
        report = self._report(phase, phase.outcome, at)
        # Before the caller learns of the end: it may invoke again at once.
        self._move(State.IDLE)
        phase.invocation.finish(phase.outcome.status, phase.outcome.payload, report)
        self._owner.on_free(self)

    def _end_runtime(self, phase: InvokePhase, outcome: Outcome, at: float) -> None:
        """Emit the end of the runtime's part, unless it came before the failure."""
        if phase.runtime_done is None:
            self.emit(phase.runtime_done_record(outcome, at))

    def _report(self, phase: InvokePhase, outcome: Outcome, at: float) -> Report:
        """End the phase, and emit its REPORT."""
        has_extensions = self._processes.apis.has_extensions
        report = phase.report(outcome, at, self.peak_memory_mb, has_extensions=has_extensions)
        self.invocation = self._invoke = None
        self.invocations += 1
        self.emit(report)
        return report

    # Failure and end -----------------------------------------------------------------------------

    def _stop_clocks(self) -> None:
        self._limit.clear()
        # Processes that end must not stand still.
        self._freezer.release()

    def _on_ending(self, failure: Failure) -> None:
        self._stop_clocks()
        self._move(State.RESETTING, _reset_reason(failure))
        # Extensions that subscribed learn of the failure before their SHUTDOWN.
        self._tell_failure(failure)

    def _on_failed(self, failure: Failure) -> None:
        """Go on without processes; the next invocation, or the one that waits, repeats Init."""
        if self.state in (State.SHUTTING_DOWN, State.ENDED, State.RESET):
            return
        self._stop_clocks()
        self._tell_failure(failure)
        if (phase := self._invoke) is not None:
            outcome = Outcome.of_failure(failure, phase.invocation.request_id)
            report = self._report(phase, outcome, failure.at)
            phase.invocation.finish(outcome.status, outcome.payload, report)
        self._processes.forget()
        self._reset_reason = _reset_reason(failure)
        self._move(State.RESET, self._reset_reason)
        if self.invocation is not None:
            self.assign(self.invocation)
        else:
            self._owner.on_free(self)

    def _tell_failure(self, failure: Failure) -> None:
        """Emit how Init or the runtime's part of an invocation has failed."""
        self._init_process.drain_logs()
        if not self.init.is_over:
            self._fail_init(failure)
            if failure.posted is not None:
                self._look_for_remedies(failure.posted)
        if (phase := self._invoke) is not None:
            invocation = phase.invocation
            if failure.is_runtime_exit and phase.is_answering:
                # The caller sees the answer break off; the records tell why.
                broken_off = Outcome.of_truncated_response(invocation.request_id)
                invocation.answer(broken_off.status, broken_off.payload, is_truncated=True)
            outcome = Outcome.of_failure(failure, invocation.request_id)
            self._end_runtime(phase, outcome, failure.at)

    def _look_for_remedies(self, payload: bytes) -> None:
        """Tell of a package, or of variables, for want of which the function may have failed."""
        package = missing_package(self.function, payload) or missing_module(payload)
        if package is not None:
            self._owner.on_missing_package(package)
        for sentence in self.function.missed_variables(payload):
            self._owner.warn_once(sentence)

    def _on_ended(self, problem: str | None) -> None:
        self._limit.close()
        self._freezer.close()
        self._processes.close()
        outcome = Outcome.of_removal(problem or "The environment was shut down.")
        if (phase := self._invoke) is not None:
            if not phase.dispatched and phase.runtime_done is None:
                self.emit(phase.start_record())
            at = time.monotonic()
            self._end_runtime(phase, outcome, at)
            report = self._report(phase, outcome, at)
            phase.invocation.finish(outcome.status, outcome.payload, report)
        elif self.invocation is not None:
            # No phase has begun that a report could be about.
            self.invocation.finish("error", outcome.payload)
            self.invocation = None
        self._move(State.ENDED, self._removal)
        self._owner.on_gone(self, problem)
        # A snapshot and its environment would keep each other.
        del self._owner


def _reset_reason(failure: Failure) -> ResetReason:
    return "timeout" if failure.is_timeout else "failure"
