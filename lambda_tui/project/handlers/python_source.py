"""The names that a Python file defines at its top level, from its syntax tree."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lambda_tui.project.files import UnreadableFileError, read_bytes
from lambda_tui.project.wording import shown

LARGEST_SOURCE = 1024 * 1024
"""Bytes; larger files are not parsed."""

_DYNAMIC_CALLS = frozenset({"globals", "exec", "eval", "setattr", "vars", "locals"})


@dataclass(frozen=True, slots=True)
class PythonSourceProblem:
    """The reason why a file cannot be parsed."""

    sentence: str
    line: int | None


@dataclass(frozen=True, slots=True)
class PythonSource:
    """The top level of one Python file."""

    names: dict[str, ast.stmt] = field(default_factory=dict)
    """Every name that the module binds, and the statement that binds it first."""
    is_certain: bool = False
    """Whether these are all the names: no star import, no ``globals()``."""
    problem: PythonSourceProblem | None = None


def read_python_source(file: Path) -> PythonSource:
    """Parse a Python file; return a source without names for one that cannot be read.

    Never raise: a file that cannot be parsed gives a source with a problem.
    """
    try:
        content = read_bytes(file, LARGEST_SOURCE)
    except UnreadableFileError:
        return PythonSource()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
        names: dict[str, ast.stmt] = {}
        for statement in _module_level(tree.body):
            for name in _bound_names(statement):
                names.setdefault(name, statement)
        return PythonSource(names, not any(map(_is_dynamic, ast.walk(tree))))
    except SyntaxError as error:
        return PythonSource(problem=_problem(error.msg, error.lineno))
    except ValueError as error:
        return PythonSource(problem=_problem(str(error), None))
    except (RecursionError, MemoryError):
        return PythonSource()


def _problem(reason: str, line: int | None) -> PythonSourceProblem:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    sentence = f"Python {version} cannot parse the file: {shown(reason)}; mend it and save."
    return PythonSourceProblem(sentence, line)


def _module_level(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield all statements that bind in the module's scope, those in ``if``, ``try``, … too."""
    for statement in statements:
        yield statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for block in ("body", "orelse", "finalbody"):
            yield from _module_level(getattr(statement, block, []))
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from _module_level(part.body)


def _bound_names(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that one statement binds, without those in the blocks inside it."""
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name
        case ast.Import() | ast.ImportFrom():
            for alias in statement.names:
                yield alias.asname or alias.name.partition(".")[0]
        case _:
            for node in _own_nodes(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.id
                elif (
                    isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name
                ):
                    yield node.name


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes below a node that are not in a statement inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt):
            yield child
            yield from _own_nodes(child)


def _is_dynamic(node: ast.AST) -> bool:
    """Return whether a node may bind names that the syntax tree does not show."""
    match node:
        case ast.ImportFrom(names=[ast.alias(name="*"), *_]):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _DYNAMIC_CALLS
        case ast.FunctionDef(name="__getattr__") | ast.Global():
            return True
        case _:
            return False
