"""The modules that a Python function imports from outside of its code, by its syntax trees."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lambda_tui.project.files import UnreadableFileError, read_bytes
from lambda_tui.project.handlers.python_source import LARGEST_SOURCE

_MOST_FILES = 500
_MISSING = frozenset({"ImportError", "ModuleNotFoundError", "Exception"})


@dataclass(frozen=True, slots=True)
class Import:
    """The place where a module is imported first."""

    module: str
    """The name of its outermost package."""
    file: Path
    line: int


def foreign_imports(code: Path, handler: str) -> list[Import]:
    """Return the imports of modules that are not in the code, each module once.

    Modules of the code are followed from the handler's. An import that may fail is left out: for
    type checkers, and inside of ``try`` with ``except ImportError``.
    """
    found: dict[str, Import] = {}
    module = handler.rpartition(".")[0].replace("/", ".")
    waiting, seen = list(_files_of(code, module)), set[Path]()
    while waiting and len(seen) < _MOST_FILES:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        package = file.parent.relative_to(code).parts
        for names, line in _imports(file, package):
            files = [one for name in names for one in _files_of(code, name)]
            waiting += files
            top = names[0].partition(".")[0]
            if not files and not _is_in(code, top):
                found.setdefault(top, Import(top, file, line))
    return list(found.values())


def _imports(file: Path, package: tuple[str, ...]) -> Iterator[tuple[list[str], int]]:
    """Yield the modules that each import may mean, by their full names, and its line."""
    for node in _certain_nodes(_parse(file)):
        match node:
            case ast.Import(names=aliases, lineno=line):
                for alias in aliases:
                    yield [alias.name], line
            case ast.ImportFrom(module=module, names=aliases, level=level, lineno=line):
                base = [*package[: len(package) - level + 1]] if level else []
                prefix = ".".join([*base, *([module] if module else [])])
                inner = [f"{prefix}.{alias.name}".lstrip(".") for alias in aliases]
                yield [prefix, *inner] if prefix else inner, line


def _certain_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below one, but for those whose imports may fail."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Try(handlers=handlers) if any(map(_takes_missing, handlers)):
                for statement in (*child.orelse, *child.finalbody):
                    yield statement
                    yield from _certain_nodes(statement)
            case ast.If(test=test) if "TYPE_CHECKING" in ast.unparse(test):
                for statement in child.orelse:
                    yield statement
                    yield from _certain_nodes(statement)
            case _:
                yield child
                yield from _certain_nodes(child)


def _takes_missing(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(
        isinstance(node, ast.Name) and node.id in _MISSING for node in ast.walk(handler.type)
    )


def _parse(file: Path) -> ast.AST:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(read_bytes(file, LARGEST_SOURCE))
    except (UnreadableFileError, SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])


def _files_of(code: Path, module: str) -> Iterator[Path]:
    """Yield the files in the code that are executed when a module is imported, packages first."""
    path = code
    for part in filter(None, module.split(".")):
        path = path / part
        for file in (path / "__init__.py", path.with_name(f"{part}.py")):
            if file.is_file():
                yield file
                break


def _is_in(code: Path, top: str) -> bool:
    """Return whether a folder has a module or package of this name, in whatever form."""
    return (code / top).is_dir() or any(code.glob(f"{top}.*"))
