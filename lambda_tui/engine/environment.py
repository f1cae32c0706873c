"""The execution environment: one state machine from its sandbox being built to its end."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from lambda_tui.engine import events
from lambda_tui.engine.cold_start import REPORTED
from lambda_tui.engine.deadline import Deadline
from lambda_tui.engine.environment_api import OpenApi
from lambda_tui.engine.environment_owner import EnvironmentOwner, Replacement
from lambda_tui.engine.extensions import Extensions
from lambda_tui.engine.init_attempt import InitAttempt, runtime_version
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.invoke_attempt import InvokeAttempt
from lambda_tui.engine.lifecycle import Phase, State, check_transition
from lambda_tui.engine.loss import Loss, timeout
from lambda_tui.engine.network import Network, NetworkRefusedError
from lambda_tui.engine.outcome import Outcome, gone_outcome, handler_outcome, lost_outcome
from lambda_tui.engine.processes import Processes
from lambda_tui.engine.runtime_frame import RuntimeFrame
from lambda_tui.engine.sandbox_plan import SandboxPlan
from lambda_tui.engine.usage import Usage
from lambda_tui.engine.variables import log_stream_name
from lambda_tui.engine.zygote import ForkServer
from lambda_tui.project.function import Function

FREEZE_DELAY = 0.001
"""Seconds for which an environment that has answered may be given the next invocation unfrozen."""
DENSE_FREEZE_DELAY = 0.02
"""The same for one that was given its last invocation within this time: the next is not far."""
_FREE = (State.IDLE, State.FROZEN, State.INITIALISING, State.CREATING, State.RESET)


class ExecutionEnvironment:
    """One sandbox with its processes: what is cold, warm, frozen, reset and shut down."""

    def __init__(
        self,
        function: Function,
        number: int,
        zygote: ForkServer,
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
        self.state = State.CREATING
        self.created = self.state_since = time.monotonic()
        self.invocation: Invocation | None = None
        self.invocations = 0
        """Served so far."""
        self.init_duration_ms: float | None = None
        self.init_error: str | None = None
        """The error type of the last init, when it failed."""
        self.replacement: Replacement | None = None
        """Why another is to take its place as soon as it has answered."""
        self.usage = Usage()
        self.removal_at: float | None = None
        """Monotonic time at which an idle one is removed; the pool sets it."""
        self._zygote = zygote
        self._owner = owner
        self._init_attempt = self._attempt("init")
        self._invoke_attempt: InvokeAttempt | None = None
        self._cold_start = REPORTED
        self._limit = Deadline(self._pass_limit)
        self._pause = Deadline(self.freeze)
        self._freeze_delay = FREEZE_DELAY
        self._is_stopped = False
        self._removal: events.RemovalReason = "failure"
        self._processes = Processes(function, zygote, self, open_api, self.id)
        self._init = self._processes.init

    # What others may ask for -----------------------------------------------------------------

    @property
    def pid(self) -> int | None:
        """The init process, as seen from here."""
        return self._init.pid

    @property
    def phase(self) -> Phase | None:
        """The AWS phase that it is in; None between phases."""
        return self.state.phase

    @property
    def fork_server(self) -> ForkServer:
        """What it was, or will be, forked from."""
        return self._zygote

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

    @property
    def has_initialised(self) -> bool:
        """Whether its last Init was a success."""
        return self.init_duration_ms is not None and self.init_error is None

    def start(self) -> None:
        """Builds the sandbox and initialises the function."""
        self._zygote.booted.add_done_callback(lambda _: self._spawn())

    def assign(self, invocation: Invocation) -> None:
        """Gives it an invocation, to serve at once or when it is initialised."""
        self._pause.clear()
        is_dense = time.monotonic() - self.state_since < DENSE_FREEZE_DELAY
        self._freeze_delay = DENSE_FREEZE_DELAY if is_dense else FREEZE_DELAY
        self.invocation = invocation
        self.removal_at = None
        invocation.environment = self
        invocation.cold_start = not self.state.is_warm
        if self.state is State.RESET:
            self._begin_invoke(invocation)
            self._move(State.INITIALISING)
            self._initialise("invoke")
        elif self.state in (State.IDLE, State.FROZEN):
            self._dispatch(self._begin_invoke(invocation))

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

    def shut_down(self, reason: events.RemovalReason) -> None:
        """Ends it for good, extensions after their time; an invocation under way fails."""
        if self.state in (State.SHUTTING_DOWN, State.ENDED):
            return
        self._removal = reason
        self._limit.clear()
        self._pause.clear()
        self._move(State.SHUTTING_DOWN)
        self._is_stopped = False
        self._processes.shut_down()

    # What its processes say --------------------------------------------------------------------

    def on_started(self, at: float) -> None:
        """The Init phase begins."""
        if self.state is State.CREATING:
            self._move(State.INITIALISING)
        if self.state is not State.INITIALISING:
            return
        self._init_attempt.begin(at)
        version = runtime_version(self.function, self._zygote.runtime_version)
        self.emit(self._init_attempt.start_record(version, self.function, self.log_stream))
        limit = self._init_attempt.limit(self.function.timeout)
        if limit is not None:
            self._limit.set(limit)

    def on_runtime_initialised(self, frame: RuntimeFrame) -> None:
        """The runtime tells when it began to import the function, and when it was ready."""
        self._init_attempt.function_init_at = frame.function_init_at or None
        self._init_attempt.ready_at = frame.at

    def on_ready(self) -> None:
        """Runtime and extensions have nothing more to do with what they were given."""
        if self.state is State.INITIALISING:
            self._finish_init()
        elif self.state is State.INVOKING:
            self._finish_invoke()

    def on_ending(self) -> None:
        """Extensions are told of the reset to come."""
        self._limit.clear()
        self._pause.clear()
        self._is_stopped = False
        self._move(State.RESETTING)
        # They hear of the runtime's end first.
        attempt, why = self._invoke_attempt, self._processes.loss
        if why is not None and attempt is not None and self._init_attempt.is_over:
            self._init.drain_logs()
            outcome = lost_outcome(why, attempt.invocation.request_id)
            self._end_runtime(attempt, outcome, why.at)

    def on_lost(self, why: Loss) -> None:
        """No process is left: what was under way has failed, and the next begins with an Init."""
        if self.state in (State.SHUTTING_DOWN, State.ENDED, State.RESET):
            return
        self._init.drain_logs()
        self._limit.clear()
        self._pause.clear()
        if not self._init_attempt.is_over:
            self._fail_init(why)
        elif self._invoke_attempt is not None:
            request_id = self._invoke_attempt.invocation.request_id
            self._give_up(self._invoke_attempt, lost_outcome(why, request_id), why.at)
        self._is_stopped = False
        self._processes.forget()
        self._move(State.RESET)
        self.emit(events.EnvironmentReset("timeout" if why.is_timeout else "failure"))
        if self.invocation is not None:
            self.assign(self.invocation)
        else:
            self._owner.on_free(self)

    def on_frozen(self) -> None:
        """Every process is stopped, unless work has come in the meantime."""
        if self.state is State.IDLE and self._is_stopped:
            self._move(State.FROZEN)
            self.emit(events.EnvironmentFrozen())

    def on_log(self, text: str) -> None:
        """One record that the function wrote; what it writes in Init is of no invocation."""
        attempt = self._invoke_attempt
        is_served = attempt is not None and attempt.is_released
        request_id = attempt.invocation.request_id if attempt and is_served else None
        self.emit(events.FunctionLog(text, request_id))

    def on_extension_log(self, text: str) -> None:
        """One line that an extension wrote."""
        self.emit(events.ExtensionLog(text))

    def on_ended(self, problem: str | None) -> None:
        """It is gone, and its ``/tmp`` with it."""
        self._limit.close()
        self._pause.close()
        self._processes.close()
        self._move(State.ENDED)
        outcome = gone_outcome(problem or "The environment was shut down.")
        if self._invoke_attempt is not None:
            if self._invoke_attempt.invocation.status == "pending":
                self.emit(self._invoke_attempt.start())
            self._give_up(self._invoke_attempt, outcome, time.monotonic())
        elif self.invocation is not None:
            # Nothing was begun that a report could be about.
            self.invocation.finish("error", outcome.payload)
            self.invocation = None
        self.emit(events.EnvironmentRemoved(self._removal))
        self._owner.on_gone(self, problem)

    # Init ----------------------------------------------------------------------------------------

    def _spawn(self) -> None:
        if self.state is not State.CREATING:
            return
        try:
            # It is known by now what the machine gives.
            plan = self._plan(self._owner.network_for(self))
        except NetworkRefusedError as refusal:
            return self._init.give_up(str(refusal))
        self._init.spawn(self._zygote, plan)
        if self._init.network is not None:
            self._processes.enter_network(self._init.network, self._begin)
        elif self._zygote.sandbox is not None:
            self._initialise("init")

    def _begin(self) -> None:
        """Its own network is ready."""
        if self.state is State.CREATING:
            self._initialise("init")

    def _plan(self, network: Network) -> SandboxPlan:
        return SandboxPlan.of(self.function, network)

    def _attempt(self, phase: events.InitPhase) -> InitAttempt:
        return InitAttempt(phase, self.initialization_type)

    def _initialise(self, phase: events.InitPhase) -> None:
        self._init_attempt = self._attempt(phase)
        self._is_stopped = False
        self.usage = Usage()
        self._processes.start(self.log_stream, self.initialization_type)

    def _finish_init(self) -> None:
        self._init.drain_logs()
        self.init_error = None
        at = time.monotonic() if self.extensions else self._init_attempt.ready_at
        self._report_init("success", at, None)
        self._processes.finish_init()
        self._move(State.IDLE)
        if self._invoke_attempt is None:
            self._limit.clear()
            self._cold_start = self._init_attempt.cold_start()
        if self.invocation is None:
            self._owner.on_free(self)
            return
        self._dispatch(self._invoke_attempt or self._begin_invoke(self.invocation))

    def _report_init(self, status: events.Status, at: float, error_type: str | None) -> None:
        self._init_attempt.is_over = True
        if self.extensions:
            self._init_attempt.runtime_init_at = self._processes.runtime_started_at
        self.init_duration_ms = self._init_attempt.reported_ms = self._init_attempt.duration_ms(at)
        done, report = self._init_attempt.end_records(status, at, error_type)
        if self._processes.runtime_started_at is not None:
            self.emit(done)
        for extension in self.extensions:
            self.emit(extension.status_record())
        self.emit(report)

    def _fail_init(self, why: Loss) -> None:
        """Init has failed: it is tried again inside the invocation that waits, if one does."""
        request_id = self.invocation.request_id if self.invocation else ""
        outcome = lost_outcome(why, request_id)
        posted = why.error_type if why.posted is not None else None
        self.init_error = posted or outcome.error_type or why.error_type
        error_type = outcome.error_type or "Runtime.Unknown"
        self._report_init(outcome.record_status, why.at, error_type)
        if self._invoke_attempt is not None:
            self.emit(self._invoke_attempt.start())
            self._give_up(self._invoke_attempt, outcome, why.at)

    # Invoke --------------------------------------------------------------------------------------

    def _begin_invoke(self, invocation: Invocation) -> InvokeAttempt:
        attempt = InvokeAttempt(invocation, self.function, self._cold_start)
        self._invoke_attempt = attempt
        self._cold_start = REPORTED
        self._limit.set(self.function.timeout)
        return attempt

    def _dispatch(self, attempt: InvokeAttempt) -> None:
        self.thaw()
        self._move(State.INVOKING)
        attempt.invocation.status = "running"
        # Told behind it, so that the runtime does not wait for those who listen.
        self._processes.invoke(attempt)
        self.emit(attempt.start())

    def on_answer(self, frame: RuntimeFrame) -> None:
        """The caller has its answer at once, or a part of it; what comes too late is for nobody."""
        attempt = self._invoke_attempt
        if self.state is not State.INVOKING or attempt is None or attempt.outcome is not None:
            return
        if frame.request_id != attempt.invocation.request_id:
            return
        if frame.kind == "chunk":
            attempt.note_part()
            attempt.invocation.add_part(frame.payload, frame.content_type)
            return
        outcome = handler_outcome(frame)
        attempt.note_answer(outcome)
        attempt.invocation.answer(outcome.status, outcome.payload)
        self._init.drain_logs()
        self._processes.on_memory(frame.peak_memory_kb)
        if self._init.runtime_is_done_by_answering and frame.is_done:
            self._finish_runtime(attempt, outcome)

    def on_runtime_done(self) -> None:
        """What it still wrote after its answer belongs to the invocation."""
        self._init.drain_logs()
        attempt = self._invoke_attempt
        if attempt is not None and attempt.outcome is not None:
            self._finish_runtime(attempt, attempt.outcome)

    def _finish_runtime(self, attempt: InvokeAttempt, outcome: Outcome) -> None:
        self.emit(attempt.runtime_done(outcome, time.monotonic()))
        self._processes.finish_runtime()

    def _finish_invoke(self) -> None:
        attempt = self._invoke_attempt
        if attempt is None or attempt.outcome is None:
            return
        at = time.monotonic()
        self._limit.clear()
        if self.extensions:
            self._init.drain_logs()
        self._move(State.IDLE)
        self._report(attempt, attempt.outcome, at)
        self._owner.on_free(self)

    def _give_up(self, attempt: InvokeAttempt, outcome: Outcome, at: float) -> None:
        """An invocation ends with its processes, at a monotonic time."""
        self._end_runtime(attempt, outcome, at)
        self._report(attempt, outcome, at)

    def _end_runtime(self, attempt: InvokeAttempt, outcome: Outcome, at: float) -> None:
        if attempt.runtime_done_at is None:
            self.emit(attempt.runtime_done(outcome, at))

    def _report(self, attempt: InvokeAttempt, outcome: Outcome, at: float) -> None:
        """Tells the record and the caller how it ended."""
        memory_used_mb = max(self._processes.peak_memory_kb / 1024, self.usage.memory_mb)
        has_extensions = len(self.extensions) > 0
        report = attempt.report(outcome, at, memory_used_mb, has_extensions=has_extensions)
        self.invocation = self._invoke_attempt = None
        self.invocations += 1
        self.emit(report)
        attempt.invocation.finish(outcome.status, outcome.payload, report)

    # Both ----------------------------------------------------------------------------------------

    def _pass_limit(self) -> None:
        limit = self._init_attempt.limit(self.function.timeout)
        if self._invoke_attempt is not None or limit is None:
            limit = self.function.timeout
        self._processes.lose(timeout(limit))

    def _move(self, state: State) -> None:
        check_transition(self.state, state)
        self.state = state
        self.state_since = time.monotonic()

    def emit(self, record: events.Record) -> None:
        """Puts a record of the environment on the stream."""
        self._processes.telemetry.note(self._owner.emit(record, self.id))
