"""Starting the processes of an environment: its external extensions, and then its runtime."""

from __future__ import annotations

from lambda_tui import limits
from lambda_tui.engine.environment import loss
from lambda_tui.engine.events import InitializationType
from lambda_tui.engine.launch import (
    Places,
    environment_variables,
    extension_variables,
    external_extensions,
    runtime_start,
)
from lambda_tui.engine.runtime_api import RuntimeApiState, RuntimeState
from lambda_tui.engine.wire import ForkServer, InitProcess
from lambda_tui.project.function import Function

# Wait statuses of a shell that may not execute a program, and of one that does not find it.
_NOT_EXECUTABLE, _NOT_FOUND = 126 << 8, 127 << 8


class StartUp:
    """What is started between an environment's creation, or a reset, and the next reset."""

    def __init__(
        self,
        function: Function,
        zygote: ForkServer,
        init: InitProcess,
        *,
        log_stream: str,
        initialization_type: InitializationType,
        api_address: str,
    ) -> None:
        is_isolated = zygote.sandbox is None or zygote.sandbox.level == "namespaces"
        is_taken_from = initialization_type == "snap-start" and not zygote.is_snapshot
        self.extensions = () if is_taken_from else external_extensions(function)
        """Their names. A snapshot cannot carry them: each environment that it restores has its own.
        """
        self._function = function
        self._init = init
        self._places = Places.of(function, is_isolated=is_isolated)
        self._runtime = runtime_start(
            function, self._places, zygote.interpreter, zygote.runtime_version
        )
        self._variables = environment_variables(
            function,
            log_stream,
            zygote.runtime_version,
            self._places,
            initialization_type,
            api_address,
        )

    @property
    def has_too_many(self) -> bool:
        """Whether there are more extensions than AWS starts."""
        return len(self.extensions) > limits.EXTENSIONS

    def runtime_state(self) -> RuntimeState:
        """Where the runtime begins, as the Runtime API sees it."""
        return RuntimeState.STARTED if self._runtime.speaks_http else RuntimeState.READY

    def start_extensions(self) -> None:
        """Starts every external extension, in their order."""
        self._init.begin()
        variables = extension_variables(self._variables)
        for name in self.extensions:
            self._init.start_extension(self._function, name, self._path(name), variables)

    def start_runtime(self, api: RuntimeApiState) -> None:
        """Starts the runtime."""
        self._init.start_runtime(
            self._function,
            self._runtime.command,
            self._places,
            {**self._variables, **self._runtime.variables},
            api if self._runtime.speaks_http else None,
        )

    def launch_failure(self, extension: str, problem: str) -> loss.Loss:
        """Why an extension, or the runtime where no name is given, could not be executed."""
        if extension:
            return loss.launch_failure("Extension.LaunchError", self._path(extension), problem)
        if self._runtime.speaks_http:
            path = self._runtime.command[0]
            return loss.launch_failure("Runtime.InvalidEntrypoint", path, problem)
        # On AWS a shell starts a managed runtime.
        status = _NOT_FOUND if problem == "no such file or directory" else _NOT_EXECUTABLE
        return loss.runtime_exit(status, is_out_of_memory=False)

    def _path(self, extension: str) -> str:
        return f"{self._places.layers_root}/extensions/{extension}"
