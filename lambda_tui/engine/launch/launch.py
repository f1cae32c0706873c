"""The processes that an environment starts: external extensions first, then the runtime."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lambda_tui.engine.events import InitializationType
from lambda_tui.engine.launch.runtime import Places, RuntimeStart, runtime_start
from lambda_tui.engine.launch.variables import environment_variables
from lambda_tui.project.function import Function
from lambda_tui.project.interpreters import Interpreter

# Concern the runtime alone. So do all variables that begin with an underscore.
_RUNTIME_VARIABLES = frozenset(
    {
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    }
)


def external_extensions(function: Function) -> tuple[str, ...]:
    """Return the names of the files in the layers' ``extensions`` folder, in AWS's order."""
    if function.layers_directory is None:
        return ()
    folder: Path = function.layers_directory / "extensions"
    if not folder.is_dir():
        return ()
    return tuple(sorted(entry.name for entry in folder.iterdir() if not entry.is_dir()))


@dataclass(frozen=True, slots=True)
class Launch:
    """Everything that is started between an environment's creation, or a reset, and the next."""

    function: Function
    extensions: tuple[str, ...]
    """Names of the external extensions."""
    runtime: RuntimeStart
    places: Places
    variables: dict[str, str]
    """The function's environment variables, as AWS sets them."""

    @classmethod
    def plan(
        cls,
        function: Function,
        interpreter: Interpreter,
        runtime_version: str | None,
        *,
        is_isolated: bool,
        is_snapshot_taken: bool,
        log_stream: str,
        initialization_type: InitializationType,
        api_address: str,
    ) -> Launch:
        """Return what to start.

        A snapshot (``is_snapshot_taken``) carries no extensions: each environment that is restored
        from it starts its own.
        """
        places = Places.of(function, is_isolated=is_isolated)
        return cls(
            function,
            () if is_snapshot_taken else external_extensions(function),
            runtime_start(function, places, interpreter, runtime_version),
            places,
            environment_variables(
                function, log_stream, runtime_version, places, initialization_type, api_address
            ),
        )

    @property
    def runtime_variables(self) -> dict[str, str]:
        """Environment variables of the runtime."""
        return {**self.variables, **self.runtime.variables}

    @property
    def extension_variables(self) -> dict[str, str]:
        """Environment variables of external extensions."""
        return {
            name: value
            for name, value in self.variables.items()
            if name not in _RUNTIME_VARIABLES and not name.startswith("_")
        }

    def extension_path(self, name: str) -> str:
        """Return the path of an external extension as its environment has it."""
        return f"{self.places.layers_root}/extensions/{name}"
