"""The settings that a user may make: their types, defaults and descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from lambda_tui import limits

SandboxChoice = Literal["auto", "namespaces", "processes"]
NetworkChoice = Literal["auto", "shared", "own"]
InstallChoice = Literal["ask", "install", "off"]
UndeclaredPackagesChoice = Literal["warn", "error", "off"]

PLACEHOLDER, SHELL, PROFILE = "placeholder", "shell", "profile:"
"""The values of ``credentials``; a profile's name follows the last."""

EXAMPLE_BOOTSTRAP = 'bootstrap = [".venv/bin/python", "-m", "awslambdaric"]'
EXAMPLE_FUNCTION = f"{EXAMPLE_BOOTSTRAP} under [functions.NAME]"

# The types of the keys of a settings file. Each Meta is checked in its turn, and its description
# ends the sentence for a value that it does not accept.
_Sandbox = Annotated[SandboxChoice, Meta(description="auto, namespaces or processes")]
_Network = Annotated[NetworkChoice, Meta(description="auto, shared or own")]
_Install = Annotated[InstallChoice, Meta(description="ask, install or off")]
_UndeclaredPackages = Annotated[UndeclaredPackagesChoice, Meta(description="warn, error or off")]
_Seconds = Annotated[
    float,
    Meta(description="a number of seconds"),
    Meta(gt=0, lt=1e9, description="a number of seconds above 0"),
]
_Environments = Annotated[
    int, Meta(description="a whole number"), Meta(ge=1, le=1000, description="1 to 1000")
]
_Concurrency = Annotated[
    int, Meta(description="a whole number"), Meta(ge=1, le=100_000, description="1 to 100000")
]
_Delays = Annotated[
    tuple[Annotated[float, Meta(ge=0, lt=1e6)], ...],
    Meta(
        min_length=2,
        max_length=2,
        description="two numbers of seconds, from 0 on, such as [1, 2]",
    ),
]
_Python = Annotated[Path, Meta(description="the path of a Python interpreter")]
_Node = Annotated[Path, Meta(description="the path of a Node.js")]
_Template = Annotated[Path, Meta(description="the path of a template")]
_EnvFile = Annotated[Path, Meta(description="the path of a file of variables")]
_Credentials = Annotated[
    str,
    Meta(
        pattern=f"^({PLACEHOLDER}|{SHELL}|{PROFILE}[^\\x00-\\x1f]+)$",
        description='placeholder, shell or a profile, such as "profile:dev"',
    ),
]
_Region = Annotated[
    str, Meta(pattern=r"^[a-z]{2,4}(-[a-z]+)+-\d+$", description='a region, such as "eu-west-1"')
]
EndpointUrl = Annotated[
    str,
    Meta(
        pattern=r"^https?://[^\s/?#]+[^\s]*$",
        description='an address, such as "http://localhost:4566"',
    ),
]
ALL_SERVICES = "default"
"""The name in ``endpoint_url`` that stands for every service without an address of its own."""
_EndpointUrls = Annotated[
    Mapping[str, str],
    Meta(
        description='an address, such as "http://localhost:4566", or a table of addresses by '
        "services"
    ),
]
_ConfigEnv = Annotated[str, Meta(min_length=1, description="an environment of samconfig.toml")]
_Layers = Annotated[
    tuple[Path, ...],
    Meta(
        description='a list of paths, such as ["layer"], or a table of paths by the ARNs of layers'
    ),
]
LayerPath = Annotated[Path, Meta(description="the path of a folder or a zip file")]
TemplateValue = Annotated[str, Meta(description='a text, such as "value"')]
_Values = Annotated[
    Mapping[str, str],
    Meta(description='a table of values for what a template names, such as ApiKey = "value"'),
]
FolderPath = Annotated[Path, Meta(description="the path of a folder")]
_FileSystems = Annotated[
    Mapping[str, Path], Meta(description='a table of folders, such as "/mnt/data" = "efs"')
]
Synth = Annotated[str, Meta(min_length=1, description='a command, such as "npx cdk synth -q"')]
_Flag = Annotated[bool, Meta(description="true or false")]
Keys = Annotated[str, Meta(description='keys, such as "i,f5"')]
_KeyTable = Annotated[
    Mapping[str, Keys],
    Meta(description='a table of keys by binding ids, such as invoke = "i,f5"'),
]
_Theme = Annotated[str, Meta(min_length=1, description="a theme's name")]
_Command = Annotated[
    tuple[str, ...], Meta(description=f"a program and its arguments, such as {EXAMPLE_BOOTSTRAP}")
]


_Handler = Annotated[str, Meta(min_length=1, description='a text, such as "app.handler"')]
_Runtime = Annotated[str, Meta(min_length=1, description='a text, such as "python3.13"')]
_Architecture = Annotated[str, Meta(min_length=1, description='"x86_64" or "arm64"')]
_Text = Annotated[str, Meta(description="a text")]
_WholeNumber = Annotated[int, Meta(description="a whole number")]
_CodePath = Annotated[Path, Meta(description="the path of a folder or a zip file")]
_FunctionLayers = Annotated[
    tuple[str, ...], Meta(description='a list of paths and ARNs, such as ["layers/common"]')
]
_Environment = Annotated[
    Mapping[str, str], Meta(description='a table of texts by their names, such as {STAGE = "dev"}')
]


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """The settings of one function: a table ``functions.NAME``.

    What it has of the function goes before the files that declare it, of which none need do so. All
    but the types is checked as that of a template.
    """

    bootstrap: _Command = ()
    """A program, by its absolute path, and arguments: the runtime in place of the function's own.

    It calls the Runtime API, and gets the handler as a further argument.
    """
    network: _Network | None = None
    """The network of the function's environments; None for the setting for all functions."""
    handler: _Handler | None = None
    runtime: _Runtime | None = None
    code: _CodePath | None = None
    """A folder or a zip file, absolute."""
    layers: _FunctionLayers | None = None
    """ARNs, and absolute paths of folders and zip files."""
    timeout: _WholeNumber | None = None
    """Seconds."""
    memory_size: _WholeNumber | None = None
    """MB."""
    ephemeral_storage: _WholeNumber | None = None
    """MB."""
    reserved_concurrency: _WholeNumber | None = None
    tracing: _Text | None = None
    log_format: _Text | None = None
    application_log_level: _Text | None = None
    system_log_level: _Text | None = None
    log_group: _Text | None = None
    architecture: _Architecture | None = None
    description: _Text | None = None
    environment: _Environment | None = None
    """Variables, over those that it has."""
    file: Path | None = field(default=None, compare=False)
    """The file of the table."""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    """The lines of its keys, and of its variables as ``environment.NAME``; its own is ``""``."""

    @property
    def declares(self) -> bool:
        """Whether it says enough to be a function of its own."""
        return bool(self.handler and (self.runtime or self.bootstrap))


@dataclass(frozen=True, slots=True)
class CdkSettings:
    """The settings of a CDK app: the table ``cdk``."""

    synth: Synth = "npx cdk synth -q --no-staging"
    """The command, for the shell, that synthesises the app; it is run on the user's word alone.

    ``--no-staging`` has the assembly name the sources of assets in place of copies.
    """
    sources: Mapping[str, FolderPath] = field(default_factory=dict)
    """The folders that functions and layers are run from in place of their assets, by their names.

    A name is the one that is listed, a construct's id, or its path.
    """


_FunctionTable = Annotated[
    Mapping[str, FunctionSettings],
    Meta(description=f"a table for each function, such as {EXAMPLE_FUNCTION}"),
]


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, with their defaults."""

    sandbox: _Sandbox = "auto"
    """The sandbox level; ``auto`` selects the best that the machine supports."""
    network: _Network = "auto"
    """Whether environments share the machine's network or have one each.

    ``auto`` gives one each to those that need it, as their extensions may listen on fixed ports.
    """
    sdk: _Install = "ask"
    """Whether the SDK that AWS's runtimes bring is installed for functions that rely on it.

    ``ask`` says how, ``install`` does it at once, and ``off`` leaves functions without.
    """
    dependencies: _Install = "ask"
    """Whether what a function's requirements or package.json name is installed for it.

    ``ask`` says how, ``install`` does it at once, and ``off`` leaves that to the user. It is
    installed into the user's cache, and stands beside the function's code.
    """
    undeclared_packages: _UndeclaredPackages = "warn"
    """Whether packages that are installed here, but that no requirement names, are told or hidden.

    ``warn`` tells of each that a function imports, ``error`` hides it too, so that the import fails
    as on AWS, and ``off`` does neither.
    """
    idle_timeout: _Seconds = 600.0
    """Seconds after which an idle environment is removed."""
    maximum_environments: _Environments = 50
    """Environments of one function at a time; invocations beyond them are throttled."""
    account_concurrency: _Concurrency = limits.ACCOUNT_CONCURRENCY
    """Invocations of all functions at a time: the account's quota."""
    retry_delays: _Delays = (60.0, 120.0)
    """Seconds before each retry of a failed asynchronous invocation; by default those of AWS."""
    python: _Python | None = None
    """The interpreter for Python functions; None to find the project's own."""
    node: _Node | None = None
    """The Node.js for Node.js functions; None to find one."""
    template: _Template | None = None
    """The template to read; None for the one of the project's folder."""
    env_file: _EnvFile | None = None
    """A file of variables for functions, ``.env`` or SAM's JSON; None for samconfig.toml's."""
    credentials: _Credentials = PLACEHOLDER
    """Whose AWS credentials functions get: ``shell``, or ``profile:NAME``."""
    region: _Region | None = None
    """The region of functions; None for that of the project's files or of the credentials."""
    endpoint_url: _EndpointUrls = field(default_factory=dict)
    """Where functions find AWS's services: addresses by services, or by ``default`` for all.

    A settings file may have an address alone, which is that for all.
    """
    sam_local: _Flag = True
    """Whether functions have ``AWS_SAM_LOCAL=true``, as SAM sets it on a developer's machine."""
    config_env: _ConfigEnv | None = None
    """The environment of ``samconfig.toml`` whose parameters hold; None for the default one."""
    parameter_overrides: Mapping[str, str] = field(default_factory=dict)
    """The values of a template's parameters that the command line gives, by their names.

    A settings file has them in ``values``.
    """
    dynamic_references: Mapping[str, str] = field(default_factory=dict)
    """The values, by references with their braces, that the file of variables gives.

    A settings file has them in ``values``.
    """
    layers: _Layers = ()
    """Folders and zip files: the layers of every function of a project without a template."""
    layer_paths: Mapping[str, LayerPath] = field(default_factory=dict)
    """The paths of layers that a template names, by their ARNs, with or without a version.

    In a settings file it is ``layers`` too, a table.
    """
    file_systems: _FileSystems = field(default_factory=dict)
    """The folders in the place of file systems, by a ``LocalMountPath`` or an access point's ARN.

    A project without a template has those that are named by a path in all of its functions.
    """
    values: _Values = field(default_factory=dict)
    """Values that only a deployment knows, by the names that a template has for them.

    A name is a parameter, a logical id, an attribute such as ``Table.Arn``, an export of another
    stack, or a dynamic reference with its braces.
    """
    cdk: CdkSettings = field(default_factory=CdkSettings)
    watch: _Flag = True
    """Whether a saved file initialises the environments again that can see it."""
    history: _Flag = True
    """Whether invocations are kept for later sessions, with their events and responses."""
    keys: _KeyTable = field(default_factory=dict)
    """Keys of the screen by the ids of their bindings: ``{"invoke": "i,f5"}``."""
    theme: _Theme | None = None
    """The name of a Textual theme."""
    functions: _FunctionTable = field(default_factory=dict)
    """The settings of single functions, by the functions' names."""

    def network_of(self, function: str) -> NetworkChoice:
        """Return the network setting that holds for a function."""
        own = self.functions.get(function)
        return (own.network if own else None) or self.network
