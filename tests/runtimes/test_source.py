"""The runtimes need nothing but a Python of 3.8 or later."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from support.runtimes_package import RUNTIMES, SOURCES, boot_script

SOURCE_IDS = [str(file.relative_to(RUNTIMES)) for file in SOURCES]
every_source = pytest.mark.parametrize("file", SOURCES, ids=SOURCE_IDS)


def test_there_are_sources_to_look_at() -> None:
    assert RUNTIMES / "boot.py" in SOURCES
    assert RUNTIMES / "python" / "runtime.py" in SOURCES


@every_source
def test_nothing_but_the_standard_library_is_imported(file: Path) -> None:
    imported = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add(str(node.module).partition(".")[0])
    assert imported <= sys.stdlib_module_names


@every_source
def test_the_syntax_is_that_of_python_3_8(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file), feature_version=(3, 8))
    newer = (ast.Match, getattr(ast, "TryStar", ast.Match), getattr(ast, "TypeAlias", ast.Match))
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]


@every_source
def test_annotations_are_never_evaluated(file: Path) -> None:
    _docstring, *statements = ast.parse(file.read_text(encoding="utf-8")).body
    first = statements[0] if statements else None
    assert first is None or ast.unparse(first) == "from __future__ import annotations"


def test_an_interpreter_that_is_too_old_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["boot.py", "0", "auto"])
    monkeypatch.setattr(sys, "version_info", (3, 7, 16, "final", 0))
    with pytest.raises(SystemExit, match=r"Python 3\.7\.16 is too old: .* 3\.8 or later"):
        boot_script().main()


@every_source
def test_no_type_is_subscripted_that_python_3_8_cannot(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    imported = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    new = {"dict", "frozenset", "list", "set", "tuple", "type"}
    new |= {
        name.name for node in imported if node.module == "collections.abc" for name in node.names
    }
    evaluated = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    evaluated += [
        base for node in tree.body if isinstance(node, ast.ClassDef) for base in node.bases
    ]
    subscripted = {
        node.value.id
        for value in evaluated
        for node in ast.walk(value)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
    }
    assert not subscripted & new
