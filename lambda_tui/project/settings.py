"""How lambda-tui is to behave: the values that a user may set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

ACCOUNT_CONCURRENCY = 1000
"""Invocations at a time of all functions together: the quota that AWS gives by default."""
RETRY_DELAYS = (60.0, 120.0)
"""Seconds before AWS tries a failed asynchronous invocation again: once, and once more."""

SandboxChoice = Literal["auto", "namespaces", "processes"]
NetworkChoice = Literal["auto", "shared", "own"]


@dataclass(frozen=True, slots=True)
class FunctionSettings:
    """What a user may set for one function."""

    bootstrap: tuple[str, ...] = ()
    """A program, by its absolute path, and arguments: the runtime in place of the function's own.

    It calls the Runtime API, and gets the handler as a further argument.
    """
    network: NetworkChoice | None = None
    """In place of the setting for all functions."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that a user may set, with what holds when nothing is set."""

    sandbox: SandboxChoice = "auto"
    """The sandbox level; ``auto`` takes the best that the machine gives."""
    network: NetworkChoice = "auto"
    """Whether environments share the machine's network or have one each.

    ``auto`` gives those one each that need it, as their extensions may listen on fixed ports.
    """
    idle_timeout: float = 600.0
    """Seconds after which an idle environment is removed."""
    maximum_environments: int = 50
    """Environments of one function at a time; more invocations are throttled."""
    account_concurrency: int = ACCOUNT_CONCURRENCY
    """Invocations of all functions at a time: the account's limit."""
    retry_delays: tuple[float, ...] = RETRY_DELAYS
    """Seconds before each further try of a failed asynchronous invocation."""
    python: Path | None = None
    """The interpreter for Python functions; None looks for the project's own."""
    node: Path | None = None
    """The Node.js for Node.js functions; None looks for one."""
    layers: tuple[Path, ...] = ()
    """Folders and zip files: the layers of every function of a project without a template."""
    layer_paths: Mapping[str, Path] = field(default_factory=dict)
    """Where the layers that a template names by ARN, with a version or without, lie here."""
    functions: Mapping[str, FunctionSettings] = field(default_factory=dict)
    """By the function's name."""
    watch: bool = True
    """Whether a saved file re-initialises the environments that can see it."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Key bindings of the screen by their ids: ``{"invoke": "i,f5"}``."""
    theme: str | None = None
    """A Textual theme's name."""

    def network_of(self, function: str) -> NetworkChoice:
        """What is set for a function."""
        own = self.functions.get(function)
        return (own.network if own else None) or self.network
