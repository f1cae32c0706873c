"""The structure of the code: imports, module-level state, and the beginnings of docstrings."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from support.files import ROOT

ENGINE = "lambda_tui.engine"
MOST_LEVELS = 10
FOLDERS_WITH_WHOLE_DOCSTRINGS = ("lambda_tui", "runtimes", "screenshots", "tests")
"""The folders whose docstrings are sentences or noun phrases, and no fragments of either."""
FRAGMENTS = frozenset({"As", "Has", "It", "Its", "Of", "That", "Those", "What", "Who"})
COMMENT_FRAGMENTS = FRAGMENTS - {"As", "It", "Its", "That"}
"""A comment may go on from the code that it is about, such as ``# As on AWS: …``."""
MUTATORS = frozenset(
    {
        *("add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop"),
        *("popitem", "popleft", "remove", "setdefault", "update"),
    }
)


def name_of(file: Path) -> str:
    """Return the dotted name of a module; a package is its ``__init__``."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(file: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def modules() -> dict[str, Path]:
    """Return the files of ``lambda_tui`` by the names of their modules."""
    return {name_of(file): file for file in sorted((ROOT / "lambda_tui").rglob("*.py"))}


@cache
def imports_of(module: str) -> frozenset[str]:
    """Return the modules of ``lambda_tui`` that a module imports, wherever in its source."""
    found = set()
    for node in ast.walk(tree_of(modules()[module])):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            found |= {source_of(str(node.module), alias.name) for alias in node.names}
    return frozenset(found & modules().keys())


def source_of(package: str, name: str) -> str:
    """Return the module that a name is imported from: a package, or a module inside it."""
    inside = f"{package}.{name}"
    return inside if inside in modules() and name not in names_given_by(package) else package


@cache
def names_given_by(package: str) -> frozenset[str]:
    """Return the names that a package's ``__init__`` imports; one may be a module's name too."""
    body = tree_of(modules()[package]).body
    imports = [node for node in body if isinstance(node, ast.ImportFrom)]
    return frozenset(alias.asname or alias.name for node in imports for alias in node.names)


def room_of(module: str) -> str:
    """Return the part of the engine that a module belongs to: a package, or itself."""
    return ".".join(module.split(".")[:3])


def engine_modules() -> list[str]:
    """Return the modules inside the engine."""
    return [module for module in modules() if module.startswith(f"{ENGINE}.")]


def test_no_modules_of_the_engine_import_each_other() -> None:
    inside = engine_modules()
    graph = {one: sorted(imports_of(one).intersection(inside)) for one in inside}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        # Each is imported by the next.
        pytest.fail("a cycle of imports: " + " <- ".join(error.args[1]))


def levels_of_rooms() -> list[list[str]]:
    """Return the rooms of the engine level by level, from those that import no other room."""
    rooms: dict[str, set[str]] = {room_of(module): set() for module in engine_modules()}
    for module in engine_modules():
        imported = {room_of(one) for one in imports_of(module)}
        rooms[room_of(module)] |= (imported & rooms.keys()) - {room_of(module)}
    sorter = TopologicalSorter(rooms)
    sorter.prepare()
    levels = []
    while sorter.is_active():
        level = sorter.get_ready()
        levels.append(sorted(level))
        sorter.done(*level)
    return levels


def test_the_rooms_of_the_engine_stand_on_few_levels() -> None:
    levels = levels_of_rooms()

    listed = [f"{number}: {', '.join(level)}" for number, level in enumerate(levels, 1)]
    assert len(levels) <= MOST_LEVELS, "\n".join(listed)


def packages_of_the_engine() -> list[str]:
    """Return the packages inside the engine."""
    return [one for one in engine_modules() if modules()[one].name == "__init__.py"]


@pytest.mark.parametrize("package", packages_of_the_engine())
def test_other_code_imports_from_a_package_of_the_engine_and_not_from_its_modules(
    package: str,
) -> None:
    found = [
        f"{module} imports {imported}"
        for module in modules()
        if module != package and not module.startswith(f"{package}.")
        for imported in sorted(imports_of(module))
        if imported.startswith(f"{package}.")
    ]

    assert found == []


def state_in(tree: ast.Module) -> Iterator[str]:
    """Yield each ``global`` statement, and each change of a collection that a module defines."""
    defined = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Global():
                yield f"{node.lineno}: {ast.unparse(node)}"
            case ast.Attribute(value=ast.Name(id=name)) if name in defined:
                if node.attr in MUTATORS:
                    yield f"{node.lineno}: {ast.unparse(node)}"
            case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
                if name in defined:
                    yield f"{node.lineno}: {ast.unparse(node)}"


def test_no_module_has_state_that_changes() -> None:
    # Functions of the demonstration show how their globals outlive an invocation.
    own = [file for name, file in modules().items() if not name.startswith("lambda_tui.demo.")]
    found = [f"{file}:{state}" for file in own for state in state_in(tree_of(file))]

    assert found == []


def docstrings_in(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the docstrings of a module and of what it defines, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in node.body:
                match statement:
                    case ast.Expr(value=ast.Constant(value=str(text))):
                        yield statement.lineno, text


def files_in(folder: str) -> list[Path]:
    """Return the Python files of a folder, but for the projects that tests run."""
    # The projects hold code of users, some of it broken on purpose.
    everything = sorted((ROOT / folder).rglob("*.py"))
    return [file for file in everything if not file.is_relative_to(ROOT / "tests/projects")]


@pytest.mark.parametrize("folder", FOLDERS_WITH_WHOLE_DOCSTRINGS)
def test_no_docstring_begins_like_a_fragment(folder: str) -> None:
    files = files_in(folder)
    found = [
        f"{file}:{line}: {text}"
        for file in files
        for line, text in docstrings_in(tree_of(file))
        if text.split()[0] in FRAGMENTS
    ]

    assert files
    assert found == []


@pytest.mark.parametrize("folder", FOLDERS_WITH_WHOLE_DOCSTRINGS)
def test_no_comment_begins_like_a_fragment(folder: str) -> None:
    found = [
        f"{file}:{number}: {line}"
        for file in files_in(folder)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if line.lstrip().startswith("# ") and line.split()[1] in COMMENT_FRAGMENTS
    ]

    assert found == []
