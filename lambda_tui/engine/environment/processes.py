"""What runs in an environment between an Init phase and the next reset: runtime and extensions."""

from __future__ import annotations

import asyncio
import time

from lambda_tui.engine import events
from lambda_tui.engine.environment import loss
from lambda_tui.engine.environment.ending import Ending
from lambda_tui.engine.environment.invoke_attempt import InvokeAttempt
from lambda_tui.engine.environment.loss import Loss
from lambda_tui.engine.environment.processes_owner import ProcessesOwner
from lambda_tui.engine.environment.start_up import StartUp
from lambda_tui.engine.launch import SandboxPlan
from lambda_tui.engine.runtime_api import (
    EnvironmentEvents,
    Extension,
    Extensions,
    ExtensionState,
    OpenApi,
    RuntimeApiState,
    ShutdownReason,
    launch_error_type,
)
from lambda_tui.engine.wire import (
    ForkServer,
    InitProcess,
    NetworkError,
    OwnNetwork,
    RuntimeEnd,
    RuntimeFrame,
    Streams,
    connect_to_loopback,
)
from lambda_tui.project.function import Function


class Processes:
    """Starts them, knows who is busy, and ends them in order, for the first reason there is."""

    def __init__(
        self,
        function: Function,
        zygote: ForkServer,
        owner: ProcessesOwner,
        open_api: OpenApi,
        environment_id: str,
    ) -> None:
        self.function = function
        self.init = InitProcess(environment_id, self)
        self.peak_memory_kb = 0
        """Of all of them together, since they were started."""
        self.runtime_is_ready = False
        """Whether the runtime has asked for its next event."""
        self.runtime_started_at: float | None = None
        """Monotonic time; extensions are started, and must have registered, before."""
        self.loss: Loss | None = None
        """Why they are, or are about to be, no more."""
        self._zygote = zygote
        self._owner = owner
        self._start_up: StartUp | None = None
        self._ending: Ending | None = None
        self._is_final = False
        self.extensions = self._make_extensions()
        self.runtime_api = RuntimeApiState(self.on_runtime_frame)
        self.telemetry = EnvironmentEvents(owner.emit)
        self._open_api = open_api
        self._api = open_api(self)
        self._entering: asyncio.Task[None] | None = None

    # What the environment does with them ---------------------------------------------------------

    def build(self, plan: SandboxPlan) -> None:
        """Has their sandbox built; where that has a network of its own, the API moves into it."""
        self.init.spawn(self._zygote, plan)
        if self.init.network is not None:
            self._entering = asyncio.create_task(self._enter(self.init.network))
        elif self._zygote.sandbox is not None:
            self._owner.on_built()

    async def connect_inside(self, port: int) -> Streams:
        """Connects to a port on the environment's loopback; raises ``OSError``."""
        return await connect_to_loopback(self.init.network, port)

    def start(self, log_stream: str, initialization_type: events.InitializationType) -> None:
        """Has the init process start what there is; frames keep their order."""
        self.runtime_is_ready = False
        self.runtime_started_at = None
        self.peak_memory_kb = 0
        start_up = self._start_up = StartUp(
            self.function,
            self._zygote,
            self.init,
            log_stream=log_stream,
            initialization_type=initialization_type,
            api_address=self._api.address,
        )
        self.telemetry = EnvironmentEvents(self._owner.emit)
        self.extensions = self._make_extensions(start_up.extensions)
        self.runtime_api = RuntimeApiState(self.on_runtime_frame, start_up.runtime_state())
        start_up.start_extensions()
        self._go_on()

    def finish_init(self) -> None:
        """From here on nobody subscribes."""
        self.telemetry.close_subscription()

    def invoke(self, attempt: InvokeAttempt) -> None:
        """Gives an invocation to the extensions that want to hear of it, and to the runtime."""
        self.runtime_is_ready = False
        if self.extensions:
            self.extensions.invoke(attempt.event())
        self.init.send_to_runtime(attempt.frame(), attempt.invocation.payload)

    def finish_runtime(self) -> None:
        """The runtime has answered and wants its next event; extensions may still be busy."""
        self.runtime_is_ready = True
        self._go_on()

    def lose(self, why: Loss) -> None:
        """They cannot go on: all are ended, for the first reason that there is."""
        self.loss = self.loss or why
        if not self.extensions:
            self.init.reset()
        elif self._ending is None:
            self._owner.on_ending()
            self._begin_ending("timeout" if self.loss.is_timeout else "failure")

    def shut_down(self) -> None:
        """Ends them for good, and the init process with them; extensions after their time."""
        self._is_final = True
        if not self.extensions:
            self.init.end()
        elif self._ending is None:
            self._begin_ending("spindown")

    def forget(self) -> None:
        """They are gone, and what was known of them is of no more use."""
        if self._ending is not None:
            self._ending.cancel()
        self._ending = self.loss = self._start_up = None
        self.runtime_api.close()
        self.extensions.close()
        self.telemetry.close()
        self.extensions = self._make_extensions()

    def close(self) -> None:
        """The environment is no more."""
        self.forget()
        self._api.close()
        if self._entering is not None:
            self._entering.cancel()

    # What the init process tells -----------------------------------------------------------------

    def on_started(self, at: float) -> None:
        """The Init phase begins."""
        self._owner.on_started(at)
        if self._start_up is not None and self._start_up.has_too_many:
            self.lose(Loss("Extension.LaunchError", "TooManyExtensions"))

    def on_launch_failed(self, extension: str, problem: str) -> None:
        """What should have been executed could not be."""
        failed = self.extensions.named(extension)
        if failed is not None:
            failed.fail(ExtensionState.LAUNCH_ERROR, launch_error_type(problem))
            failed.has_exited = True
        if self._start_up is not None:
            self.lose(self._start_up.launch_failure(extension, problem))

    def on_runtime_frame(self, frame: RuntimeFrame) -> None:
        """The runtime is initialised, could not be, answers, or is done."""
        if self.loss is not None or self._is_final:
            return
        match frame.kind:
            case "ready" if not self.runtime_is_ready:
                self.runtime_is_ready = True
                self.extensions.is_open = False
                self._owner.on_runtime_initialised(frame)
                self._go_on()
            case "init_error" | "restore_error":
                self._owner.on_runtime_initialised(frame)
                self.lose(Loss(frame.error_type, posted=frame.payload))
            case "response" | "error" | "fault" | "chunk":
                self._owner.on_answer(frame)
            case "next":
                self._owner.on_runtime_done()

    def on_memory(self, peak_memory_kb: int) -> None:
        """The processes together have used so much."""
        self.peak_memory_kb = max(self.peak_memory_kb, peak_memory_kb)

    def on_runtime_exited(self, end: RuntimeEnd) -> None:
        """Without extensions nothing is left with it: the init process has seen to that."""
        self.init.drain_logs()
        why = self.loss = self.loss or loss.runtime_exit(
            end.wait_status, is_out_of_memory=end.is_out_of_memory
        )
        if self._ending is not None:
            self._ending.on_runtime_exited()
        elif self._is_final:
            return
        elif self.extensions:
            self.lose(why)
        else:
            self._owner.on_lost(why)

    def on_extension_exited(self, name: str, wait_status: int) -> None:
        """An extension ends when it is told to; any other end is a crash."""
        extension = self.extensions.named(name)
        if extension is None:
            return
        extension.has_exited = True
        if self._ending is not None:
            self._ending.on_extension_exited(extension, wait_status)
        else:
            extension.error_type = extension.error_type or "Extension.Crash"
            self.lose(loss.extension_exit(wait_status))

    def on_cleared(self) -> None:
        """Every process was killed, as was asked for."""
        if self._is_final:
            self.init.end()
        elif self.loss is not None:
            self._owner.on_lost(self.loss)

    def on_frozen(self) -> None:
        """Every process is stopped."""
        self._owner.on_frozen()

    def on_log(self, text: str) -> None:
        """One record that the function wrote."""
        self._owner.on_log(text)

    def on_extension_log(self, text: str) -> None:
        """One line that an extension wrote."""
        self._owner.on_extension_log(text)

    def on_ended(self, problem: str | None) -> None:
        """The init process is gone, and all with it."""
        self._owner.on_ended(problem)

    def on_network_lost(self, problem: str) -> None:
        """Processes inside cannot reach the outside any longer."""
        self._owner.emit(events.Notice("warning", problem))

    # Inside --------------------------------------------------------------------------------------

    async def _enter(self, network: OwnNetwork) -> None:
        try:
            inside = await network.open_socket()
            self._api.close()
            self._api = self._open_api(self, inside)
            await network.connect(lambda: self.init.pid)
        except OSError as error:
            self.init.give_up(f"No environment can be made: {error.strerror}.")
        except NetworkError as error:
            self.init.give_up(str(error))
        else:
            self._owner.on_built()

    def _make_extensions(self, names: tuple[str, ...] = ()) -> Extensions:
        return Extensions(names, self._go_on, self._on_extension_failure)

    def _go_on(self) -> None:
        """Takes the next step when all are done with the present one."""
        if self.loss is not None or self._is_final or self._start_up is None:
            return
        if self.runtime_started_at is None:
            if self.extensions.have_registered:
                self.runtime_started_at = time.monotonic()
                self._start_up.start_runtime(self.runtime_api)
        elif self.runtime_is_ready and not self.extensions.are_busy:
            self._owner.on_ready()

    def _on_extension_failure(self, _extension: Extension, fatal_type: str, message: str) -> None:
        if self._ending is None and not self._is_final:
            self.lose(Loss(fatal_type, message))

    def _begin_ending(self, reason: ShutdownReason) -> None:
        self._ending = Ending(self.init, self.extensions, reason)
        self._ending.begin()
