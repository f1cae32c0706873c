"""What runs beside a function in its environment, and what is different with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from extension_project import said
from kinds import Kind, write_program
from workbench import Workbench

from lambda_tui.engine.events import ExtensionStatus
from lambda_tui.engine.lifecycle import State
from lambda_tui.project.function import Project

_PROJECTS = Path(__file__).resolve().parent / "projects"
_RECORDER = (_PROJECTS / "extensions" / "bash-recorder").read_text()


@dataclass(frozen=True, slots=True)
class Company:
    """The extensions beside a function."""

    external: Mapping[str, str] = field(default_factory=dict)
    """Programs that say each event that they are given, by name."""
    has_internal: bool = False
    statuses: tuple[ExtensionStatus, ...] = ()
    """What Init tells of them."""
    init_spans: tuple[str, ...] = ()
    """What of Init is theirs."""
    report_spans: tuple[str, ...] = ()
    """What of an invocation is theirs."""
    reset: tuple[State, ...] = (State.RESET,)
    """The states on the way to an environment without processes."""

    def project(self, kind: Kind, folder: Path, **configuration: Any) -> Project:
        """The function of a kind, beside them."""
        project = kind.project(folder / "function", is_extended=self.has_internal, **configuration)
        if not self.external:
            return project
        layers = folder / "layers"
        for name, text in self.external.items():
            write_program(layers / "extensions" / name, text)
        (function,) = project.functions
        return replace(project, functions=(replace(function, layers_directory=layers),))

    def reasons(self, workbench: Workbench) -> list[str]:
        """The ``shutdownReason`` of each SHUTDOWN event that one was given so far."""
        told = [event for name in self.external for event in said(workbench, name)]
        return [event["shutdownReason"] for event in told if event["eventType"] == "SHUTDOWN"]


ALONE = Company()
_BESIDE = Company(
    init_spans=("extensionInit",),
    report_spans=("extensionOverhead",),
    reset=(State.RESETTING, State.RESET),
)
COMPANIES = {
    "alone": ALONE,
    "external": replace(
        _BESIDE,
        external={"recorder": _RECORDER},
        statuses=(ExtensionStatus("recorder", "Ready", ("INVOKE", "SHUTDOWN")),),
    ),
    "internal": replace(
        _BESIDE,
        has_internal=True,
        statuses=(ExtensionStatus("inside", "Ready", ("INVOKE",)),),
    ),
}
"""None, one that is a process of its own, and one inside the runtime's."""
