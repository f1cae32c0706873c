"""Tells which names of a Python file are handlers."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from lambda_tui.project.files import read_bytes
from lambda_tui.project.handlers import LARGEST_SOURCE, PythonSource

_WELL_KNOWN_HANDLERS = ("lambda_handler", "handler")
_HANDLER_IN_TEXT = re.compile(rb"^(?:(?:async +)?def +)?(lambda_handler|handler) *[=(]", re.M)


def python_handlers(source: PythonSource) -> list[str]:
    """Return the names in a module that are handlers; the well-known one alone where it is one."""
    for name in _WELL_KNOWN_HANDLERS:
        if name in source.names and _is_handler(name, source.names[name]):
            return [name]
    return [name for name, statement in source.names.items() if _is_handler(name, statement)]


def handler_in_text(file: Path) -> str | None:
    """Return the well-known handler that the text of a file shows, even if it does not parse.

    ``lambda_function.py`` has ``lambda_handler`` in any case. Raise ``UnreadableFileError``.
    """
    match = re.search(_HANDLER_IN_TEXT, read_bytes(file, LARGEST_SOURCE))
    if match is not None:
        return match[1].decode()
    return "lambda_handler" if file.stem == "lambda_function" else None


def _is_handler(name: str, statement: ast.stmt) -> bool:
    has_handler_name = name in _WELL_KNOWN_HANDLERS or name.endswith("_handler")
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _takes_event_and_context(statement, by_name=not has_handler_name)
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return has_handler_name and _may_be_callable(value)
        case ast.ImportFrom():
            return name == "lambda_handler"
        case _:
            return False


def _takes_event_and_context(
    function: ast.FunctionDef | ast.AsyncFunctionDef, *, by_name: bool
) -> bool:
    """Return whether Lambda's two arguments fit; ``by_name`` requires their usual names as well."""
    arguments = function.args
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    if by_name:
        return [name.lstrip("_") for name in positional] in (["event", "context"], ["event", "ctx"])
    required = len(positional) - len(arguments.defaults)
    return required <= 2 and (len(positional) >= 2 or arguments.vararg is not None)


def _may_be_callable(value: ast.expr) -> bool:
    """Return whether an assigned value may be a handler: ``Mangum(app)``, but no log handler."""
    match value:
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
            return not called.endswith(("Handler", "getLogger"))
        case ast.Lambda() | ast.Name() | ast.Attribute() | ast.Call():
            return True
        case _:
            return False
