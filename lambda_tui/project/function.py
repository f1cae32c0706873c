"""A project, its functions, and the problems found in the files that describe them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from lambda_tui.project.runtimes import Language, language_of
from lambda_tui.wording import counted

NODE_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")
"""Suffixes of the source files of Node.js functions."""
DEFAULT_TIMEOUT = 3
"""Seconds; AWS's default."""
DEFAULT_MEMORY_SIZE = 128
"""MB; AWS's default."""
DEFAULT_EPHEMERAL_STORAGE = 512
"""MB of ``/tmp``; AWS's default."""
REGION = "us-east-1"
"""The region that functions and other resources are taken to be in."""
ACCOUNT_ID = "123456789012"
"""The account that functions and other resources are taken to belong to: AWS's example."""
LATEST = "$LATEST"
"""The version that is not published."""

Architecture = Literal["x86_64", "arm64"]
"""The instruction set that AWS runs a function on, by its name there."""
DEFAULT_ARCHITECTURE: Architecture = "x86_64"
"""AWS's default."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the user's files that has to be corrected, and its position."""

    message: str
    """One sentence that names the thing and the remedy."""
    file: Path | None = None
    line: int | None = None
    """The line in the file, counted from 1."""
    functions: tuple[str, ...] = ()
    """The names of the functions concerned; empty where it concerns the whole project."""
    directory: Path | None = field(default=None, compare=False)
    """The project's folder, from which the file is named: many may have the same name."""

    @property
    def function(self) -> str | None:
        """The function concerned; None where it is not a single one."""
        return self.functions[0] if len(self.functions) == 1 else None

    def concerns(self, function: str) -> bool:
        """Return whether a function, by its name, is concerned, as all are by some problems."""
        return not self.functions or function in self.functions

    def __str__(self) -> str:
        """Return the message with its position in front, in the format of compilers."""
        if self.file is None:
            return self.message
        name = self._name(self.file)
        position = name if self.line is None else f"{name}:{self.line}"
        return f"{position}: {self.message}"

    def _name(self, file: Path) -> str:
        if self.directory is None or self.directory not in file.parents:
            return file.name
        return str(file.relative_to(self.directory))


LogFormat = Literal["Text", "JSON"]
ApplicationLogLevel = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
SystemLogLevel = Literal["DEBUG", "INFO", "WARN"]
TracingMode = Literal["Active", "PassThrough"]


@dataclass(frozen=True, slots=True)
class LoggingConfig:
    """The format, levels and group of a function's log: Lambda's ``LoggingConfig``."""

    format: LogFormat = "Text"
    application_level: ApplicationLogLevel | None = None
    """The level of the function's own records, with the JSON format only; None when not set."""
    system_level: SystemLogLevel = "INFO"
    """The level of the platform's records, with the JSON format only."""
    group: str | None = None
    """A log group in place of the function's own."""


@dataclass(frozen=True, slots=True)
class AsyncConfig:
    """The handling of asynchronous invocations: ``EventInvokeConfig`` and ``DeadLetterConfig``."""

    maximum_retry_attempts: int = 2
    """0 to 2."""
    maximum_event_age: int = 21_600
    """Seconds, 60 to 21,600."""
    on_success: str | None = None
    """The ARN of the destination for records of successes."""
    on_failure: str | None = None
    """The ARN of the destination for records of failures."""
    dead_letter: str | None = None
    """The ARN of the queue or topic that receives the event itself after a failure."""


@dataclass(frozen=True, slots=True)
class LayerSource:
    """The source that a build makes the content of a layer from: SAM's ``BuildMethod``."""

    folder: Path
    language: Language
    """The language that it is for."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer version, and the path of its content."""

    arn: str
    """The ARN of the layer version."""
    path: Path | None = None
    """A folder or a zip file, absolute; None when it is not on this machine."""
    source: LayerSource | None = None
    """The source of one that is not built yet."""


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A published version of a function. Here it has the code and configuration of ``$LATEST``."""

    number: str
    """Counted from 1, as Lambda does."""
    description: str = ""
    provisioned_concurrency: int = 0
    """The number of environments that are initialised ahead of invocations."""


@dataclass(frozen=True, slots=True)
class FileSystem:
    """A file system of a function's ``FileSystemConfigs``."""

    local_mount_path: str
    """Where the function finds it, such as ``/mnt/data``."""
    arn: str = ""
    """The access point's ARN; empty where it is not known, or where there is no template."""
    directory: Path | None = None
    """The folder of the project's that takes its place, absolute; None where none does."""
    line: int | None = field(default=None, compare=False)
    """The line of its configuration in the template, counted from 1."""


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a version of a function."""

    name: str
    version: str
    description: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    """The shares of invocations, 0 to 1, that other versions get: ``AdditionalVersionWeights``."""

    def choose_version(self) -> str:
        """Return the version that serves the next invocation."""
        if self.weights:
            left = random.random()
            for version, weight in self.weights.items():
                left -= weight
                if left < 0:
                    return version
        return self.version


@dataclass(frozen=True, slots=True)
class Trigger:
    """A service that invokes a function, as far as the template says."""

    service: str
    """A word such as ``sqs`` or ``apigateway``: the name of the builder of its events."""
    name: str
    """The name in the template: of one of the function's ``Events``, or of a resource."""
    details: Mapping[str, str] = field(default_factory=dict)
    """The values that the template gives, by parameters of the builder, such as ``queue``."""


@dataclass(frozen=True, slots=True)
class ContainerImage:
    """The image of a function with ``PackageType: Image``; it is read, and never built."""

    dockerfile: Path
    """Absolute."""
    command_line: int | None = None
    """The line of the Dockerfile that names the handler; None where the template does."""


@dataclass(frozen=True, slots=True)
class Function:
    """A deployed function: Lambda's ``FunctionConfiguration``, and the path of its code."""

    name: str
    handler: str
    """``module.function``, as in the template."""
    code_directory: Path
    """The folder that is mounted at ``/var/task``, absolute."""
    code_archive: Path | None = None
    """The zip file that ``code_directory`` was unpacked from; None for a folder."""
    code_file: Path | None = None
    """The only file of the code, which ``code_directory`` links to; None for a folder."""
    linked_folders: Mapping[Path, str] | None = None
    """The folders of which the code has a link to each file, by the paths of these links in it.

    None where ``code_directory`` is not put together of links.
    """
    added_packages: tuple[str, ...] = ()
    """Packages that it has on Lambda beyond those of its requirement files, by canonical names."""
    layers: tuple[Layer, ...] = ()
    """The layers in their order; a file in a later one replaces that in an earlier one."""
    layers_directory: Path | None = None
    """The folder that is mounted at ``/opt``, absolute: the merged layers. None without layers."""
    packages_directory: Path | None = field(default=None, compare=False)
    """A folder whose content stands beside the code at ``/var/task``, as a build puts it there.

    It has the packages that the function's files name, once they are synced; None before that.
    """
    unreadable: tuple[str, ...] = ()
    """Paths in Lambda, such as ``/var/task/app.py``, of what the function cannot read there."""
    hidden_modules: tuple[str, ...] = ()
    """Modules that are installed for its interpreter, and that it would not have in Lambda."""
    runtime: str | None = None
    """Lambda's identifier, such as ``python3.13``; None when the project does not name one."""
    image: ContainerImage | None = None
    """The image that its code is read from; None for a zip file's."""
    obstacle: str | None = None
    """Why it does not run here, in one sentence that ends with the remedy; None where it does."""
    bootstrap: tuple[str, ...] = ()
    """A command of the user's that is the runtime, in place of the one that ``runtime`` names.

    It calls the Runtime API, and gets the handler as its last argument.
    """
    timeout: int = DEFAULT_TIMEOUT
    """Seconds, 1 to 900."""
    memory_size: int = DEFAULT_MEMORY_SIZE
    """MB, 128 to 10240."""
    ephemeral_storage: int = DEFAULT_EPHEMERAL_STORAGE
    """MB of ``/tmp``, 512 to 10240."""
    file_systems: tuple[FileSystem, ...] = ()
    architecture: Architecture = DEFAULT_ARCHITECTURE
    """The one that AWS would run it on, and bill it by; here it runs on this machine's."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The function's own environment variables."""
    variable_origins: Mapping[str, str] = field(default_factory=dict, compare=False)
    """The place that sets each of them, such as ``template.yaml:14``; by the variable's name."""
    unknown_variables: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Variables that it has on AWS and not here, with the sentences that say why."""
    secrets: frozenset[str] = field(default=frozenset(), compare=False)
    """The names of those that hold a secret, which is shown on request only."""
    local_variables: Mapping[str, str] = field(default_factory=dict)
    """Variables that it would not have on AWS, and that its own go before."""
    logging: LoggingConfig = field(default_factory=LoggingConfig)
    asynchronous: AsyncConfig = field(default_factory=AsyncConfig)
    """The configuration of ``$LATEST``; ``async_config`` returns that of any qualifier."""
    qualified_asynchronous: Mapping[str, AsyncConfig] = field(default_factory=dict)
    """The configurations of versions and aliases, by their names."""
    reserved_concurrency: int | None = None
    """Concurrency reserved from the account's; 0 blocks the function, None reserves nothing."""
    version: str = LATEST
    """The version that this is the configuration of."""
    published: tuple[PublishedVersion, ...] = ()
    """The published versions, oldest first."""
    aliases: tuple[Alias, ...] = ()
    """The aliases, the one that SAM publishes first."""
    snap_start: bool = False
    """Whether environments of published versions are restored from a snapshot: ``SnapStart``."""
    tracing: TracingMode = "PassThrough"
    is_tenant_isolated: bool = False
    """Whether each environment serves one tenant only: ``PER_TENANT`` in ``TenancyConfig``."""
    triggers: tuple[Trigger, ...] = field(default=(), compare=False)
    """The services that invoke it, its own ``Events`` first. They are not run here."""
    description: str = field(default="", compare=False)
    file: Path | None = field(default=None, compare=False)
    """The file that declares the function: a template, or its source in a plain folder."""
    line: int | None = field(default=None, compare=False)
    """The line in that file, counted from 1."""
    logical_id: str | None = field(default=None, compare=False)
    """The name of its resource in the template, or the one that another file gives it.

    In a nested stack it is a path, such as ``Child/Function``. None in a plain folder.
    """
    region: str = REGION
    account_id: str = ACCOUNT_ID

    language: Language = field(init=False, compare=False)
    """The language of its runtime, or else of the file that it was found in."""
    arn: str = field(init=False, compare=False)
    """The unqualified ARN."""
    log_group: str = field(init=False, compare=False)
    """The name of the CloudWatch log group."""
    mounts: tuple[tuple[Path, str], ...] = field(init=False, compare=False)
    """The folders that are mounted for it, each with its path in Lambda."""

    def __post_init__(self) -> None:
        """Derive the fields that every environment and invocation asks for."""
        is_node_source = self.file is not None and self.file.suffix in NODE_SUFFIXES
        language = language_of(self.runtime) or ("node" if is_node_source else "python")
        arn = f"arn:aws:lambda:{self.region}:{self.account_id}:function:{self.name}"
        mounts = [(one.directory, one.local_mount_path) for one in self.file_systems]
        mounted = tuple((folder, path) for folder, path in mounts if folder is not None)
        # The class is frozen for everyone else.
        object.__setattr__(self, "mounts", mounted)
        object.__setattr__(self, "language", language)
        object.__setattr__(self, "arn", arn)
        object.__setattr__(self, "log_group", self.logging.group or f"/aws/lambda/{self.name}")

    @property
    def code_path(self) -> Path:
        """The path of the code in the project: a folder, a zip file, or a single file."""
        return self.code_archive or self.code_file or self.code_directory

    @property
    def source_directory(self) -> Path:
        """The folder of the project that the code is of, also where it was put together."""
        if self.linked_folders is None or self.file is None:
            return self.code_directory
        return self.image.dockerfile.parent if self.image is not None else self.file.parent

    @property
    def stack_path(self) -> str:
        """The logical ids on the way to it, such as ``Child/Function``, in a nested stack.

        Empty for a function that is in none.
        """
        path = self.logical_id or ""
        return path if "/" in path else ""

    @property
    def versions(self) -> tuple[str, ...]:
        """All versions: ``$LATEST``, then the published ones."""
        return (LATEST, *(published.number for published in self.published))

    @property
    def provisioned_concurrency(self) -> int:
        """The number of environments that its versions have ahead of invocations together."""
        return sum(published.provisioned_concurrency for published in self.published)

    @property
    def event_qualifier(self) -> str | None:
        """The qualifier that event sources invoke: SAM has them invoke the alias, if there is one.

        None for the function itself.
        """
        return self.aliases[0].name if self.aliases else None

    def at(self, version: str) -> Function:
        """Return the configuration of one of the versions."""
        if version == self.version:
            return self
        published = next((one for one in self.published if one.number == version), None)
        description = self.description if published is None else published.description
        return replace(self, version=version, description=description or self.description)

    def missed_variables(self, error: bytes) -> Iterator[str]:
        """Yield a sentence for each variable without a value here that an error speaks of."""
        for name, reason in self.unknown_variables.items():
            if re.search(rb"(?<!\w)%s(?!\w)" % re.escape(name).encode(), error):
                yield f"{self.name}: {name} is not set here, since {reason}"

    def alias(self, name: str | None) -> Alias | None:
        """Return an alias by its name; None if there is none."""
        return next((alias for alias in self.aliases if alias.name == name), None)

    def async_config(self, qualifier: str | None) -> AsyncConfig:
        """Return the configuration of asynchronous invocations of a qualifier.

        As on AWS, a version or an alias does not have that of ``$LATEST``, but Lambda's own values.
        Only dead letters are the function's.
        """
        if qualifier is None or qualifier == LATEST:
            return self.asynchronous
        own = self.qualified_asynchronous.get(qualifier, AsyncConfig())
        return replace(own, dead_letter=self.asynchronous.dead_letter)

    def resolve(self, qualifier: str | None) -> str | None:
        """Return the version that serves an invocation of a qualifier; None if there is none."""
        if qualifier is None:
            return LATEST
        if qualifier in self.versions:
            return qualifier
        alias = self.alias(qualifier)
        return None if alias is None else alias.choose_version()


@dataclass(frozen=True, slots=True)
class Listing:
    """A file that declares functions, read or not: functions are grouped by these."""

    file: Path | None
    """None for the source files of a plain folder."""
    kind: str
    """Words such as ``Serverless Framework``."""
    functions: tuple[str, ...] = ()
    """The names of the functions that were read from it."""
    unread: int = 0
    """The functions that it seems to have where it was not read; 0 where that is not known."""
    remark: str = ""
    """The reason why it was not read, as the end of a sentence; empty where it was."""

    def name(self, directory: Path) -> str:
        """Return what the file is called in a project's folder."""
        if self.file is None:
            return self.kind
        if self.file.is_relative_to(directory):
            return str(self.file.relative_to(directory))
        return str(self.file)

    def summary(self) -> str:
        """Return the number of functions, and why they were not read where they were not."""
        number = len(self.functions) or self.unread
        functions = counted(number, "function") if number or not self.remark else ""
        return ", ".join(filter(None, (functions, self.remark)))


@dataclass(frozen=True, slots=True)
class Project:
    """The functions found in a folder, and the problems found in its files."""

    directory: Path
    """The project's folder, absolute."""
    functions: tuple[Function, ...] = ()
    problems: tuple[Problem, ...] = ()
    template: Path | None = None
    """The file that lists the functions, such as a SAM template; None for a plain folder."""
    sources: frozenset[Path] = frozenset()
    """Further files that its functions were read from, or would be if they were there."""
    listings: tuple[Listing, ...] = ()
    """The files that declare its functions, and those that were seen and not read."""

    @property
    def is_grouped(self) -> bool:
        """Whether there is more than one listing to tell apart."""
        return len(self.listings) > 1
