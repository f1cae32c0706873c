"""The plan of an environment: its sandbox, the processes that are started, their variables."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lambda_tui.engine.events import InitializationType
from lambda_tui.engine.launch.network import Network
from lambda_tui.engine.launch.places import (
    LANGUAGE_BIN,
    LAYERS_ROOT,
    RUNTIMES_ROOT,
    SDK_ROOT,
    STORAGE_IN_VALUE,
    TASK_ROOT,
    Places,
    runtimes_directory,
)
from lambda_tui.engine.launch.runtime import (
    RuntimeStart,
    is_executed,
    runtime_start,
)
from lambda_tui.project.code import OutwardLink
from lambda_tui.project.credentials import CREDENTIAL_VARIABLES, Credentials
from lambda_tui.project.function import Function, LoggingConfig
from lambda_tui.project.installers import NODE_MODULES
from lambda_tui.project.layers import external_extensions
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES, Language, runtime_of
from lambda_tui.project.sdk import brings_sdk

ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL_LAMBDA"
"""The variable by which SDKs find the Lambda API."""
# One snapshot is restored many times, each time with another log stream.
_UNKNOWN_TO_A_SNAPSHOT = ("AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME")

# The runtimes on Amazon Linux 2 and earlier; on Amazon Linux 2023 the variable is set.
_WITHOUT_LC_CTYPE = (
    "python2.7",
    "python3.6",
    "python3.7",
    "python3.8",
    "python3.9",
    "python3.10",
    "python3.11",
)
# On Amazon Linux 2 and earlier. There is no language runtime to be found.
_WITHOUT_LANG = ("provided", "provided.al2")
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


@dataclass(frozen=True, slots=True)
class SandboxPlan:
    """The parts of a sandbox, beside those that all sandboxes of this machine share."""

    code_directory: Path
    ephemeral_storage: int
    """Size of ``/tmp`` in MB."""
    binds: tuple[tuple[Path, str], ...]
    """Files and folders of this machine, each with its path inside."""
    network: Network
    unreadable: tuple[str, ...] = ()
    """Paths inside of files and folders that the function must not read."""
    mounts: tuple[tuple[Path, str], ...] = ()
    """Folders of this machine that can be written, each with its path inside."""
    is_snapshot: bool = False
    """Whether other environments are forked from its runtime."""

    @classmethod
    def of(
        cls,
        function: Function,
        network: Network,
        sdk: Path | None,
        links: Iterable[OutwardLink] = (),
    ) -> SandboxPlan:
        """Plan for the code, the layers, the SDK, and the files of a runtime of the user's own.

        The content of ``links`` takes their places in the code and the layers.
        """
        binds = [(function.code_directory, TASK_ROOT), *_packages_beside(function)]
        if function.layers_directory is not None:
            binds.append((function.layers_directory, LAYERS_ROOT))
        if sdk is not None and brings_sdk(function):
            binds.append((sdk, SDK_ROOT))
        binds += [(path, str(path)) for path in _own_runtime_paths(function)]
        if is_executed(function):
            binds.append((runtimes_directory(), RUNTIMES_ROOT))
        for link in links:
            root = LAYERS_ROOT if link.is_in_layers else TASK_ROOT
            binds.append((link.target, f"{root}/{link.path}"))
        return cls(
            function.code_directory,
            function.ephemeral_storage,
            tuple(binds),
            network,
            function.unreadable,
            function.mounts,
        )


@dataclass(frozen=True, slots=True)
class Launch:
    """Everything that is started between an environment's creation, or a reset, and the next."""

    function: Function
    extensions: tuple[str, ...]
    """Names of the external extensions."""
    runtime: RuntimeStart
    places: Places
    variables: dict[str, str] = field(repr=False)
    """The function's environment variables, as AWS sets them."""
    credentials: Credentials
    """The credentials among these."""
    profiles_init: bool = False
    """Whether the runtime tells what the function's initialisation has spent its time on."""

    @classmethod
    def plan(
        cls,
        function: Function,
        program: str,
        runtime_version: str | None,
        sdk: Path | None,
        *,
        finds_packages: bool,
        is_isolated: bool,
        is_snapshot_taken: bool,
        log_stream: str,
        initialization_type: InitializationType,
        api_address: str,
        lambda_endpoint: str | None,
        credentials: Credentials,
        profiles_init: bool,
    ) -> Launch:
        """Return what to start; ``program`` is the interpreter's path as the environment has it.

        A snapshot (``is_snapshot_taken``) carries no extensions: each environment that is restored
        from it starts its own.
        """
        # An interpreter that a function starts finds no packages either where it does not itself.
        language = program if finds_packages else os.path.realpath(program)
        places = Places.of(function, sdk, language, is_isolated=is_isolated)
        return cls(
            function,
            () if is_snapshot_taken else external_extensions(function),
            runtime_start(
                function,
                places,
                program,
                runtime_version,
                finds_packages=finds_packages,
                profiles_init=profiles_init,
            ),
            places,
            environment_variables(
                function,
                log_stream,
                runtime_version,
                places,
                initialization_type,
                api_address,
                lambda_endpoint,
                credentials,
            ),
            credentials,
            profiles_init,
        )

    @property
    def runtime_variables(self) -> dict[str, str]:
        """Environment variables of the runtime."""
        # In our own runtimes /tmp itself leads to the environment's.
        variables = self._with_storage() if self.runtime.speaks_http else self.variables
        return {**variables, **self.runtime.variables}

    @property
    def extension_variables(self) -> dict[str, str]:
        """Environment variables of external extensions."""
        return {
            name: value
            for name, value in self._with_storage().items()
            if name not in _RUNTIME_VARIABLES and not name.startswith("_")
        }

    def _with_storage(self) -> dict[str, str]:
        """Return the variables for programs that find the machine's own ``/tmp`` by that path."""
        places = self.places
        if places.task_root == TASK_ROOT:
            return self.variables
        given = self.function.environment.items()
        own = {
            name: places.variable(value, STORAGE_IN_VALUE)
            for name, value in given
            # Others are reserved.
            if self.variables[name] == places.variable(value)
        }
        return {**self.variables, **own}

    def extension_path(self, name: str) -> str:
        """Return the path of an external extension as its environment has it."""
        return f"{self.places.layers_root}/extensions/{name}"

    def extension_command(self, name: str) -> tuple[str, ...]:
        """Return the command that executes an external extension."""
        return self.places.command(self.extension_path(name))


def log_stream_name(function: Function, environment_id: str) -> str:
    """Return AWS's name; it includes the function's name in a log group of the user's choice."""
    name = function.name if function.logging.group else ""
    return f"{datetime.now(UTC):%Y/%m/%d}/{name}[{function.version}]{environment_id}"


def environment_variables(
    function: Function,
    log_stream: str,
    runtime_version: str | None,
    places: Places,
    initialization_type: InitializationType,
    api_address: str,
    lambda_endpoint: str | None,
    credentials: Credentials,
) -> dict[str, str]:
    """Return the variables of one environment, as AWS sets them.

    Nothing is taken from the shell that started lambda-tui. The function's own variables cannot
    replace the reserved ones. SDKs call the Lambda API at ``lambda_endpoint``.
    """
    runtime = function.runtime or runtime_of(function.language, runtime_version)
    variables = _system_variables(runtime, places)
    is_os_only = runtime in OS_ONLY_RUNTIMES
    if not is_os_only:
        variables.update(_language_variables(function.language, runtime, places))
    given = {name: places.variable(value) for name, value in function.environment.items()}
    if lambda_endpoint is not None:
        variables[ENDPOINT_VARIABLE] = lambda_endpoint
    variables |= {**function.local_variables, **given}
    for name in CREDENTIAL_VARIABLES:
        # A user's keys have no token, and a function's own would not fit to them.
        variables.pop(name, None)
    variables |= credentials.variables
    variables.update(_reserved(function, log_stream, places.task_root))
    if not is_os_only:
        variables["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{runtime}"
    elif function.image is not None:
        variables["AWS_EXECUTION_ENV"] = "AWS_Lambda_Image"
    variables["AWS_LAMBDA_INITIALIZATION_TYPE"] = initialization_type
    if initialization_type == "snap-start":
        for name in _UNKNOWN_TO_A_SNAPSHOT:
            del variables[name]
    variables["AWS_LAMBDA_RUNTIME_API"] = api_address
    return variables | _logging_variables(function.logging)


def _system_variables(runtime: str, places: Places) -> dict[str, str]:
    """Return the variables of the operating system on which AWS runs a runtime."""
    language_bin = LANGUAGE_BIN if runtime in OS_ONLY_RUNTIMES else places.language_bin
    has_language = runtime not in _WITHOUT_LANG
    lang = (f"{language_bin}:", "/var/lang/lib:") if has_language else ("", "")
    return {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": f"{lang[0]}/usr/local/bin:/usr/bin/:/bin:{places.layers_root}/bin",
        "LD_LIBRARY_PATH": (
            f"{lang[1]}/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:"
            f"{places.task_root}:{places.task_root}/lib:{places.layers_root}/lib"
        ),
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1:2000",
        "_AWS_XRAY_DAEMON_ADDRESS": "169.254.100.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
    }


def _language_variables(language: Language, runtime: str, places: Places) -> dict[str, str]:
    """Return the variables set by the shell that starts AWS's Python or Node.js runtime."""
    variables = {"PWD": places.task_root, "SHLVL": "0"}
    if language == "node":
        variables["NODE_PATH"] = _node_path(runtime, places)
        return variables
    variables["PYTHONPATH"] = places.sdk_root
    if runtime not in _WITHOUT_LC_CTYPE:
        variables["LC_CTYPE"] = "C.UTF-8"
    return variables


def _logging_variables(logging: LoggingConfig) -> dict[str, str]:
    """Return the variables that select the JSON log format and its level."""
    if logging.format == "Text":
        return {}
    level = logging.application_level or "INFO"
    return {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": level}


def _node_path(runtime: str, places: Places) -> str:
    """Return where Node.js looks for modules: in layers, in the runtime, then in the code."""
    layers = f"{places.layers_root}/nodejs"
    versioned = runtime.removesuffix(".x").replace("nodejs", "node")
    packages = f"{places.packages_root}/{NODE_MODULES}:" if places.packages_root else ""
    return (
        f"{packages}{layers}/{versioned}/node_modules:{layers}/node_modules:"
        f"{places.sdk_root}/node_modules:{places.sdk_root}:{places.task_root}"
    )


def _reserved(function: Function, log_stream: str, task_root: str) -> dict[str, str]:
    return {
        "_HANDLER": function.handler,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "LAMBDA_TASK_ROOT": task_root,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
    }


def _packages_beside(function: Function) -> list[tuple[Path, str]]:
    """Return the entries of the function's packages that stand among those of its code.

    The code's own go before them, as in a build, but for ``node_modules``, which is one tree.
    """
    if function.packages_directory is None:
        return []
    return _entries_beside(function.packages_directory, function.code_directory, TASK_ROOT)


def _entries_beside(packages: Path, code: Path, root: str) -> list[tuple[Path, str]]:
    binds = []
    for entry in sorted(packages.iterdir()):
        own, place = code / entry.name, f"{root}/{entry.name}"
        if entry.name == NODE_MODULES or not os.path.lexists(own):
            binds.append((entry, place))
        elif entry.is_dir() and own.is_dir():
            # A namespace package, of which both have parts.
            binds += _entries_beside(entry, own, place)
    return binds


def _own_runtime_paths(function: Function) -> list[Path]:
    """Return the paths that the program needs which replaces the function's runtime.

    They are the folder above its ``bin``, or else its own folder; for a program that lies in the
    home directory itself, the program alone.
    """
    if not function.bootstrap:
        return []
    program = Path(function.bootstrap[0])
    found = [_with_surroundings(form) for form in {program, program.resolve()} if form.exists()]
    return sorted(path for path in found if not path.is_relative_to(function.code_directory))


def _with_surroundings(program: Path) -> Path:
    folder = program.parent
    wide = (folder.parent, folder) if folder.name == "bin" else (folder,)
    home = Path.home()
    return next((path for path in wide if not home.is_relative_to(path)), program)
