"""The execution environment: one state machine from its sandbox being built to its end."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from lambda_tui.engine import events
from lambda_tui.engine.deadline import Deadline
from lambda_tui.engine.environment_owner import EnvironmentOwner, Replacement
from lambda_tui.engine.init_attempt import InitAttempt, InitFailure
from lambda_tui.engine.init_process import InitProcess, RuntimeEnd
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.invoke_attempt import InvokeAttempt
from lambda_tui.engine.lifecycle import State, check_transition
from lambda_tui.engine.outcome import (
    Outcome,
    gone_outcome,
    handler_outcome,
    init_outcome,
    lost_outcome,
)
from lambda_tui.engine.runtime_frame import RuntimeFrame
from lambda_tui.engine.usage import Usage
from lambda_tui.engine.variables import log_stream_name
from lambda_tui.engine.zygote import Zygote
from lambda_tui.project.function import Function

FREEZE_DELAY = 0.001
"""Seconds for which an environment that has answered may be given the next invocation unfrozen."""


class ExecutionEnvironment:
    """One sandbox with its processes: what is cold, warm, frozen, reset and shut down."""

    def __init__(
        self,
        function: Function,
        number: int,
        zygote: Zygote,
        owner: EnvironmentOwner,
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
        self._init = InitProcess(self.id, self)
        self._init_attempt = InitAttempt("init", initialization_type)
        self._invoke_attempt: InvokeAttempt | None = None
        self._unreported_init_ms: float | None = None
        self._limit = Deadline(self._init.reset)
        self._pause = Deadline(self.freeze)
        self._is_stopped = False
        self._peak_memory_kb = 0
        self._removal: events.RemovalReason = "failure"

    # What others may ask for -----------------------------------------------------------------

    @property
    def pid(self) -> int | None:
        """The init process, as seen from here."""
        return self._init.pid

    @property
    def tmp_directory(self) -> Path | None:
        """The environment's ``/tmp`` as seen from here."""
        return self._init.tmp_seen_from_here

    @property
    def stale(self) -> bool:
        """Whether it is to be replaced as soon as it has answered."""
        return self.replacement is not None

    @property
    def is_free(self) -> bool:
        """Whether it can take an invocation."""
        ready = (State.CREATING, State.INITIALISING, State.IDLE, State.FROZEN, State.RESET)
        return self.invocation is None and not self.stale and self.state in ready

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
        self.invocation = invocation
        self.removal_at = None
        invocation.environment = self
        invocation.cold_start = not self.state.is_warm
        if self.state is State.RESET:
            self._begin_invoke(invocation)
            self._move(State.INITIALISING)
            self._start_runtime("invoke")
        elif self.state in (State.IDLE, State.FROZEN):
            self._dispatch(self._begin_invoke(invocation))

    def freeze_soon(self) -> None:
        """Freezes it unless work comes at once, which then needs no thaw."""
        if self.state is State.IDLE:
            self._pause.set(FREEZE_DELAY)

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
            self._emit(events.EnvironmentThawed())

    def kill(self) -> None:
        """Kills the runtime and all else that runs in it, as a crash would."""
        if self.state in (State.INITIALISING, State.IDLE, State.INVOKING, State.FROZEN):
            self._init.reset()

    def shut_down(self, reason: events.RemovalReason) -> None:
        """Ends it for good; an invocation under way fails."""
        if self.state in (State.SHUTTING_DOWN, State.ENDED):
            return
        self._removal = reason
        self._limit.clear()
        self._pause.clear()
        self._move(State.SHUTTING_DOWN)
        self._init.end()

    # What its processes say --------------------------------------------------------------------

    def on_runtime_started(self, at: float) -> None:
        """The Init phase begins."""
        if self.state is State.CREATING:
            self._move(State.INITIALISING)
        if self.state is not State.INITIALISING:
            return
        self._init_attempt.began = at
        version = self._zygote.python_version or "3.0.0"
        self._emit(self._init_attempt.start_record(version, self.function.region))
        limit = self._init_attempt.limit(self.function.timeout)
        if limit is not None:
            self._limit.set(limit)

    def on_runtime_frame(self, frame: RuntimeFrame) -> None:
        """The runtime is initialised, could not be, or answers."""
        match frame.kind, self.state:
            case "ready", State.INITIALISING:
                self._init_attempt.function_init_at = frame.function_init_at
                self._finish_init(frame.at)
            case "init_error", State.INITIALISING:
                self._init_attempt.function_init_at = frame.function_init_at
                self._init_attempt.failure = InitFailure(frame.error_type, frame.payload)
                self._init.reset()
            case "response" | "error", State.INVOKING:
                self._take_answer(frame)

    def on_memory(self, peak_memory_kb: int) -> None:
        """The processes together have used so much."""
        self._peak_memory_kb = max(self._peak_memory_kb, peak_memory_kb)

    def on_runtime_exited(self, end: RuntimeEnd) -> None:
        """Crash, timeout or reset: the runtime is gone, ``/tmp`` is not."""
        self._init.log.drain()
        self._limit.clear()
        self._is_stopped = False
        if self.state is State.INITIALISING:
            self._fail_init(end)
        elif self._invoke_attempt is not None and self.state is State.INVOKING:
            attempt = self._invoke_attempt
            request_id = attempt.invocation.request_id
            self._finish(attempt, lost_outcome(end, self._passed_limit, request_id))
        if self.state in (State.IDLE, State.INVOKING, State.FROZEN):
            self._become_reset()
            self._owner.on_free(self)

    def on_frozen(self) -> None:
        """Every process is stopped, unless work has come in the meantime."""
        if self.state is State.IDLE and self._is_stopped:
            self._move(State.FROZEN)
            self._emit(events.EnvironmentFrozen())

    def on_log(self, text: str) -> None:
        """One record that a process wrote."""
        is_served = self.state is State.INVOKING and self.invocation is not None
        request_id = self.invocation.request_id if is_served and self.invocation else None
        self._emit(events.FunctionLog(text, request_id))

    def on_ended(self, problem: str | None) -> None:
        """It is gone, and its ``/tmp`` with it."""
        self._limit.clear()
        self._pause.clear()
        self._move(State.ENDED)
        outcome = gone_outcome(problem or "The environment was shut down.")
        if self._invoke_attempt is not None:
            if self._invoke_attempt.invocation.status == "pending":
                self._emit(events.Start(self._invoke_attempt.invocation.request_id))
            self._finish(self._invoke_attempt, outcome)
        elif self.invocation is not None:
            # Nothing was begun that a report could be about.
            self.invocation.finish("error", outcome.payload)
            self.invocation = None
        self._emit(events.EnvironmentRemoved(self._removal))
        self._owner.on_gone(self, problem)

    # Init ----------------------------------------------------------------------------------------

    def _spawn(self) -> None:
        if self.state is not State.CREATING:
            return
        storage = self.function.ephemeral_storage
        self._init.spawn(self._zygote, self.function.code_directory, storage)
        if self._zygote.sandbox is not None:
            self._start_runtime("init")

    def _start_runtime(self, phase: events.InitPhase) -> None:
        """Has the init process start a runtime; nothing is waited for, frames keep their order."""
        self._init_attempt = InitAttempt(phase, self.initialization_type)
        self._is_stopped = False
        self._peak_memory_kb = 0
        self.usage = Usage()
        self._init.start_runtime(
            self.function, self._zygote, self.log_stream, self.initialization_type
        )

    def _finish_init(self, at: float) -> None:
        self._init.log.drain()
        self.init_error = None
        self._report_init("success", at, None)
        self._move(State.IDLE)
        if self._invoke_attempt is None:
            self._limit.clear()
            # Provisioned environments were initialised on another bill.
            if self.initialization_type == "on-demand":
                self._unreported_init_ms = self.init_duration_ms
        if self.invocation is None:
            self._owner.on_free(self)
            return
        self._dispatch(self._invoke_attempt or self._begin_invoke(self.invocation))

    def _report_init(self, status: events.Status, at: float, error_type: str | None) -> None:
        self.init_duration_ms = self._init_attempt.duration_ms(at)
        for record in self._init_attempt.end_records(status, at, error_type):
            self._emit(record)

    def _fail_init(self, end: RuntimeEnd) -> None:
        """Init has failed: it is tried again inside the invocation that waits, if one does."""
        invocation, failure = self.invocation, self._init_attempt.failure
        request_id = invocation.request_id if invocation else ""
        outcome = init_outcome(failure, end, self._passed_limit, request_id)
        self.init_error = (
            failure.error_type if failure else outcome.error_type or "Sandbox.Timedout"
        )
        error_type = outcome.error_type or "Runtime.Unknown"
        self._report_init(outcome.record_status, time.monotonic(), error_type)
        if self._invoke_attempt is not None:
            self._emit(events.Start(self._invoke_attempt.invocation.request_id))
            self._finish(self._invoke_attempt, outcome)
        self._become_reset()
        if self.invocation is not None:
            self.assign(self.invocation)
        else:
            self._owner.on_free(self)

    # Invoke --------------------------------------------------------------------------------------

    def _begin_invoke(self, invocation: Invocation) -> InvokeAttempt:
        attempt = InvokeAttempt(invocation, self.function, self._unreported_init_ms)
        self._invoke_attempt = attempt
        self._unreported_init_ms = None
        self._limit.set(self.function.timeout)
        return attempt

    def _dispatch(self, attempt: InvokeAttempt) -> None:
        self.thaw()
        self._move(State.INVOKING)
        attempt.invocation.status = "running"
        self._emit(events.Start(attempt.invocation.request_id))
        self._init.send_to_runtime(attempt.frame(), attempt.invocation.payload)

    def _take_answer(self, frame: RuntimeFrame) -> None:
        attempt = self._invoke_attempt
        if attempt is None or self._limit.is_over:
            return
        if frame.request_id != attempt.invocation.request_id:
            return
        self._init.log.drain()
        self._limit.clear()
        self.on_memory(frame.peak_memory_kb)
        self._move(State.IDLE)
        self._finish(attempt, handler_outcome(frame))
        self._owner.on_free(self)

    def _finish(self, attempt: InvokeAttempt, outcome: Outcome) -> None:
        """Tells the record and the caller how it ended."""
        memory_used_mb = max(self._peak_memory_kb / 1024, self.usage.memory_mb)
        done, report = attempt.end_records(outcome, memory_used_mb)
        self.invocation = self._invoke_attempt = None
        self.invocations += 1
        self._emit(done)
        self._emit(report)
        attempt.invocation.finish(outcome.status, outcome.payload, report)

    @property
    def _passed_limit(self) -> int | None:
        """The timeout in seconds, when that is what ended the phase."""
        return self.function.timeout if self._limit.is_over else None

    def _become_reset(self) -> None:
        self._move(State.RESET)
        self._emit(events.EnvironmentReset("timeout" if self._limit.is_over else "failure"))

    def _move(self, state: State) -> None:
        check_transition(self.state, state)
        self.state = state
        self.state_since = time.monotonic()

    def _emit(self, record: events.Record) -> None:
        self._owner.emit(record, self.id)
