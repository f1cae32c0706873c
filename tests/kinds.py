"""The kinds of runtimes that there are, and one function that is written for each of them.

What its event says it does, in ``projects/every_kind``: ``{"exit": 3}``, ``{"sleep": 0.2}``. Else
it answers how many invocations it remembers, and whether ``/tmp`` remembers any before.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from node_process import NODE
from workbench import TIMEOUT

from lambda_tui.project.function import Function, Project

WRAPPER = """#!/bin/bash
export WRAPPED=yes
exec "$@"
"""
_SOURCES = Path(__file__).resolve().parent / "projects" / "every_kind"


@dataclass(frozen=True, slots=True)
class Kind:
    """A way in which a function is run, and what is different about it."""

    suffix: str
    """Of the files that the function is written in."""
    load_internal: str
    """How the function starts the internal extension beside it."""
    spans: tuple[str, ...]
    """What is known of its Init: the Runtime API does not tell when a function is loaded."""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    program: tuple[str, str] | None = None
    """An executable file in the code: its name and text."""
    is_ended_by_a_refusal: bool = False
    """Whether it takes a refused response for the end of everything."""

    def project(
        self, folder: Path, name: str = "function", *, is_extended: bool = False, **given: Any
    ) -> Project:
        """A project of one function: of the sources of this name, and an internal extension's."""
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


def write_program(path: Path, text: str) -> Path:
    """A file that can be executed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.chmod(path, 0o755)
    return path


def _python(**given: Any) -> Kind:
    return Kind(".py", "\nimport internal\n", **{"spans": ("runtimeInit", "functionInit"), **given})


def _node(runtime: str) -> Kind:
    load = "\nrequire('./internal.js');\n"
    return Kind(".js", load, ("runtimeInit", "functionInit"), {"runtime": runtime})


KINDS = {
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
    "bash": Kind(
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
"""What the engine is to know to run all of them."""
