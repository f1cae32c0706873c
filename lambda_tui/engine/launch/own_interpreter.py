"""Whether a Python function needs an interpreter that is started for it, not forked."""

from __future__ import annotations

import os
from pathlib import Path

from lambda_tui.project.function import Function

# The dynamic linker and Python look at their variables once, as a process begins.
_READ_AT_THE_START = ("LD_", "PYTHON")
# They say what is so in any case.
_WITHOUT_EFFECT = ("PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE")
# Modules of Python's, which are found by its own import path.
_MODULE_TAGS = (".cpython-", ".abi3.")


def needs_own_interpreter(function: Function) -> bool:
    """Whether the linker is to find libraries of its own, or a variable sets Python's start."""
    if any(_is_read_at_the_start(name) for name in function.environment):
        return True
    folders = [function.code_directory, function.code_directory / "lib"]
    if function.layers_directory is not None:
        folders.append(function.layers_directory / "lib")
    return any(_has_library(folder) for folder in folders)


def _is_read_at_the_start(variable: str) -> bool:
    return variable.startswith(_READ_AT_THE_START) and variable not in _WITHOUT_EFFECT


def _has_library(folder: Path) -> bool:
    """Whether there is what ``LD_LIBRARY_PATH`` is for."""
    try:
        return any(_is_library(name) for name in os.listdir(folder))
    except OSError:
        return False


def _is_library(name: str) -> bool:
    stem, so, rest = name.partition(".so")
    is_named_so = bool(stem and so) and (not rest or rest.startswith("."))
    return is_named_so and not any(tag in name for tag in _MODULE_TAGS)
