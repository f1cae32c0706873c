"""The ``bootstrap`` of functions that bring their own runtime: AWS's OS-only runtimes."""

from __future__ import annotations

from pathlib import Path

from lambda_tui.project.files import is_executable, launch_obstacle
from lambda_tui.project.function import Function, Problem
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES
from lambda_tui.project.wording import shown

DEFAULT_HANDLER = "function.handler"
"""The handler of such a function without a template: the one of AWS's tutorial."""


def needs_bootstrap(function: Function) -> bool:
    """Return whether the function runs a ``bootstrap`` of its own."""
    return function.runtime in OS_ONLY_RUNTIMES and not function.bootstrap


def has_bootstrap(directory: Path) -> bool:
    """Return whether a folder has a ``bootstrap`` that can be executed."""
    return is_executable(directory / "bootstrap")


def bootstrap_problem(function: Function) -> Problem | None:
    """Return the problem of a function without a usable ``bootstrap``.

    The one in the code goes before that of a layer. None where a layer may have one that is not on
    this machine.
    """
    folder = shown(function.code_path.name)
    places = {f"bootstrap in {folder}": function.code_directory / "bootstrap"}
    if function.layers_directory is not None:
        places["bootstrap of its layers"] = function.layers_directory / "bootstrap"
    for name, program in places.items():
        if program.is_file():
            obstacle = launch_obstacle(program)
            return None if obstacle is None else _problem(function, f"{name} {obstacle}")
    if any(layer.path is None for layer in function.layers):
        return None
    sentence = f"Runtime {function.runtime} runs bootstrap, which is not in {folder}"
    remedy = "build it there, or let CodeUri name the folder that it is built into."
    return _problem(function, f"{sentence}; {remedy}")


def _problem(function: Function, sentence: str) -> Problem:
    return Problem(f"{function.name}: {sentence}", functions=(function.name,))
