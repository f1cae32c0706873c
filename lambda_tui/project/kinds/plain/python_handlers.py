"""Tells which names of a Python file are handlers."""

from __future__ import annotations

import re
from pathlib import Path

from lambda_tui.project.files import UnreadableFileError, read_bytes
from lambda_tui.project.handlers import LARGEST_SOURCE, Definition, PythonSource

_WELL_KNOWN_HANDLERS = ("lambda_handler", "handler")
_RELATIVE_IMPORT = re.compile(rb"^from[ \t]+\.", re.M)
_ADAPTERS = ("Mangum", "make_lambda_handler")
"""Calls that make a handler of a web application, whatever it is named."""
_HANDLER_IN_TEXT = re.compile(rb"^(?:(?:async +)?def +)?(lambda_handler|handler) *[=(]", re.M)


def python_handlers(source: PythonSource) -> list[str]:
    """Return the names in a module that are handlers; the well-known one alone where it is one."""
    for name in _WELL_KNOWN_HANDLERS:
        if name in source.names and _is_handler(name, source.names[name]):
            return [name]
    return [name for name, definition in source.names.items() if _is_handler(name, definition)]


def handler_in_text(file: Path) -> str | None:
    """Return the well-known handler that the text of a file shows, even if it does not parse.

    ``lambda_function.py`` has ``lambda_handler`` in any case. Raise ``UnreadableFileError``.
    """
    match = re.search(_HANDLER_IN_TEXT, read_bytes(file, LARGEST_SOURCE))
    if match is not None:
        return match[1].decode()
    return "lambda_handler" if file.stem == "lambda_function" else None


def imports_relatively(file: Path) -> bool:
    """Return whether a file imports from the package that it is in, by a name with a dot first."""
    try:
        return re.search(_RELATIVE_IMPORT, read_bytes(file, LARGEST_SOURCE)) is not None
    except UnreadableFileError:
        return False


def _is_handler(name: str, definition: Definition) -> bool:
    has_handler_name = name in _WELL_KNOWN_HANDLERS or name.endswith("_handler")
    match definition["kind"]:
        case "function":
            return _takes_event_and_context(definition, by_name=not has_handler_name)
        case "assignment":
            is_adapted = definition.get("called") in _ADAPTERS
            return is_adapted or (has_handler_name and definition["may_be_callable"])
        case "import from":
            return name == "lambda_handler"
        case _:
            return False


def _takes_event_and_context(function: Definition, *, by_name: bool) -> bool:
    """Return whether Lambda's two arguments fit; ``by_name`` requires their usual names as well."""
    parameters = function["parameters"]
    if by_name:
        return [name.lstrip("_") for name in parameters] in (["event", "context"], ["event", "ctx"])
    return function["required"] <= 2 and (len(parameters) >= 2 or function["takes_any_number"])
