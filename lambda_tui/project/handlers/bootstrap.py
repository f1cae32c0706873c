"""The ``bootstrap`` of functions that bring their own runtime: AWS's OS-only runtimes."""

from __future__ import annotations

from pathlib import Path

from lambda_tui.project.files import is_executable
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

    None where layers may have one; they are not searched.
    """
    if function.layers_directory is not None or has_bootstrap(function.code_directory):
        return None
    folder = shown(function.code_path.name)
    sentence = f"Runtime {function.runtime} runs bootstrap, which is not in {folder}"
    remedy = "build it there, or let CodeUri name the folder that it is built into."
    if (function.code_directory / "bootstrap").exists():
        sentence = f"bootstrap in {folder} cannot be executed"
        remedy = "run chmod +x on it."
    return Problem(f"{function.name}: {sentence}; {remedy}", functions=(function.name,))
