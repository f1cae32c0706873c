"""The execution environment: one state machine from its sandbox being built to its end."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from lambda_tui.engine import events, loss
from lambda_tui.engine.deadline import Deadline
from lambda_tui.engine.ending import Ending
from lambda_tui.engine.environment_api import OpenApi
from lambda_tui.engine.environment_events import EnvironmentEvents
from lambda_tui.engine.environment_owner import EnvironmentOwner, Replacement
from lambda_tui.engine.extension import (
    Extension,
    ExtensionState,
    ShutdownReason,
    launch_error_type,
)
from lambda_tui.engine.extensions import Extensions
from lambda_tui.engine.init_attempt import InitAttempt
from lambda_tui.engine.init_process import InitProcess, RuntimeEnd
from lambda_tui.engine.invocation import Invocation
from lambda_tui.engine.invoke_attempt import InvokeAttempt
from lambda_tui.engine.lifecycle import State, check_transition
from lambda_tui.engine.loss import Loss
from lambda_tui.engine.outcome import Outcome, gone_outcome, handler_outcome, lost_outcome
from lambda_tui.engine.runtime_api_state import RuntimeApiState
from lambda_tui.engine.runtime_frame import RuntimeFrame
from lambda_tui.engine.start_up import StartUp
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
        self.extensions = Extensions((), self._go_on, self._on_extension_failure)
        self.runtime_api = RuntimeApiState(self.on_runtime_frame)
        self.telemetry = EnvironmentEvents(self._emit)
        self._zygote = zygote
        self._owner = owner
        self._init = InitProcess(self.id, self)
        self._start_up: StartUp | None = None
        self._init_attempt = InitAttempt("init", initialization_type)
        self._invoke_attempt: InvokeAttempt | None = None
        self._unreported_init_ms: float | None = None
        self._runtime_is_ready = False
        """Whether the runtime has asked for its next event."""
        self._loss: Loss | None = None
        """Why its processes are, or are about to be, no more."""
        self._ending: Ending | None = None
        self._limit = Deadline(self._pass_limit)
        self._pause = Deadline(self.freeze)
        self._is_stopped = False
        self._peak_memory_kb = 0
        self._removal: events.RemovalReason = "failure"
        self._api = open_api(self)

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
            self._start_processes("invoke")
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
        if not self.extensions:
            self._init.end()
        elif self._ending is None:
            self._begin_ending("spindown")

    # What its processes say --------------------------------------------------------------------

    def on_started(self, at: float) -> None:
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
        if self._start_up is not None and self._start_up.has_too_many:
            self._lose(Loss("Extension.LaunchError", "TooManyExtensions"))

    def on_launch_failed(self, extension: str, problem: str) -> None:
        """What should have been executed could not be."""
        if extension:
            failed = self.extensions[extension]
            failed.fail(ExtensionState.LAUNCH_ERROR, launch_error_type(problem))
            failed.has_exited = True
        if self._start_up is not None:
            self._lose(self._start_up.launch_failure(extension, problem))

    def on_runtime_frame(self, frame: RuntimeFrame) -> None:
        """The runtime is initialised, could not be, answers, or is done."""
        if self._loss is not None:
            return
        match frame.kind, self.state:
            case "ready", State.INITIALISING:
                self._init_attempt.function_init_at = frame.function_init_at or None
                self._init_attempt.ready_at = frame.at
                self._runtime_is_ready = True
                self._go_on()
            case "init_error", State.INITIALISING:
                self._init_attempt.function_init_at = frame.function_init_at or None
                self._lose(Loss(frame.error_type, posted=frame.payload))
            case "chunk", State.INVOKING:
                self._take_part(frame)
            case "response" | "error" | "fault", State.INVOKING:
                self._take_answer(frame)
            case "next", State.INVOKING:
                self._init.log.drain()
                self._finish_runtime()

    def on_memory(self, peak_memory_kb: int) -> None:
        """The processes together have used so much."""
        self._peak_memory_kb = max(self._peak_memory_kb, peak_memory_kb)

    def on_runtime_exited(self, end: RuntimeEnd) -> None:
        """Crash, timeout or reset: the runtime is gone, ``/tmp`` is not."""
        self._init.log.drain()
        self._loss = self._loss or loss.runtime_exit(
            end.wait_status, is_out_of_memory=end.is_out_of_memory
        )
        if self._ending is not None:
            self._ending.on_runtime_exited()
        elif self.extensions:
            self._lose(self._loss)
        elif self.state is not State.SHUTTING_DOWN:
            self._become_reset(self._loss)

    def on_extension_exited(self, name: str, wait_status: int) -> None:
        """An extension ends when it is told to; any other end is a crash."""
        extension = self.extensions[name]
        extension.has_exited = True
        if self._ending is not None:
            self._ending.on_extension_exited(extension, wait_status)
        else:
            extension.error_type = extension.error_type or "Extension.Crash"
            self._lose(loss.extension_exit(wait_status))

    def on_cleared(self) -> None:
        """Every process was killed, as was asked for."""
        if self.state is State.SHUTTING_DOWN:
            self._init.end()
        elif self._loss is not None:
            self._become_reset(self._loss)

    def on_frozen(self) -> None:
        """Every process is stopped, unless work has come in the meantime."""
        if self.state is State.IDLE and self._is_stopped:
            self._move(State.FROZEN)
            self._emit(events.EnvironmentFrozen())

    def on_log(self, text: str) -> None:
        """One record that the function wrote."""
        attempt = self._invoke_attempt
        is_served = attempt is not None and self.state is not State.INITIALISING
        request_id = attempt.invocation.request_id if is_served and attempt else None
        self._emit(events.FunctionLog(text, request_id))

    def on_extension_log(self, text: str) -> None:
        """One line that an extension wrote."""
        self._emit(events.ExtensionLog(text))

    def on_ended(self, problem: str | None) -> None:
        """It is gone, and its ``/tmp`` with it."""
        self._limit.clear()
        self._pause.clear()
        self._forget_processes()
        self._api.close()
        self._move(State.ENDED)
        outcome = gone_outcome(problem or "The environment was shut down.")
        if self._invoke_attempt is not None:
            if self._invoke_attempt.invocation.status == "pending":
                self._emit(events.Start(self._invoke_attempt.invocation.request_id))
            self._give_up(self._invoke_attempt, outcome, time.monotonic())
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
            self._start_processes("init")

    def _start_processes(self, phase: events.InitPhase) -> None:
        """Has the init process start what there is; frames keep their order."""
        self._init_attempt = InitAttempt(phase, self.initialization_type)
        self._is_stopped = self._runtime_is_ready = False
        self._peak_memory_kb = 0
        self.usage = Usage()
        start_up = self._start_up = StartUp(
            self.function,
            self._zygote,
            self._init,
            log_stream=self.log_stream,
            initialization_type=self.initialization_type,
            api_address=self._api.address,
        )
        self.telemetry = EnvironmentEvents(self._emit)
        self.extensions = Extensions(start_up.extensions, self._go_on, self._on_extension_failure)
        self.runtime_api = RuntimeApiState(self.on_runtime_frame, start_up.runtime_state())
        start_up.start_extensions()
        self._go_on()

    def _go_on(self) -> None:
        """Takes the next step when runtime and extensions are all done with the present one."""
        if self._loss is not None or self._start_up is None:
            return
        if not self._init_attempt.runtime_started:
            if self.extensions.have_registered:
                self._init_attempt.runtime_started = True
                self._start_up.start_runtime(self.runtime_api)
        elif not self._runtime_is_ready or self.extensions.are_busy:
            return
        elif self.state is State.INITIALISING:
            self._finish_init()
        elif self.state is State.INVOKING:
            self._finish_invoke()

    def _finish_init(self) -> None:
        self._init.log.drain()
        self.init_error = None
        at = time.monotonic() if self.extensions else self._init_attempt.ready_at
        self._report_init("success", at, None)
        self.extensions.is_open = False
        self.telemetry.close_subscription()
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
        self._init_attempt.is_over = True
        self.init_duration_ms = self._init_attempt.duration_ms(at)
        done, report = self._init_attempt.end_records(status, at, error_type)
        if self._init_attempt.runtime_started:
            self._emit(done)
        for extension in self.extensions:
            self._emit(extension.status_record())
        self._emit(report)

    def _fail_init(self, why: Loss) -> None:
        """Init has failed: it is tried again inside the invocation that waits, if one does."""
        request_id = self.invocation.request_id if self.invocation else ""
        outcome = lost_outcome(why, request_id)
        posted = why.error_type if why.posted is not None else None
        self.init_error = posted or outcome.error_type or why.error_type
        error_type = outcome.error_type or "Runtime.Unknown"
        self._report_init(outcome.record_status, why.at, error_type)
        if self._invoke_attempt is not None:
            self._emit(events.Start(self._invoke_attempt.invocation.request_id))
            self._give_up(self._invoke_attempt, outcome, why.at)

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
        self._runtime_is_ready = False
        attempt.invocation.status = "running"
        self._emit(events.Start(attempt.invocation.request_id))
        if self.extensions:
            self.extensions.invoke(attempt.event())
        self._init.send_to_runtime(attempt.frame(), attempt.invocation.payload)

    def _attempt_of(self, frame: RuntimeFrame) -> InvokeAttempt | None:
        """The invocation that a frame is about, unless it comes too late."""
        attempt = self._invoke_attempt
        if attempt is None or attempt.outcome is not None:
            return None
        return attempt if frame.request_id == attempt.invocation.request_id else None

    def _take_part(self, frame: RuntimeFrame) -> None:
        attempt = self._attempt_of(frame)
        if attempt is not None:
            attempt.invocation.add_part(frame.payload, frame.content_type)

    def _take_answer(self, frame: RuntimeFrame) -> None:
        attempt = self._attempt_of(frame)
        if attempt is None:
            return
        self._init.log.drain()
        self.on_memory(frame.peak_memory_kb)
        attempt.outcome = outcome = handler_outcome(frame)
        attempt.invocation.answer(outcome.status, outcome.payload)
        if self._init.runtime_is_done_by_answering:
            self._finish_runtime()

    def _finish_runtime(self) -> None:
        """The runtime asks for its next event; extensions may still be busy."""
        attempt = self._invoke_attempt
        if attempt is None or attempt.outcome is None:
            return
        self._runtime_is_ready = True
        self._emit(attempt.runtime_done(attempt.outcome, time.monotonic()))
        self._go_on()

    def _finish_invoke(self) -> None:
        attempt = self._invoke_attempt
        if attempt is None or attempt.outcome is None:
            return
        self._limit.clear()
        self._move(State.IDLE)
        self._report(attempt, attempt.outcome, time.monotonic())
        self._owner.on_free(self)

    def _give_up(self, attempt: InvokeAttempt, outcome: Outcome, at: float) -> None:
        """An invocation ends with its processes, at a monotonic time."""
        if not self._runtime_is_ready:
            self._emit(attempt.runtime_done(outcome, at))
        self._report(attempt, outcome, at)

    def _report(self, attempt: InvokeAttempt, outcome: Outcome, at: float) -> None:
        """Tells the record and the caller how it ended."""
        memory_used_mb = max(self._peak_memory_kb / 1024, self.usage.memory_mb)
        report = attempt.report(outcome, at, memory_used_mb)
        self.invocation = self._invoke_attempt = None
        self.invocations += 1
        self._emit(report)
        attempt.invocation.finish(outcome.status, outcome.payload, report)

    # Loss and reset ------------------------------------------------------------------------------

    def _pass_limit(self) -> None:
        seconds = self._init_attempt.limit(self.function.timeout)
        if self._invoke_attempt is not None or seconds is None:
            seconds = self.function.timeout
        self._lose(loss.timeout(seconds))

    def _on_extension_failure(self, _extension: Extension, fatal_type: str, message: str) -> None:
        self._lose(Loss(fatal_type, message))

    def _lose(self, why: Loss) -> None:
        """The processes cannot go on: all are ended, for the first reason that there is."""
        if self.state in (State.SHUTTING_DOWN, State.ENDED, State.RESET):
            return
        self._loss = self._loss or why
        self._limit.clear()
        self._pause.clear()
        if not self.extensions:
            self._init.reset()
        elif self._ending is None:
            self._move(State.RESETTING)
            self._begin_ending("timeout" if self._loss.is_timeout else "failure")

    def _begin_ending(self, reason: ShutdownReason) -> None:
        self._is_stopped = False
        self._ending = Ending(self._init, self.extensions, reason)
        self._ending.begin()

    def _become_reset(self, why: Loss) -> None:
        """No process is left: what was under way has failed, and the next begins with an Init."""
        self._init.log.drain()
        self._limit.clear()
        if not self._init_attempt.is_over:
            self._fail_init(why)
        elif self._invoke_attempt is not None:
            request_id = self._invoke_attempt.invocation.request_id
            self._give_up(self._invoke_attempt, lost_outcome(why, request_id), why.at)
        self._forget_processes()
        self._move(State.RESET)
        self._emit(events.EnvironmentReset("timeout" if why.is_timeout else "failure"))
        if self.invocation is not None:
            self.assign(self.invocation)
        else:
            self._owner.on_free(self)

    def _forget_processes(self) -> None:
        """They are gone, and what was known of them is of no more use."""
        self._is_stopped = False
        if self._ending is not None:
            self._ending.cancel()
        self._ending = self._loss = self._start_up = None
        self.runtime_api.close()
        self.extensions.close()
        self.telemetry.close()
        self.extensions = Extensions((), self._go_on, self._on_extension_failure)

    def _move(self, state: State) -> None:
        check_transition(self.state, state)
        self.state = state
        self.state_since = time.monotonic()

    def _emit(self, record: events.Record) -> None:
        self.telemetry.note(self._owner.emit(record, self.id))
