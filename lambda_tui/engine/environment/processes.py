"""The processes of an environment between two resets: its external extensions and its runtime."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from msgspec import Struct

from lambda_tui import limits
from lambda_tui.engine.environment.invoke_phase import InvokePhase
from lambda_tui.engine.environment.outcome import Failure
from lambda_tui.engine.environment.shutdown_phase import ShutdownPhase
from lambda_tui.engine.event_loop import released, report_defect
from lambda_tui.engine.events import InitializationType, Notice, Record
from lambda_tui.engine.launch import Launch, NetworkRefusedError, SandboxPlan
from lambda_tui.engine.runtime_api import (
    ApiState,
    Extension,
    ExtensionState,
    OpenApi,
    RuntimeState,
    ShutdownReason,
)
from lambda_tui.engine.wire import (
    Cleared,
    Ended,
    ExtensionExited,
    ForkServer,
    Frozen,
    InitProcess,
    InitProcessEvent,
    LaunchFailed,
    Measured,
    NetworkError,
    NetworkLost,
    OnRecord,
    OwnNetwork,
    RuntimeExited,
    RuntimeFrame,
    RuntimeLink,
    Started,
)
from lambda_tui.project.credentials import Credentials
from lambda_tui.project.function import Function

logger = logging.getLogger(__name__)

# Wait statuses of a shell that may not execute a program, and of one that does not find it.
_NOT_EXECUTABLE, _NOT_FOUND = 126 << 8, 127 << 8


class Built(Struct, frozen=True):
    """The processes may be started: the sandbox is on its way, its network connected."""


class Ready(Struct, frozen=True):
    """The runtime and every extension have asked for their next event."""


class Ending(Struct, frozen=True):
    """The processes cannot go on; extensions receive SHUTDOWN before the reset."""

    failure: Failure


class Failed(Struct, frozen=True):
    """No process is left."""

    failure: Failure


ProcessesEvent = Built | Started | RuntimeFrame | Ready | Ending | Failed | Frozen | Ended

_BUILT, _READY = Built(), Ready()


class Stage(StrEnum):
    """The stage that the processes of an environment have reached together."""

    ABSENT = "absent"
    REGISTERING = "extensions register"
    INITIALISING = "the runtime initialises"
    WORKING = "the runtime works"
    FINISHING = "the runtime is done, extensions may work"
    WAITING = "all wait for an event"
    RESETTING = "all end, the environment is kept"
    SHUTTING_DOWN = "all end, and the environment with them"


_GONE = frozenset({Stage.ABSENT, Stage.RESETTING, Stage.SHUTTING_DOWN})
"""Stages in which a runtime has nothing more to say."""


class Processes:
    """Starts the processes, tells when all are ready, and ends them in order.

    It reports to the environment by ``on_event``. The first failure counts: whatever ends as a
    consequence of it is not a failure of its own.
    """

    def __init__(
        self,
        function: Function,
        fork_server: ForkServer,
        environment_id: str,
        open_api: OpenApi,
        emit: Callable[[Record], None],
        on_event: Callable[[ProcessesEvent], None],
        on_log: OnRecord,
        on_extension_log: OnRecord,
    ) -> None:
        self.stage = Stage.ABSENT
        self.runtime_started: float | None = None
        """Monotonic time at which the runtime was started, after the extensions registered."""
        self.failure: Failure | None = None
        """The reason why they cannot go on, until they are gone."""
        self.apis = ApiState(
            function, emit, self._on_runtime_frame, self._advance, self._on_extension_failure
        )
        self._environment_id = environment_id
        self._function = function
        self._fork_server = fork_server
        self._emit: Callable[[Record], None] = emit
        self._on_event: Callable[[ProcessesEvent], None] = on_event
        self.launch: Launch | None = None
        """The plan by which they were started; None while there are none."""
        self.plan: SandboxPlan | None = None
        """The parts of the sandbox; None until it is built."""
        self._runtime: RuntimeLink | None = None
        self._shutdown: ShutdownPhase | None = None
        self._open_api = open_api
        self._api = open_api(self.apis, None)
        try:
            self.init_process = InitProcess(
                environment_id, self._on_event_inside, on_log, on_extension_log
            )
        except OSError:
            self._api.close()
            raise
        self._entering: asyncio.Task[None] | None = None

    @property
    def runtime_finds_storage(self) -> bool:
        """Whether the runtime is one of ours, in which ``/tmp`` leads to the environment's own."""
        return self.launch is None or not self.launch.runtime.speaks_http

    # Commands of the environment -----------------------------------------------------------------

    def build(self, plan: Callable[[], SandboxPlan]) -> None:
        """Plan the sandbox and have it built; with a network of its own, the APIs move into it."""
        with self._owning_failures():
            self.plan = plan()
            self.init_process.spawn(self._fork_server, self.plan)
            network = self.apis.network = self.init_process.network
            if network is not None:
                self._entering = asyncio.create_task(self._enter(network))
            elif self._fork_server.sandbox is not None:
                self._on_event(_BUILT)

    def start(
        self,
        log_stream: str,
        initialization_type: InitializationType,
        *,
        lambda_endpoint: str | None,
        credentials: Credentials,
        profiles_init: bool,
    ) -> None:
        """Start the external extensions and, when all have registered, the runtime.

        ``lambda_endpoint`` is where this machine serves the Lambda API, None where it does not.
        With ``profiles_init`` a Python runtime tells of its imports before it is ready.
        """
        with self._owning_failures():
            self._start(
                log_stream,
                initialization_type,
                lambda_endpoint=lambda_endpoint,
                credentials=credentials,
                profiles_init=profiles_init,
            )

    def _start(
        self,
        log_stream: str,
        initialization_type: InitializationType,
        *,
        lambda_endpoint: str | None,
        credentials: Credentials,
        profiles_init: bool,
    ) -> None:
        fork_server, sandbox = self._fork_server, self._fork_server.sandbox
        is_taken = initialization_type == "snap-start" and not fork_server.is_snapshot
        launch = self.launch = Launch.plan(
            self._function,
            fork_server.program,
            fork_server.runtime_version,
            fork_server.sdk_directory,
            finds_packages=fork_server.interpreter.finds_packages,
            is_isolated=sandbox is None or sandbox.level == "namespaces",
            is_snapshot_taken=is_taken,
            log_stream=log_stream,
            initialization_type=initialization_type,
            api_address=self._api.address,
            lambda_endpoint=self._reached(lambda_endpoint),
            credentials=credentials,
            profiles_init=profiles_init,
        )
        self.stage = Stage.REGISTERING
        self.runtime_started = None
        # Whoever asks for the first event is the runtime, as on AWS, whether by HTTP or over the
        # channel. A snapshot and what is forked from it have the channel alone.
        is_open = initialization_type != "snap-start"
        self.apis.renew(launch.extensions, RuntimeState.STARTED if is_open else RuntimeState.READY)
        self.init_process.begin_generation()
        for name in launch.extensions:
            self.init_process.start_extension(launch, name)
        self._advance()

    def invoke(self, phase: InvokePhase) -> None:
        """Pass an invocation to the extensions that registered for it, and to the runtime."""
        self.stage = Stage.WORKING
        if self.apis.has_extensions:
            self.apis.extensions.invoke(phase.extension_event())
        assert self._runtime is not None
        self._runtime.send(phase.dispatch(), phase.invocation.payload)

    def finish_runtime(self) -> None:
        """Take notice that the runtime has answered and waits; extensions may still work."""
        self.stage = Stage.FINISHING
        if self.apis.has_extensions:
            # The runtime knows of its own memory only.
            self.init_process.measure()
        self._advance()

    def fail(self, failure: Failure) -> None:
        """End all of them because one cannot go on; ``Failed`` follows when none is left."""
        if self.stage in _GONE:
            return
        self.failure = self.failure or failure
        logger.debug("%s: %s %s", self._environment_id, failure.error_type, failure.message)
        self.stage = Stage.RESETTING
        if not self.apis.has_extensions:
            self.init_process.reset()
            return
        self._on_event(Ending(self.failure))
        self._begin_shutdown("timeout" if self.failure.is_timeout else "failure")

    def shut_down(self) -> None:
        """End them and the init process, extensions after their time; ``Ended`` follows."""
        self.stage = Stage.SHUTTING_DOWN
        if not self.apis.has_extensions:
            self.init_process.end()
        elif self._shutdown is None:
            self._begin_shutdown("spindown")

    def forget(self) -> None:
        """Drop everything known about processes that are gone."""
        if self._shutdown is not None:
            self._shutdown.cancel()
        if self.stage is not Stage.SHUTTING_DOWN:
            self.stage = Stage.ABSENT
        self._shutdown = self.failure = self.launch = None
        self.apis.close()

    def close(self) -> None:
        """Release everything: the environment has ended."""
        self.forget()
        self._api.close()
        self.apis.release()
        if self._entering is not None:
            self._entering.cancel()
        self._runtime = self._entering = None
        self._on_event = self._emit = released

    # Events inside -------------------------------------------------------------------------------

    def _on_event_inside(self, event: InitProcessEvent) -> None:
        match event:
            case RuntimeFrame():
                self._on_runtime_frame(event)
            case Frozen() | Ended():
                self._on_event(event)
            case Started():
                self._on_event(event)
                if self.launch is not None and len(self.launch.extensions) > limits.EXTENSIONS:
                    self.fail(Failure("Extension.LaunchError", "TooManyExtensions"))
            case LaunchFailed():
                self._on_launch_failed(event)
            case RuntimeExited():
                self._on_runtime_exited(event)
            case ExtensionExited():
                self._on_extension_exited(event)
            case Cleared():
                if self.stage is Stage.SHUTTING_DOWN:
                    self.init_process.end()
                elif self.failure is not None:
                    self._on_event(Failed(self.failure))
            case Measured():
                self._advance()
            case NetworkLost():
                self._emit(Notice("warning", event.problem))

    def _on_runtime_frame(self, frame: RuntimeFrame) -> None:
        if self.stage in _GONE:
            return
        if frame.kind == "init_profile" and self.stage is not Stage.INITIALISING:
            return
        if frame.kind == "ready":
            if self.stage is Stage.INITIALISING:
                self._runtime = self.init_process.follow_runtime(self.apis.runtime_that_asked())
                self.apis.close_registration()
                self._on_event(frame)
                self.finish_runtime()
            return
        self._on_event(frame)
        if frame.kind in ("init_error", "restore_error"):
            self.fail(Failure(frame.error_type, posted=frame.payload))

    def _on_launch_failed(self, event: LaunchFailed) -> None:
        extension = self.apis.extensions.named(event.extension)
        if extension is not None:
            is_denied = "permission denied" in event.problem
            error_type = "PermissionDenied" if is_denied else "UnknownError"
            extension.fail(ExtensionState.LAUNCH_ERROR, error_type)
            extension.has_exited = True
        if self.launch is not None:
            self.fail(_launch_failure(self.launch, event))

    def _on_runtime_exited(self, event: RuntimeExited) -> None:
        self.init_process.drain_logs()
        failure = Failure.runtime_exit(event.wait_status, is_out_of_memory=event.is_out_of_memory)
        if self._shutdown is not None:
            self._shutdown.on_runtime_exited()
        elif self.stage is Stage.SHUTTING_DOWN:
            return
        elif self.apis.has_extensions:
            self.fail(failure)
        else:
            # Nothing is left: with the runtime the init process ends whatever it has started.
            self.failure = self.failure or failure
            self.stage = Stage.RESETTING
            self._on_event(Failed(self.failure))

    def _on_extension_exited(self, event: ExtensionExited) -> None:
        extension = self.apis.extensions.named(event.extension)
        if extension is None:
            return
        extension.has_exited = True
        if self._shutdown is not None:
            self._shutdown.on_extension_exited(extension, event.wait_status)
        else:
            # An extension ends when it is told to. Any other end is a crash.
            extension.error_type = extension.error_type or "Extension.Crash"
            self.fail(Failure.extension_exit(event.wait_status))

    def _on_extension_failure(self, _extension: Extension, fatal_type: str, message: str) -> None:
        self.fail(Failure(fatal_type, message))

    # Steps ---------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Take the next step if all have finished the present one."""
        if self.stage is Stage.FINISHING:
            if not (self.apis.has_extensions and self._has_extension_work):
                self.stage = Stage.WAITING
                self._on_event(_READY)
        elif self.stage is Stage.REGISTERING and (
            not self.apis.has_extensions or self.apis.extensions.have_registered
        ):
            assert self.launch is not None
            self.stage = Stage.INITIALISING
            self.runtime_started = time.monotonic()
            api = self.apis.runtime if self.launch.runtime.speaks_http else None
            # Extensions come here too, by their calls of an API.
            with self._owning_failures():
                self._runtime = self.init_process.start_runtime(self.launch, api)

    @property
    def _has_extension_work(self) -> bool:
        return self.init_process.is_measuring or self.apis.extensions.are_busy

    def _begin_shutdown(self, reason: ShutdownReason) -> None:
        self._shutdown = ShutdownPhase(
            self.init_process,
            self.apis.extensions,
            reason,
            has_subscribers=bool(self.apis.telemetry.subscribers),
        )
        self._shutdown.begin()

    def _reached(self, address: str | None) -> str | None:
        """Return an address of this machine's as the processes reach it; None if they cannot."""
        if address is None or self.plan is None:
            return address
        return self.plan.network.reaches(address)

    async def _enter(self, network: OwnNetwork) -> None:
        """Serve the APIs inside the environment's own network, and wait for its connection."""
        with self._owning_failures():
            inside = await network.open_socket()
            self._api.close()
            self._api = self._open_api(self.apis, inside)
            await network.connect(lambda: self.init_process.pid)
            self._on_event(_BUILT)

    @contextmanager
    def _owning_failures(self) -> Iterator[None]:
        """End the environment with a sentence when a step of its building or start fails.

        Whatever the reason is, nobody may wait for an environment that will never be there.
        """
        try:
            yield
        except (NetworkError, NetworkRefusedError) as error:
            self.init_process.give_up(str(error))
        except OSError as error:
            self.init_process.give_up(f"No environment can be made: {error.strerror or error}.")
        except Exception as error:
            report_defect(error, "An environment could not be made.")
            reason = f"a defect in lambda-tui ({type(error).__name__})"
            self.init_process.give_up(f"No environment can be made: {reason}.")


def _launch_failure(launch: Launch, event: LaunchFailed) -> Failure:
    """Return the failure of an extension or runtime that could not be executed."""
    if event.extension:
        path = launch.extension_path(event.extension)
        return Failure.launch("Extension.LaunchError", path, event.problem)
    if launch.runtime.speaks_http:
        path = launch.runtime.command[0]
        return Failure.launch("Runtime.InvalidEntrypoint", path, event.problem)
    # On AWS a shell starts a managed runtime, and ends with a status of its own.
    is_missing = event.problem == "no such file or directory"
    status = _NOT_FOUND if is_missing else _NOT_EXECUTABLE
    return Failure.runtime_exit(status, is_out_of_memory=False)
