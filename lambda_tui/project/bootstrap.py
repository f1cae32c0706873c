"""The ``bootstrap`` of functions that bring their own runtime."""

from __future__ import annotations

import os
from pathlib import Path

from lambda_tui.project.function import Function, Problem
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES
from lambda_tui.project.wording import shown

DEFAULT_HANDLER = "function.handler"
"""Of a function without a template: the one of AWS's tutorial."""


def needs_bootstrap(function: Function) -> bool:
    """Whether the function runs on a program of its own by that name."""
    return function.runtime in OS_ONLY_RUNTIMES and not function.bootstrap


def has_bootstrap(directory: Path) -> bool:
    """Whether a folder has one that can be executed."""
    file = directory / "bootstrap"
    return os.path.isfile(file) and os.access(file, os.X_OK)


def bootstrap_problem(function: Function) -> Problem | None:
    """What is certainly wrong with it; layers are not looked into."""
    if function.layers_directory is not None or has_bootstrap(function.code_directory):
        return None
    folder = shown(function.code_directory.name)
    sentence = f"Runtime {function.runtime} runs bootstrap, which is not in {folder}"
    remedy = "build it there, or let CodeUri name the folder that it is built into."
    if (function.code_directory / "bootstrap").exists():
        sentence = f"bootstrap in {folder} cannot be executed"
        remedy = "run chmod +x on it."
    return Problem(f"{function.name}: {sentence}; {remedy}", function=function.name)
