"""Finds a function's handler in its source and checks that it is there, without running code."""

from __future__ import annotations

from lambda_tui.project.handlers.bootstrap import DEFAULT_HANDLER
from lambda_tui.project.handlers.compiled import built_folder, compiled_source
from lambda_tui.project.handlers.handler import handler_problem
from lambda_tui.project.handlers.node_source import (
    exported_handlers,
    find_node_source,
    split_node_handler,
)
from lambda_tui.project.handlers.outline import Definition
from lambda_tui.project.handlers.python_source import (
    LARGEST_SOURCE,
    FindPython,
    PythonSource,
    read_python_sources,
)
from lambda_tui.project.handlers.relative_imports import misspelt_imports

__all__ = [
    "DEFAULT_HANDLER",
    "LARGEST_SOURCE",
    "Definition",
    "FindPython",
    "PythonSource",
    "built_folder",
    "compiled_source",
    "exported_handlers",
    "find_node_source",
    "handler_problem",
    "misspelt_imports",
    "read_python_sources",
    "split_node_handler",
]
