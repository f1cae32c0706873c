"""The kinds of runtimes with a function written for each, and the extensions beside them.

The function, in ``projects/every_kind``, does what its event says: ``{"exit": 3}``,
``{"sleep": 0.2}``. Otherwise it answers how many invocations it remembers, and whether ``/tmp``
holds a trace of an earlier one.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lambda_tui.engine.events import ExtensionStatus
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import Function, Project
from support.extensions import said
from support.files import PROJECTS, write_program
from support.node_process import NODE
from support.workbench import TIMEOUT, Workbench

WRAPPER = """#!/bin/bash
export WRAPPED=yes
exec "$@"
"""
_SOURCES = PROJECTS / "every_kind"


@dataclass(frozen=True, slots=True)
class RuntimeKind:
    """A way to run a function, and what is different about it."""

    suffix: str
    """The suffix of the files that the function is written in."""
    load_internal: str
    """The lines that start the internal extension beside the function."""
    spans: tuple[str, ...]
    """The spans of its Init: the Runtime API does not tell when a function is loaded."""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    program: tuple[str, str] | None = None
    """The name and the text of an executable file in the code."""
    is_ended_by_a_refusal: bool = False
    """Whether the runtime exits when a response of its is refused."""

    def project(
        self, folder: Path, name: str = "function", *, is_extended: bool = False, **given: Any
    ) -> Project:
        """Write the source of this name, with an internal extension if asked, as a project."""
        folder.mkdir(exist_ok=True)
        source = (_SOURCES / f"{name}{self.suffix}").read_text()
        if is_extended:
            shutil.copy(_SOURCES / f"internal{self.suffix}", folder)
            source += self.load_internal
        file = folder / f"{name}{self.suffix}"
        file.write_text(source)
        if self.program is not None:
            write_program(folder / self.program[0], self.program[1])
        configuration = {"timeout": TIMEOUT, **self.configuration, **given}
        function = Function(
            "function",
            handler=f"{name}.handler",
            code_directory=folder,
            file=file,
            **configuration,
        )
        return Project(folder, (function,))


def _python(**given: Any) -> RuntimeKind:
    spans = ("runtimeInit", "functionInit")
    return RuntimeKind(".py", "\nimport internal\n", **{"spans": spans, **given})


def _node(runtime: str) -> RuntimeKind:
    load = "\nrequire('./internal.js');\n"
    return RuntimeKind(".js", load, ("runtimeInit", "functionInit"), {"runtime": runtime})


RUNTIME_KINDS = {
    "python": _python(),
    "wrapped": _python(
        configuration={"environment": {"AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrapper"}},
        program=("wrapper", WRAPPER),
    ),
    "awslambdaric": _python(
        spans=("runtimeInit",),
        configuration={"bootstrap": (sys.executable, "-m", "awslambdaric")},
        is_ended_by_a_refusal=True,
    ),
    "bash": RuntimeKind(
        ".sh",
        '\n. "$LAMBDA_TASK_ROOT/internal.sh"\n',
        ("runtimeInit",),
        {"runtime": "provided.al2023"},
        ("bootstrap", (_SOURCES / "bootstrap").read_text()),
    ),
    "nodejs22.x": _node("nodejs22.x"),
    "nodejs24.x": _node("nodejs24.x"),
}
"""Our runtimes in Python, as a fork and behind a wrapper, and in Node.js; over the Runtime API
AWS's own client, and a few lines of bash."""
SETTINGS = {"node": NODE}
"""The settings that all of them run under."""


@dataclass(frozen=True, slots=True)
class ExtensionSetup:
    """The extensions beside a function, and what is different with them."""

    external: Mapping[str, str] = field(default_factory=dict)
    """Programs that print each event that they are given, by name."""
    has_internal: bool = False
    statuses: tuple[ExtensionStatus, ...] = ()
    """The records of their state at the end of Init."""
    init_spans: tuple[str, ...] = ()
    """Their spans of Init."""
    report_spans: tuple[str, ...] = ()
    """Their spans of an invocation."""
    reset: tuple[State, ...] = (State.RESET,)
    """The states on the way to an environment without processes."""

    def project(self, kind: RuntimeKind, folder: Path, **configuration: Any) -> Project:
        """Write the function of a kind with these extensions as a project."""
        project = kind.project(folder / "function", is_extended=self.has_internal, **configuration)
        if not self.external:
            return project
        layers = folder / "layers"
        for name, text in self.external.items():
            write_program(layers / "extensions" / name, text)
        (function,) = project.functions
        return replace(project, functions=(replace(function, layers_directory=layers),))

    def shutdown_reasons(self, workbench: Workbench) -> list[str]:
        """Return the ``shutdownReason`` of each SHUTDOWN event that they have got so far."""
        told = [event for name in self.external for event in said(workbench, name)]
        return [event["shutdownReason"] for event in told if event["eventType"] == "SHUTDOWN"]


_EXTENDED = ExtensionSetup(
    init_spans=("extensionInit",),
    report_spans=("extensionOverhead",),
    reset=(State.RESETTING, State.RESET),
)
EXTENSION_SETUPS = {
    "alone": ExtensionSetup(),
    "external": replace(
        _EXTENDED,
        external={"recorder": (PROJECTS / "extensions" / "bash-recorder").read_text()},
        statuses=(ExtensionStatus("recorder", "Ready", ("INVOKE", "SHUTDOWN")),),
    ),
    "internal": replace(
        _EXTENDED,
        has_internal=True,
        statuses=(ExtensionStatus("inside", "Ready", ("INVOKE",)),),
    ),
}
"""No extension, one that is a process of its own, and one inside the runtime's process."""
