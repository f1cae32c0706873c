"""The ``bootstrap`` of functions that bring their own runtime: AWS's OS-only runtimes."""

from __future__ import annotations

from lambda_tui.project.files import launch_obstacle
from lambda_tui.project.function import Function, Problem
from lambda_tui.project.handlers.compiled import compiled_source
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES
from lambda_tui.project.wording import shown

DEFAULT_HANDLER = "function.handler"
"""The handler of such a function without a template: the one of AWS's tutorial."""


def needs_bootstrap(function: Function) -> bool:
    """Return whether the function runs a ``bootstrap`` of its own."""
    return function.runtime in OS_ONLY_RUNTIMES and not function.bootstrap


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
    return _problem(function, f"{sentence}; {_remedy(function)}.")


def _remedy(function: Function) -> str:
    """Return what makes the ``bootstrap`` that is missing."""
    if function.image is not None:
        return "COPY it to ${LAMBDA_RUNTIME_DIR} or ${LAMBDA_TASK_ROOT}"
    source = compiled_source(function.code_directory, function.code_directory.name)
    if source is not None:
        return source.remedy
    return "build it there, or let CodeUri name the folder that it is built into"


def _problem(function: Function, sentence: str) -> Problem:
    return Problem(f"{function.name}: {sentence}", functions=(function.name,))
