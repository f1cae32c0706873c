"""How the runtime of a function is started: forked, or a program that is executed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lambda_tui.engine.launch.node_arguments import node_arguments
from lambda_tui.engine.launch.own_interpreter import needs_own_interpreter
from lambda_tui.engine.launch.runtimes_directory import runtimes_directory
from lambda_tui.project.function import Function
from lambda_tui.project.interpreters import Interpreter, is_python
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES

TASK_ROOT = "/var/task"
LAYERS_ROOT = "/opt"
# Nothing below is a name that Python could import, though this is on its path.
RUNTIMES_ROOT = "/var/runtime/.lambda-tui"
LOG_DESCRIPTOR = 62
"""Where whole log records go, by number as on AWS."""
LAYERS_VARIABLE = "_LAMBDA_TUI_LAYERS"


@dataclass(frozen=True, slots=True)
class Places:
    """Where an environment's processes find code and layers."""

    task_root: str
    layers_root: str
    runtimes_root: str
    """Of the code that lambda-tui brings; only what is executed, not forked, needs to see it."""

    @classmethod
    def of(cls, function: Function, *, is_isolated: bool) -> Places:
        """AWS's own paths, or the real ones where there is no file system of the environment's."""
        if is_isolated:
            return cls(TASK_ROOT, LAYERS_ROOT, RUNTIMES_ROOT)
        return cls(
            str(function.code_directory),
            str(function.layers_directory or LAYERS_ROOT),
            str(runtimes_directory()),
        )


@dataclass(frozen=True, slots=True)
class RuntimeStart:
    """The program to execute, and what it speaks to the engine."""

    command: tuple[str, ...] = ()
    """None to execute: the init process, which has all of Python's runtime loaded, is forked."""
    speaks_http: bool = False
    """Whether it calls the Runtime API, and not our frames over a channel."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """What it needs to know beside the function's own variables."""


def runtime_start(
    function: Function, places: Places, interpreter: Interpreter, version: str | None
) -> RuntimeStart:
    """What the settings, or else the function's ``Runtime``, ask for.

    ``interpreter`` is what functions in Python or Node.js run on.
    """
    if function.bootstrap:
        program, *arguments = function.bootstrap
        path = _inside(Path(program), function, places)
        command = (path, *arguments, function.handler)
        return RuntimeStart(command, speaks_http=True, variables=_own_runtime_variables(function))
    if function.runtime in OS_ONLY_RUNTIMES:
        return RuntimeStart((_bootstrap(function, places),), speaks_http=True)
    wrapper = exec_wrapper(function)
    wrapped = () if wrapper is None else (_in_layers(wrapper, places),)
    if function.language == "node":
        node = os.path.realpath(interpreter.executable)
        entry = f"{places.runtimes_root}/node/index.cjs"
        return RuntimeStart((*wrapped, node, *node_arguments(function, version or ""), entry))
    if is_executed(function):
        command = (*wrapped, str(interpreter.executable), f"{places.runtimes_root}/bootstrap.py")
        variables = {
            LAYERS_VARIABLE: places.layers_root,
        }
        return RuntimeStart(command, variables=variables)
    return RuntimeStart()


def _own_runtime_variables(function: Function) -> dict[str, str]:
    """What AWS gives its managed runtimes, so that records of several lines stay whole."""
    if function.runtime in OS_ONLY_RUNTIMES:
        return {}
    return {"_LAMBDA_TELEMETRY_LOG_FD": str(LOG_DESCRIPTOR)}


def exec_wrapper(function: Function) -> str | None:
    """The program that starts the runtime in place of AWS; only managed runtimes know of one."""
    if _has_its_own(function):
        return None
    return function.environment.get("AWS_LAMBDA_EXEC_WRAPPER") or None


def is_executed(function: Function) -> bool:
    """Whether the runtime is one that lambda-tui brings, and a program: not a fork."""
    if _has_its_own(function):
        return False
    if function.language == "node" or exec_wrapper(function) is not None:
        return True
    return needs_own_interpreter(function)


def _has_its_own(function: Function) -> bool:
    """Whether its runtime is a program of the user's."""
    return bool(function.bootstrap) or function.runtime in OS_ONLY_RUNTIMES


def _in_layers(path: str, places: Places) -> str:
    """Where a file is that a function names by its place on AWS."""
    for root, place in ((LAYERS_ROOT, places.layers_root), (TASK_ROOT, places.task_root)):
        if path.startswith(f"{root}/"):
            return place + path.removeprefix(root)
    return path


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


def is_snapshot_taken_of(function: Function) -> bool:
    """Whether environments are restored from a snapshot: that takes a runtime that is forked."""
    return function.snap_start and not (_has_its_own(function) or is_executed(function))


def external_extensions(function: Function) -> tuple[str, ...]:
    """The files in the layers' ``extensions`` folder by name; no folder in it is looked into."""
    if function.layers_directory is None:
        return ()
    folder: Path = function.layers_directory / "extensions"
    if not folder.is_dir():
        return ()
    return tuple(sorted(entry.name for entry in folder.iterdir() if not entry.is_dir()))
