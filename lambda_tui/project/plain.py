"""Functions of a folder without a template, found by reading the code.

A folder without handlers is a function too when it has a ``bootstrap``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lambda_tui.project.bootstrap import DEFAULT_HANDLER, has_bootstrap
from lambda_tui.project.function import NODE_SUFFIXES, Function, Problem
from lambda_tui.project.node_source import exported_handlers
from lambda_tui.project.runtimes import OS_ONLY_RUNTIMES
from lambda_tui.project.source import LARGEST_SOURCE, Source, read_source
from lambda_tui.project.text_file import read_bytes

MOST_FILES = 300
"""Files of one project that are read."""

_WELL_KNOWN_MODULES = ("lambda_function", "app", "main", "handler", "index")
# Of two files of a name, the first is the one that runs.
_SUFFIXES = (".py", *NODE_SUFFIXES)
_WELL_KNOWN_HANDLERS = ("lambda_handler", "handler")
_IGNORED_FOLDERS = frozenset(
    {
        "venv",
        "env",
        "node_modules",
        "test",
        "tests",
        "__pycache__",
        "site-packages",
        "build",
        "dist",
    }
)
_HANDLER_IN_TEXT = re.compile(rb"^(?:(?:async +)?def +)?(lambda_handler|handler) *[=(]", re.M)
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A handler that was found."""

    file: Path
    handler: str
    line: int | None

    @property
    def is_well_known(self) -> bool:
        return self.file.stem in _WELL_KNOWN_MODULES


def find_functions(directory: Path) -> tuple[tuple[Function, ...], tuple[Problem, ...]]:
    """The functions of a folder and of the folders directly in it, well-known modules first."""
    functions: dict[str, Function] = {}
    problems: list[Problem] = []
    budget = MOST_FILES
    has_own_functions = False
    for folder in (directory, *_subfolders(directory)):
        if has_own_functions and (folder / "__init__.py").is_file():
            # A package of those functions: its modules are imported, not deployed.
            continue
        files = _source_files(folder)
        if len(files) > budget:
            message = (
                f"there are more than {MOST_FILES} source files, so not all were read; "
                "name the functions in a template.yaml."
            )
            problems.append(Problem(message, directory))
        found = list(_candidates(files[:budget], problems))
        budget -= len(files[:budget])
        has_own_functions |= folder == directory and bool(found)
        for candidate in found:
            name = _unique(_name(candidate, found, folder, directory), functions)
            handler = f"{candidate.file.stem}.{candidate.handler}"
            functions[name] = Function(
                name, handler, folder, file=candidate.file, line=candidate.line
            )
        if not found and has_bootstrap(folder):
            name = _unique(_as_name(folder.name), functions)
            functions[name] = Function(
                name,
                DEFAULT_HANDLER,
                folder,
                runtime=OS_ONLY_RUNTIMES[-1],
                file=folder / "bootstrap",
            )
    return tuple(functions.values()), tuple(problems)


def _subfolders(directory: Path) -> list[Path]:
    try:
        return sorted(
            folder
            for folder in directory.iterdir()
            if folder.is_dir()
            and not folder.name.startswith(".")
            and folder.name not in _IGNORED_FOLDERS
            and not (folder / "pyvenv.cfg").exists()
        )
    except OSError:
        return []


def _source_files(folder: Path) -> list[Path]:
    """The folder's modules, those with well-known names first."""
    try:
        files = [
            file
            for file in folder.iterdir()
            if file.suffix in (".py", *NODE_SUFFIXES)
            and not file.name.startswith((".", "test_"))
            and not file.stem.endswith("_test")
            and "." not in file.stem
            and file.stem != "conftest"
            and file.is_file()
        ]
    except OSError:
        return []
    return sorted(
        files, key=lambda file: (_rank(file.stem), file.stem, _SUFFIXES.index(file.suffix))
    )


def _rank(module: str) -> int:
    if module in _WELL_KNOWN_MODULES:
        return _WELL_KNOWN_MODULES.index(module)
    return len(_WELL_KNOWN_MODULES)


def _candidates(files: Iterable[Path], problems: list[Problem]) -> Iterator[_Candidate]:
    in_node: set[Path] = set()
    for file in files:
        if file.suffix in NODE_SUFFIXES:
            if file.with_suffix("") not in in_node:
                for handler, line in exported_handlers(file).items():
                    in_node.add(file.with_suffix(""))
                    yield _Candidate(file, handler, line)
            continue
        source = read_source(file)
        if source.error is None:
            for handler in _handlers(source):
                yield _Candidate(file, handler, source.names[handler].lineno)
            continue
        expected = _expected_handler(file)
        if expected is not None:
            problems.append(Problem(source.error.sentence, file, source.error.line))
            yield _Candidate(file, expected, source.error.line)


def _expected_handler(file: Path) -> str | None:
    """The handler of a well-known module that does not parse, by its text."""
    if file.stem not in _WELL_KNOWN_MODULES:
        return None
    match = re.search(_HANDLER_IN_TEXT, read_bytes(file, LARGEST_SOURCE))
    if match is not None:
        return match[1].decode()
    return "lambda_handler" if file.stem == "lambda_function" else None


def _handlers(source: Source) -> list[str]:
    """The names in a module that are handlers; just the well-known one where there is one."""
    for name in _WELL_KNOWN_HANDLERS:
        if name in source.names and _is_handler(name, source.names[name]):
            return [name]
    return [name for name, statement in source.names.items() if _is_handler(name, statement)]


def _is_handler(name: str, statement: ast.stmt) -> bool:
    is_named_so = name in _WELL_KNOWN_HANDLERS or name.endswith("_handler")
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _takes_event_and_context(statement, by_name=not is_named_so)
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return is_named_so and _may_be_callable(value)
        case ast.ImportFrom():
            return name == "lambda_handler"
        case _:
            return False


def _takes_event_and_context(
    function: ast.FunctionDef | ast.AsyncFunctionDef, *, by_name: bool
) -> bool:
    """Whether Lambda's two arguments fit; ``by_name`` asks for their usual names as well."""
    arguments = function.args
    positional = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)]
    if by_name:
        return [name.lstrip("_") for name in positional] in (["event", "context"], ["event", "ctx"])
    required = len(positional) - len(arguments.defaults)
    return required <= 2 and (len(positional) >= 2 or arguments.vararg is not None)


def _may_be_callable(value: ast.expr) -> bool:
    """Whether an assigned value may serve as a handler: ``Mangum(app)``, but no log handler."""
    match value:
        case ast.Call(func=ast.Name(id=called) | ast.Attribute(attr=called)):
            return not called.endswith(("Handler", "getLogger"))
        case ast.Lambda() | ast.Name() | ast.Attribute() | ast.Call():
            return True
        case _:
            return False


def _name(candidate: _Candidate, found: list[_Candidate], folder: Path, directory: Path) -> str:
    """The folder's name for its one function or its one well-known module, else the module's."""
    module = candidate.file.stem
    if sum(other.file == candidate.file for other in found) > 1:
        module = f"{module}-{candidate.handler}"
    well_known = sum(other.is_well_known for other in found)
    is_in_root = folder == directory
    is_only_one = candidate.is_well_known and well_known == 1
    if is_only_one or (len(found) == 1 and not is_in_root):
        name = folder.name
    else:
        name = module if is_in_root else f"{folder.name}-{module}"
    return _as_name(name)


def _as_name(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]+", "-", text).strip("-") or "function"


def _unique(name: str, taken: Iterable[str]) -> str:
    """The name, with a number behind it where it is taken; within Lambda's length."""
    names, number, unique = set(taken), 1, name[:_LONGEST_NAME]
    while unique in names:
        number += 1
        suffix = f"-{number}"
        unique = name[: _LONGEST_NAME - len(suffix)] + suffix
    return unique
