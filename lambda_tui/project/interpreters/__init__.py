"""Finds the Python or Node.js that a function runs on; nothing is run to find out."""

from __future__ import annotations

from lambda_tui.project.interpreters.find import find_interpreter
from lambda_tui.project.interpreters.interpreter import (
    Interpreter,
    is_python,
    own_program,
    version_mismatch,
)
from lambda_tui.project.interpreters.node import nodes_on_machine
from lambda_tui.project.interpreters.python import interpreters_on_path

__all__ = [
    "Interpreter",
    "find_interpreter",
    "interpreters_on_path",
    "is_python",
    "nodes_on_machine",
    "own_program",
    "version_mismatch",
]
