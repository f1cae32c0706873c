"""What a Python file defines at its top level, from its syntax tree: nothing is ever run."""

from __future__ import annotations

import ast
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lambda_tui.project.text_file import UnreadableFileError, read_bytes
from lambda_tui.project.wording import shown

LARGEST_SOURCE = 1024 * 1024
"""Bytes; larger files are not parsed."""

_DYNAMIC_CALLS = frozenset({"globals", "exec", "eval", "setattr", "vars", "locals"})


@dataclass(frozen=True, slots=True)
class SourceError:
    """Why a file cannot be parsed."""

    sentence: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """The top level of one file."""

    names: dict[str, ast.stmt] = field(default_factory=dict)
    """Every name that the module binds, and the statement that binds it first."""
    is_certain: bool = False
    """Whether no other names can come to be: no star import, no ``globals()``."""
    error: SourceError | None = None


def read_source(file: Path) -> Source:
    """Parses a file; never raises. What cannot be read at all gives a source without names."""
    try:
        content = read_bytes(file, LARGEST_SOURCE)
    except UnreadableFileError:
        return Source()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
        names: dict[str, ast.stmt] = {}
        for statement in _module_level(tree.body):
            for name in _bound_names(statement):
                names.setdefault(name, statement)
        return Source(names, not any(map(_is_dynamic, ast.walk(tree))))
    except SyntaxError as error:
        return Source(error=_source_error(error.msg, error.lineno))
    except ValueError as error:
        return Source(error=_source_error(str(error), None))
    except (RecursionError, MemoryError):
        return Source()


def _source_error(reason: str, line: int | None) -> SourceError:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    sentence = f"Python {version} cannot parse the file: {shown(reason)}; mend it and save."
    return SourceError(sentence, line)


def _module_level(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Every statement that binds in the module's scope, those of ``if``, ``try``, … included."""
    for statement in statements:
        yield statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for block in ("body", "orelse", "finalbody"):
            yield from _module_level(getattr(statement, block, []))
        for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from _module_level(part.body)


def _bound_names(statement: ast.stmt) -> Iterator[str]:
    """The names that one statement binds, without those of the blocks inside it."""
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
    """Everything below a node that is not in a statement inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.stmt):
            yield child
            yield from _own_nodes(child)


def _is_dynamic(node: ast.AST) -> bool:
    """Whether names may come to be that the tree does not show."""
    match node:
        case ast.ImportFrom(names=[ast.alias(name="*"), *_]):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in _DYNAMIC_CALLS
        case ast.FunctionDef(name="__getattr__") | ast.Global():
            return True
        case _:
            return False
