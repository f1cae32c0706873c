"""What the settings say of single functions, read and put on the functions of a project."""

from __future__ import annotations

import dataclasses
import difflib
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from lambda_tui.project.function import Function, Problem, Project
from lambda_tui.project.setting_tables import BadEntryError, read_entries
from lambda_tui.project.settings import FunctionSettings, NetworkChoice, Settings
from lambda_tui.project.wording import shown

_EXAMPLE_BOOTSTRAP = 'bootstrap = [".venv/bin/python", "-m", "awslambdaric"]'
EXAMPLE = f"{_EXAMPLE_BOOTSTRAP} under [functions.NAME]"
"""What may be set, and where."""
_NETWORK_CHOICES: dict[object, NetworkChoice] = {"auto": "auto", "shared": "shared", "own": "own"}


def read_function_settings(
    functions: Mapping[str, object], folder: Path
) -> tuple[dict[str, FunctionSettings], list[str]]:
    """The table ``functions`` of a file in ``folder``, and a sentence for each that is no use."""
    return read_entries(
        functions, lambda name, table: _read_table(f"functions.{shown(name)}", table, folder)
    )


def with_settings(project: Project, settings: Settings) -> Project:
    """The project with what the settings say of its functions, and of those it does not have."""
    if not settings.functions:
        return project
    names = [function.name for function in project.functions]
    problems = [_unknown_function(name, names) for name in settings.functions if name not in names]
    functions = tuple(_changed(function, settings) for function in project.functions)
    problems = [*project.problems, *problems]
    return dataclasses.replace(project, functions=functions, problems=tuple(problems))


def network_choice(value: object) -> NetworkChoice | None:
    """What a setting ``network`` says; None when that is nothing it takes."""
    return _NETWORK_CHOICES.get(value) if isinstance(value, str) else None


def _read_table(place: str, table: object, folder: Path) -> FunctionSettings:
    if not isinstance(table, dict):
        raise BadEntryError(f"{place} is {shown(table)}, but it takes a table, such as {EXAMPLE}.")
    unknown = next((key for key in table if key not in ("bootstrap", "network")), None)
    if unknown is not None:
        raise BadEntryError(
            f"{place} has {shown(unknown)}, but it takes bootstrap and network only."
        )
    network = network_choice(table.get("network"))
    if network is None and "network" in table:
        raise BadEntryError(
            f"{place}.network is {shown(table['network'])}, but it takes auto, shared or own."
        )
    command = table.get("bootstrap", [])
    if not isinstance(command, list) or not all(isinstance(part, str) for part in command):
        raise BadEntryError(
            f"{place}.bootstrap is {shown(command)}, but it takes a program and its arguments, "
            f"such as {_EXAMPLE_BOOTSTRAP}."
        )
    if not command:
        return FunctionSettings(network=network)
    program = _program(command[0], folder)
    if program is None:
        raise BadEntryError(
            f"{place}.bootstrap names {shown(command[0])}, which is no program that can be "
            "executed; give its path, or the name of one on PATH."
        )
    return FunctionSettings((program, *command[1:]), network)


def _program(name: str, folder: Path) -> str | None:
    """A path from the file's folder on, or the name of a program on ``PATH``."""
    expanded = os.path.expanduser(name)
    if "/" in expanded:
        path: str | None = os.path.normpath(os.path.join(folder.absolute(), expanded))
    else:
        path = shutil.which(expanded)
    if path is None or not os.path.isfile(path) or not os.access(path, os.X_OK):
        return None
    return os.path.abspath(path)


def _changed(function: Function, settings: Settings) -> Function:
    own = settings.functions.get(function.name)
    return function if own is None else dataclasses.replace(function, bootstrap=own.bootstrap)


def _unknown_function(name: str, names: list[str]) -> Problem:
    near = difflib.get_close_matches(name[:64], names, n=1)
    hint = f"did you mean {near[0]}?" if near else "take it out of functions."
    return Problem(f"the settings name a function {shown(name)}, which is not there; {hint}")
