"""The private names of Textual that the screen relies on: in one module, and all there."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from lambda_tui.ui import textual_private

MODULE = Path(textual_private.__file__)
ROOT = MODULE.parents[2]
OWNERS = {"App": "app", "Screen": "screen", "Driver": "driver", "Stylesheet": "stylesheet"}
"""By the end of the name of a class in the module."""


def is_private(name: str) -> bool:
    # Named tuples have a public method ``_replace``.
    return name.startswith("_") and not name.endswith("__") and name != "_replace"


def private_attributes(tree: ast.AST) -> Iterator[tuple[ast.expr, str, bool]]:
    """Yield the object, the name, and whether it is assigned."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            yield node.value, node.attr, isinstance(node.ctx, ast.Store)


def names_by_owner() -> Iterator[tuple[str, str]]:
    """Yield the private names in the module, each with the variable of the object that has it."""
    tree = ast.parse(MODULE.read_text(encoding="utf-8"))
    for part in tree.body:
        own = "app"
        if isinstance(part, ast.ClassDef):
            own = next((one for end, one in OWNERS.items() if part.name.endswith(end)), own)
        for value, name, _ in private_attributes(part):
            if not isinstance(value, ast.Call):
                assert isinstance(value, ast.Name), ast.dump(value)
                yield {"self": own}.get(value.id, value.id), name
        for node in ast.walk(part):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_private(node.name):
                yield own, node.name
    yield "app", textual_private.DISPLAY


async def test_the_installed_textual_has_every_private_name() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        owners = {"app": app, "screen": app.screen, "pilot": pilot, "driver": LinuxDriver}
        owners |= {"node": app.screen, "widget": app.screen, "stylesheet": app.stylesheet}
        names = sorted(set(names_by_owner()))
        missing = [f"{owner}.{name}" for owner, name in names if not hasattr(owners[owner], name)]
    assert len(names) >= 15
    assert missing == []


def test_no_other_module_uses_a_private_name_of_textual() -> None:
    folders = (ROOT / "lambda_tui/ui", ROOT / "tests/ui", ROOT / "screenshots")
    files = {file for folder in folders for file in folder.rglob("*.py")} - {MODULE}
    files |= {file for file in (ROOT / "tests").rglob("*.py") if "textual" in file.read_text()}
    trees = {file: ast.parse(file.read_text()) for file in files}
    nodes = [node for tree in trees.values() for node in ast.walk(tree)]
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    own |= {node.id for node in nodes if isinstance(node, ast.Name)}
    # Named tuples have it, where it is public.
    own.add("_fields")
    own |= {
        name
        for tree in trees.values()
        for _, name, is_assigned in private_attributes(tree)
        if is_assigned
    }
    foreign = [
        f"{file.relative_to(ROOT)}: {name}"
        for file, tree in trees.items()
        for _, name, _ in private_attributes(tree)
        if name not in own
    ]
    imported = [
        f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual")
        for alias in node.names
        if any(map(is_private, (*(node.module or "").split("."), alias.name)))
    ]
    assert foreign == []
    assert imported == []
