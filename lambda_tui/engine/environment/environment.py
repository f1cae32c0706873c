"""The execution environment: one state machine from its sandbox being built to its end."""

from __future__ import annotations

import time

from lambda_tui.engine import events
from lambda_tui.engine.deadline import Deadline
from lambda_tui.engine.environment.cold_start import REPORTED
from lambda_tui.engine.environment.environment_owner import EnvironmentOwner
from lambda_tui.engine.environment.init_attempt import InitAttempt
from lambda_tui.engine.environment.initialisation import Initialisation
from lambda_tui.engine.environment.invoke_attempt import InvokeAttempt
from lambda_tui.engine.environment.loss import Loss, timeout
from lambda_tui.engine.environment.outcome import (
    Outcome,
    gone_outcome,
    handler_outcome,
    lost_outcome,
)
from lambda_tui.engine.environment.sandboxed_environment import (
    DENSE_FREEZE_DELAY,
    FREEZE_DELAY,
    SandboxedEnvironment,
)
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.lifecycle import State
from lambda_tui.engine.runtime_api import OpenApi
from lambda_tui.engine.usage import Usage
from lambda_tui.engine.wire import ForkServer, RuntimeFrame
from lambda_tui.project.function import Function


class ExecutionEnvironment(SandboxedEnvironment):
    """One sandbox with its processes: what is cold, warm, frozen, reset and shut down."""

    attempt_type: type[InitAttempt] = InitAttempt
    """What stands at its beginning, and after each reset."""

    def __init__(
        self,
        function: Function,
        number: int,
        fork_server: ForkServer,
        owner: EnvironmentOwner,
        open_api: OpenApi,
        initialization_type: events.InitializationType = "on-demand",
    ) -> None:
        super().__init__(function, number, fork_server, owner, open_api, initialization_type)
        self._initialisation = Initialisation(self, self._processes, self.attempt_type)
        self._invoke_attempt: InvokeAttempt | None = None
        self._cold_start = REPORTED
        self._limit = Deadline(self._pass_limit)
        self._removal: events.RemovalReason = "failure"

    @property
    def init_error(self) -> str | None:
        """The error type of the last Init, when it failed."""
        return self._initialisation.error

    @property
    def has_initialised(self) -> bool:
        """Whether its last Init was a success."""
        return self.initialised_at is not None

    @property
    def initialised_at(self) -> float | None:
        """Monotonic time of its last Init's success; None when that was none."""
        return self._initialisation.succeeded_at

    def assign(self, invocation: Invocation) -> None:
        """Gives it an invocation, to serve at once or when it is initialised."""
        self._pause.clear()
        is_dense = time.monotonic() - self.state_since < DENSE_FREEZE_DELAY
        self._freeze_delay = DENSE_FREEZE_DELAY if is_dense else FREEZE_DELAY
        self.invocation = invocation
        self.removal_at = None
        invocation.environment_id = self.id
        invocation.cold_start = not self.state.is_warm
        if self.state is State.RESET:
            self._begin_invoke(invocation)
            self._move(State.INITIALISING)
            self._initialise("invoke")
        elif self.state in (State.IDLE, State.FROZEN):
            self._dispatch(self._begin_invoke(invocation))

    def shut_down(self, reason: events.RemovalReason) -> None:
        """Ends it for good, extensions after their time; an invocation under way fails."""
        if self.state in (State.SHUTTING_DOWN, State.ENDED):
            return
        self._removal = reason
        self._limit.clear()
        self._end_pause()
        self._move(State.SHUTTING_DOWN)
        self._processes.shut_down()

    # What its processes say --------------------------------------------------------------------

    def on_built(self) -> None:
        """The function is initialised at once."""
        if self.state is State.CREATING:
            self._initialise("init")

    def on_started(self, at: float) -> None:
        """The Init phase begins."""
        if self.state is State.CREATING:
            self._move(State.INITIALISING)
        if self.state is not State.INITIALISING:
            return
        self._initialisation.on_started(at)
        limit = self._initialisation.attempt.limit(self.function.timeout)
        if limit is not None:
            self._limit.set(limit)

    def on_runtime_initialised(self, frame: RuntimeFrame) -> None:
        """The runtime tells when it began to import the function, and when it was ready."""
        self._initialisation.on_runtime_initialised(frame)

    def on_ready(self) -> None:
        """Runtime and extensions have nothing more to do with what they were given."""
        if self.state is State.INITIALISING:
            self._finish_init()
        elif self.state is State.INVOKING:
            self._finish_invoke()

    def on_ending(self) -> None:
        """Extensions are told of the reset to come."""
        self._limit.clear()
        self._end_pause()
        self._move(State.RESETTING)
        # They hear of the runtime's end first.
        if self._processes.loss is not None:
            self._tell_loss(self._processes.loss)

    def on_lost(self, why: Loss) -> None:
        """No process is left: what was under way has failed, and the next begins with an Init."""
        if self.state in (State.SHUTTING_DOWN, State.ENDED, State.RESET):
            return
        self._limit.clear()
        self._end_pause()
        self._tell_loss(why)
        if (attempt := self._invoke_attempt) is not None:
            self._report(attempt, lost_outcome(why, attempt.invocation.request_id), why.at)
        self._processes.forget()
        self._move(State.RESET)
        self.emit(events.EnvironmentReset("timeout" if why.is_timeout else "failure"))
        if self.invocation is not None:
            self.assign(self.invocation)
        else:
            self._owner.on_free(self)

    def _tell_loss(self, why: Loss) -> None:
        """Tells how what was under way has ended, but for the report of an invocation."""
        self._init.drain_logs()
        if not self._initialisation.attempt.is_over:
            self._fail_init(why)
        if (attempt := self._invoke_attempt) is not None:
            self._end_runtime(attempt, lost_outcome(why, attempt.invocation.request_id), why.at)

    def on_log(self, text: str) -> None:
        """One record that the function wrote; what it writes in Init is of no invocation."""
        attempt = self._invoke_attempt
        is_served = attempt is not None and attempt.is_released
        request_id = attempt.invocation.request_id if attempt and is_served else None
        self.emit(events.FunctionLog(text, request_id))

    def on_ended(self, problem: str | None) -> None:
        """It is gone, and its ``/tmp`` with it."""
        self._limit.close()
        self._pause.close()
        self._processes.close()
        self._move(State.ENDED)
        outcome = gone_outcome(problem or "The environment was shut down.")
        if (attempt := self._invoke_attempt) is not None:
            if attempt.invocation.status == "pending" and attempt.runtime_done_at is None:
                self.emit(attempt.start())
            self._give_up(attempt, outcome, time.monotonic())
        elif self.invocation is not None:
            # Nothing was begun that a report could be about.
            self.invocation.finish("error", outcome.payload)
            self.invocation = None
        self.emit(events.EnvironmentRemoved(self._removal))
        self._owner.on_gone(self, problem)

    # Init ----------------------------------------------------------------------------------------

    def _initialise(self, phase: events.InitPhase) -> None:
        self.usage = Usage()
        self._initialisation.begin(phase)

    def _finish_init(self) -> None:
        self._initialisation.succeed()
        self._move(State.IDLE)
        if self._invoke_attempt is None:
            self._limit.clear()
            self._cold_start = self._initialisation.attempt.cold_start()
        if self.invocation is None:
            self._owner.on_free(self)
            return
        self._dispatch(self._invoke_attempt or self._begin_invoke(self.invocation))

    def _fail_init(self, why: Loss) -> None:
        """Init has failed: it is tried again inside the invocation that waits, if one does."""
        request_id = self.invocation.request_id if self.invocation else ""
        self._initialisation.fail(why, request_id)
        if self._invoke_attempt is not None:
            self.emit(self._invoke_attempt.start())

    # Invoke --------------------------------------------------------------------------------------

    def _begin_invoke(self, invocation: Invocation) -> InvokeAttempt:
        attempt = self._invoke_attempt = InvokeAttempt(invocation, self.function, self._cold_start)
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
        if self._processes.extensions:
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
        has_extensions = bool(self._processes.extensions)
        report = attempt.report(outcome, at, memory_used_mb, has_extensions=has_extensions)
        self.invocation = self._invoke_attempt = None
        self.invocations += 1
        self.emit(report)
        attempt.invocation.finish(outcome.status, outcome.payload, report)

    # Both ----------------------------------------------------------------------------------------

    def _pass_limit(self) -> None:
        limit = self._initialisation.attempt.limit(self.function.timeout)
        if self._invoke_attempt is not None or limit is None:
            limit = self.function.timeout
        self._processes.lose(timeout(limit))
