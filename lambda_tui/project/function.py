"""What a project deploys: functions, and what is wrong with the files that describe them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lambda_tui.project.runtimes import Language, language_of

NODE_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")
"""Of the files that Node.js functions are written in."""
DEFAULT_TIMEOUT = 3
"""Seconds, as on AWS."""
DEFAULT_MEMORY_SIZE = 128
"""MB, as on AWS."""
DEFAULT_EPHEMERAL_STORAGE = 512
"""MB of ``/tmp``, as on AWS."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the user's files that needs a hand: one sentence, and where."""

    message: str
    """One sentence that names the thing and the remedy."""
    file: Path | None = None
    line: int | None = None
    """Counted from 1."""
    function: str | None = None
    """The function concerned, where there is one."""

    def __str__(self) -> str:
        """The sentence with its place in front, as compilers write it."""
        if self.file is None:
            return self.message
        place = self.file.name if self.line is None else f"{self.file.name}:{self.line}"
        return f"{place}: {self.message}"


LogFormat = Literal["Text", "JSON"]
ApplicationLogLevel = Literal["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]
SystemLogLevel = Literal["DEBUG", "INFO", "WARN"]


@dataclass(frozen=True, slots=True)
class LoggingConfig:
    """How a function's log is written: Lambda's ``LoggingConfig``."""

    format: LogFormat = "Text"
    application_level: ApplicationLogLevel | None = None
    """Of the function's own lines; None when it is not set. With the JSON format only."""
    system_level: SystemLogLevel = "INFO"
    """Of the platform's lines; with the JSON format only."""
    group: str | None = None
    """A log group other than the function's own."""


@dataclass(frozen=True, slots=True)
class AsyncConfig:
    """What becomes of asynchronous invocations: ``EventInvokeConfig``, and dead letters."""

    maximum_retry_attempts: int = 2
    """0 to 2."""
    maximum_event_age: int = 21_600
    """Seconds, 60 to 21,600."""
    on_success: str | None = None
    """The ARN that the record of a success goes to."""
    on_failure: str | None = None
    """The ARN that the record of a failure goes to."""
    dead_letter: str | None = None
    """The ARN of the queue or topic that the event itself goes to after a failure."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A version of a layer, and where its content lies."""

    arn: str
    """With its version."""
    path: Path | None = None
    """A folder or a zip file, absolute; None when it is not on this machine."""


@dataclass(frozen=True, slots=True)
class Function:
    """A deployed function: Lambda's ``FunctionConfiguration``, and where its code lies."""

    name: str
    handler: str
    """``module.function``, as in the template."""
    code_directory: Path
    """Absolute; what becomes ``/var/task``."""
    code_archive: Path | None = None
    """The zip file that ``code_directory`` was unpacked from; None for a folder."""
    layers: tuple[Layer, ...] = ()
    """In their order: of what is in several, the last one's holds."""
    layers_directory: Path | None = None
    """Absolute; what becomes ``/opt``: the layers, merged in their order. None without layers."""
    runtime: str | None = None
    """Lambda's identifier, such as ``python3.13``; None when the project does not say."""
    bootstrap: tuple[str, ...] = ()
    """A command of the user's that is the runtime, in place of what ``runtime`` names.

    It calls the Runtime API, and gets the handler as its last argument.
    """
    timeout: int = DEFAULT_TIMEOUT
    """Seconds, 1 to 900."""
    memory_size: int = DEFAULT_MEMORY_SIZE
    """MB, 128 to 10240."""
    ephemeral_storage: int = DEFAULT_EPHEMERAL_STORAGE
    """MB of ``/tmp``, 512 to 10240."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """The function's own variables."""
    logging: LoggingConfig = field(default_factory=LoggingConfig)
    asynchronous: AsyncConfig = field(default_factory=AsyncConfig)
    reserved_concurrency: int | None = None
    """Invocations at a time, of the account's; 0 blocks the function. None reserves nothing."""
    provisioned_concurrency: int = 0
    """Environments that are initialised ahead of invocations."""
    snap_start: bool = False
    """Whether environments are restored from a snapshot: ``SnapStart`` of published versions."""
    description: str = field(default="", compare=False)
    file: Path | None = field(default=None, compare=False)
    """The file that declares the function: a template, or its source in a plain folder."""
    line: int | None = field(default=None, compare=False)
    """The line in that file, counted from 1."""
    region: str = "us-east-1"
    account_id: str = "123456789012"

    @property
    def language(self) -> Language:
        """What it is written in: by its runtime, else by the file that it was found in."""
        is_node_source = self.file is not None and self.file.suffix in NODE_SUFFIXES
        return language_of(self.runtime) or ("node" if is_node_source else "python")

    @property
    def arn(self) -> str:
        """The unqualified ARN."""
        return f"arn:aws:lambda:{self.region}:{self.account_id}:function:{self.name}"

    @property
    def log_group(self) -> str:
        """The CloudWatch log group."""
        return self.logging.group or f"/aws/lambda/{self.name}"


@dataclass(frozen=True, slots=True)
class Project:
    """The functions found in a folder, and what could not be read."""

    directory: Path
    """Absolute."""
    functions: tuple[Function, ...] = ()
    problems: tuple[Problem, ...] = ()
    template: Path | None = None
    """The SAM template that was read; None for a plain folder."""
