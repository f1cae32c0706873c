"""A configuration of some breadth, changed or cut in one place: none ends the reader."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambda_tui.project.function import Project
from lambda_tui.project.kinds.terraform import read_project, source_files
from lambda_tui.project.kinds.terraform.language import Block, parse_file
from lambda_tui.project.kinds.terraform.language.syntax import Argument, Entries, Entry, Expression
from lambda_tui.project.settings import Settings
from support.files import PROJECTS

TEXT = (PROJECTS / "terraform" / "main.tf").read_text()
CHANGED = "# changed"
VALUES = (
    *("null", "true", "0", "-1", "1e40", '""', '"x"', '"a\\u0000b"', "[]", "[null]", "{}"),
    *('["x", 1, {}]', "{ x = null }", '{ "" = [] }', "local.environment", "local.functions"),
    *("var.none", "var", "local", "module.workers", "module.none.x", "aws_lambda_function.web"),
    *("aws_lambda_function.web[*].arn", 'aws_lambda_function.web["hello"]', "each", "each.value"),
    *("data.archive_file", "path", "[for one in local.functions : one]", "upper()", "-local.x"),
    *("{ for a, b in local.tables : b => a }", 'file("..")', "range(1e9)", 'split("", "abc")'),
    *("aws_redshift_cluster.a.b", "try()", "[[[[]]]]", "merge([{}, 1]...)", '"${null}"'),
    *('jsondecode("{")', "aws_sqs_queue.orders", "!null", "1 / 0", "local.environment.STAGE"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PROJECTS / "terraform", tmp_path / "project"))


def read(folder: Path) -> Project:
    """Return the folder's project; raise whatever reading it raises."""
    project = read_project(folder, Settings())
    assert project is not None
    return project


def check(project: Project, what: str) -> None:
    assert project.problems or project.functions, what
    for problem in project.problems:
        assert problem.message.isprintable(), what
        assert problem.file is None or problem.line is not None, (problem, what)


def holders(block: Block) -> Iterator[Argument | Entry]:
    """Yield all that holds an expression in a block, those inside of mappings included."""
    for argument in block.arguments.values():
        yield from held(argument)
    for inner in block.blocks:
        yield from holders(inner)


def held(holder: Argument | Entry) -> Iterator[Argument | Entry]:
    yield holder
    value = holder.value if isinstance(holder, Entry) else holder.expression
    if isinstance(value, Entries):
        for entry in value.entries:
            yield from held(entry)


def replaced(holder: Argument | Entry, expression: Expression) -> Expression:
    """Set another expression, and return the one before."""
    if isinstance(holder, Entry):
        before, holder.value = holder.value, expression
    else:
        before, holder.expression = holder.expression, expression
    return before


def test_every_change_of_a_value_gives_functions_or_problems_with_a_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = [parse_file(f"a = {text}\n").arguments["a"].expression for text in VALUES]
    tree = parse_file(TEXT)

    def parse_changed(text: str) -> Block:
        return tree if text.startswith(CHANGED) else parse_file(text)

    monkeypatch.setattr(source_files, "parse_file", parse_changed)
    for number, holder in enumerate(holders(tree)):
        # All values come to most kinds of places.
        chosen = number * 7 % len(VALUES)
        before = replaced(holder, values[chosen])
        # Another text each time, so that the changed tree is not taken from the cache.
        (folder / "main.tf").write_text(f"{CHANGED} {number} aws_lambda_function\n")
        check(read(folder), f"{number}: {VALUES[chosen]}")
        replaced(holder, before)


def test_every_beginning_of_a_file_is_read_or_told(folder: Path) -> None:
    start = TEXT.index('resource "aws_lambda_function"') + 40
    for end in range(start, len(TEXT), 150):
        (folder / "main.tf").write_text(TEXT[:end])
        check(read(folder), TEXT[:end])
