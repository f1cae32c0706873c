"""How the runtime of a function is started: forked, or a program that is executed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lambda_tui.project.function import Function
from lambda_tui.project.interpreter import is_python
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES

TASK_ROOT = "/var/task"
LAYERS_ROOT = "/opt"


@dataclass(frozen=True, slots=True)
class Places:
    """Where an environment's processes find code and layers."""

    task_root: str
    layers_root: str

    @classmethod
    def of(cls, function: Function, *, is_isolated: bool) -> Places:
        """AWS's own paths, or the real ones where there is no file system of the environment's."""
        if is_isolated:
            return cls(TASK_ROOT, LAYERS_ROOT)
        return cls(str(function.code_directory), str(function.layers_directory or LAYERS_ROOT))


@dataclass(frozen=True, slots=True)
class RuntimeStart:
    """The program to execute, and what it speaks to the engine."""

    command: tuple[str, ...] = ()
    """None to execute: the init process, which has all of Python's runtime loaded, is forked."""
    speaks_http: bool = False
    """Whether it calls the Runtime API, and not our frames over a channel."""


def runtime_start(function: Function, places: Places) -> RuntimeStart:
    """What the settings, or else the function's ``Runtime``, ask for."""
    if function.bootstrap:
        program, *arguments = function.bootstrap
        path = _inside(Path(program), function, places)
        return RuntimeStart((path, *arguments, function.handler), speaks_http=True)
    if function.runtime in OS_ONLY_RUNTIMES:
        return RuntimeStart((_bootstrap(function, places),), speaks_http=True)
    return RuntimeStart()


def _inside(path: Path, function: Function, places: Places) -> str:
    """Where a file of the machine's is found inside: among the code, or where it was."""
    if path.is_relative_to(function.code_directory) and not is_python(path):
        return f"{places.task_root}/{path.relative_to(function.code_directory)}"
    return str(path)


def _bootstrap(function: Function, places: Places) -> str:
    """``bootstrap`` in the code or in a layer; in the code too when there is none."""
    layers = function.layers_directory
    is_in_layer = layers is not None and (layers / "bootstrap").is_file()
    if is_in_layer and not (function.code_directory / "bootstrap").is_file():
        return f"{places.layers_root}/bootstrap"
    return f"{places.task_root}/bootstrap"


def external_extensions(function: Function) -> tuple[str, ...]:
    """The files in the layers' ``extensions`` folder by name; no folder in it is looked into."""
    if function.layers_directory is None:
        return ()
    folder: Path = function.layers_directory / "extensions"
    if not folder.is_dir():
        return ()
    return tuple(sorted(entry.name for entry in folder.iterdir() if not entry.is_dir()))
