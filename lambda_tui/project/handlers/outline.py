"""The outline of a Python file: the names at its top level, from its syntax tree.

Also a script: another interpreter, whose syntax is newer, outlines the files that are its arguments
and writes their outlines as a JSON array.
"""

from __future__ import annotations

import ast
import json
import sys
import warnings
from collections.abc import Iterator
from typing import Any, TypedDict

_DYNAMIC_CALLS = frozenset({"globals", "exec", "eval", "setattr", "vars", "locals"})


class Definition(TypedDict, total=False):
    """The statement that binds a name first."""

    line: int
    kind: str
    """``function``, ``assignment``, ``import from``, or empty for another."""
    parameters: list[str]
    """Positional parameters of a function."""
    required: int
    """Number of those without a default."""
    takes_any_number: bool
    """Whether a function has a parameter such as ``*arguments``."""
    may_be_callable: bool
    """Whether an assigned value may be a handler: ``Mangum(app)``, but no log handler."""
    called: str
    """The name of what is called for an assigned value, such as ``Mangum``; empty for another."""


class Outline(TypedDict, total=False):
    """The names of a module, or the reason why it cannot be parsed."""

    names: dict[str, Definition]
    """Every name that the module binds."""
    is_certain: bool
    """Whether these are all the names: no star import, no ``globals()``."""
    problem: str
    line: int | None
    version: str
    """Version of the Python that could not parse it."""


def outline(content: bytes) -> Outline:
    """Return the outline of a file's content; never raise."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(content)
        names: dict[str, Definition] = {}
        for statement in _module_level(tree.body):
            for name in _bound_names(statement):
                if name not in names:
                    names[name] = _definition(statement)
        is_certain = not any(map(_is_dynamic, ast.walk(tree)))
    except SyntaxError as error:
        return {"problem": error.msg, "line": error.lineno, "version": version}
    except ValueError as error:
        return {"problem": str(error), "line": None, "version": version}
    except (RecursionError, MemoryError):
        return {"names": {}, "is_certain": False}
    return {"names": names, "is_certain": is_certain}


def _definition(statement: ast.stmt) -> Definition:
    match statement:
        case ast.FunctionDef(args=arguments) | ast.AsyncFunctionDef(args=arguments):
            names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
            return {
                "line": statement.lineno,
                "kind": "function",
                "parameters": names,
                "required": len(names) - len(arguments.defaults),
                "takes_any_number": arguments.vararg is not None,
            }
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return {
                "line": statement.lineno,
                "kind": "assignment",
                "may_be_callable": _may_be_callable(value),
                "called": _called(value),
            }
        case ast.ImportFrom():
            return {"line": statement.lineno, "kind": "import from"}
        case _:
            return {"line": statement.lineno, "kind": ""}


def _called(value: ast.expr) -> str:
    match value:
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
            return called
        case _:
            return ""


def _may_be_callable(value: ast.expr) -> bool:
    match value:
        case ast.Call() if called := _called(value):
            return not called.endswith(("Handler", "getLogger"))
        case ast.Lambda() | ast.Name() | ast.Attribute() | ast.Call():
            return True
        case _:
            return False


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


def main() -> None:
    """Write the outlines of the files that are named."""
    outlines: list[Any] = []
    for name in sys.argv[1:]:
        with open(name, "rb") as file:
            outlines.append(outline(file.read()))
    json.dump(outlines, sys.stdout)


if __name__ == "__main__":
    main()
