"""Names in another case work where the file system does not tell them apart, and fail in Lambda."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from lambda_tui.project.load import load_project
from lambda_tui.project.spelling import true_path

TEMPLATE = """\
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: {runtime}
"""
NODE_PROBLEM = "finds no file in Lambda, which tells upper from lower case"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("src/app.py", "src/deep/inner.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("def handler(event, context): pass\n")
    return tmp_path


@pytest.fixture
def ignores_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have paths exist in any case, as on macOS."""

    def in_any_case(ask: Any) -> Any:
        return lambda path: ask(true_path(Path("/"), str(path)) or path)

    for name in ("isdir", "isfile"):
        monkeypatch.setattr(os.path, name, in_any_case(getattr(os.path, name)))
    monkeypatch.setattr(Path, "is_file", in_any_case(Path.is_file))
    monkeypatch.setattr(Path, "exists", in_any_case(Path.exists))


def read(folder: Path, old: str, new: str, runtime: str = "python3.12") -> Any:
    (folder / "template.yaml").write_text(TEMPLATE.format(runtime=runtime).replace(old, new))
    return load_project(folder)


def messages(project: Any) -> list[str]:
    return [str(problem) for problem in project.problems]


@pytest.mark.parametrize("written", ["Src", "./SRC/", "sRc/Deep/.."])
def test_a_folder_in_another_case_is_told_with_its_name(folder: Path, written: str) -> None:
    (told,) = messages(read(folder, "CodeUri: src", f"CodeUri: {written}"))[:1]

    assert told.startswith(f"template.yaml:5: Hello: CodeUri names {written}, which does not exist")
    assert told.partition("did you mean ")[2].rstrip("?").startswith("src")


def test_a_folder_that_the_file_system_finds_in_another_case_counts_by_its_name(
    folder: Path, ignores_case: None
) -> None:
    project = read(folder, "CodeUri: src", "CodeUri: Src")

    assert [one.code_directory for one in project.functions] == [folder / "src"]
    assert messages(project) == [
        "template.yaml:5: Hello: CodeUri names Src, which is src where upper and lower case are "
        "told apart; write src."
    ]


def test_a_project_named_in_another_case_is_watched_by_its_name(
    folder: Path, ignores_case: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "is_dir", lambda path: os.path.isdir(path))
    monkeypatch.setattr(sys, "platform", "darwin")

    assert load_project(folder / "SRC").directory == folder / "src"


@pytest.mark.parametrize("is_told_apart", [True, False])
@pytest.mark.parametrize(
    ("handler", "meant"), [("App.handler", "app.py"), ("deep/Inner.handler", "deep/inner.py")]
)
def test_a_module_in_another_case_is_told_with_its_name(
    folder: Path, request: pytest.FixtureRequest, handler: str, meant: str, is_told_apart: bool
) -> None:
    if not is_told_apart:
        request.getfixturevalue("ignores_case")
    (told,) = messages(read(folder, "app.handler", handler))

    assert told.startswith(f"template.yaml:6: Hello: Handler {handler} needs ")
    assert told.endswith(f"which is not there; did you mean {meant}?")


@pytest.mark.parametrize("is_told_apart", [True, False])
def test_a_node_module_in_another_case_is_told_with_its_name(
    folder: Path, request: pytest.FixtureRequest, is_told_apart: bool
) -> None:
    (folder / "src" / "index.mjs").touch()
    if not is_told_apart:
        request.getfixturevalue("ignores_case")
    (told,) = messages(read(folder, "app.handler", "Index.handler", "nodejs22.x"))

    assert told.startswith("template.yaml:6: Hello: Handler Index.handler needs Index.")
    assert told.endswith("did you mean index.mjs?")


@pytest.mark.parametrize(
    ("statement", "spelling"),
    [
        ("const foo = require('./Foo');", "./foo"),
        ('import { x } from "./lib/helper.js";', "./Lib/Helper.js"),
        ("const data = await import('./Lib');", None),
        ("const lib = require('./lib');", "./Lib"),
        ("const { y } = require('./foo'), z = require('./Lib/Helper');", None),
        ("// const old = require('./Foo');", None),
        ("const other = require('./nowhere'); require('node:fs');", None),
    ],
)
def test_an_import_in_another_case_is_told_at_its_line(
    folder: Path, statement: str, spelling: str | None
) -> None:
    for name in ("foo.js", "Lib/Helper.js", "Lib/index.js"):
        (folder / "src" / name).parent.mkdir(exist_ok=True)
        (folder / "src" / name).touch()
    # It is imported by the handler's file, and a circle ends.
    (folder / "src" / "app.js").write_text("require('./other.js');\nexports.handler = 1;\n")
    (folder / "src" / "other.js").write_text(f"require('./app');\n{statement}\n")
    found = [one for one in read(folder, "", "", "nodejs22.x").problems if NODE_PROBLEM in str(one)]

    assert len(found) == (spelling is not None)
    for problem in found:
        assert (problem.file, problem.line) == (folder / "src" / "other.js", 2)
        assert problem.message.endswith(f"write {spelling}.")
        assert problem.functions == ("Hello",)


def test_the_import_of_a_parent_folder_is_spelt_from_there(folder: Path) -> None:
    (folder / "src" / "shared.js").touch()
    (folder / "src" / "deep" / "app.js").write_text("require('../Shared.js');\n")
    project = read(folder, "app.handler", "deep/app.handler", "nodejs22.x")

    (told,) = messages(project)
    assert "app.js:1: Hello: the import of ../Shared.js" in told
    assert told.endswith("write ../shared.js.")


def test_two_names_that_differ_in_case_are_no_guess(tmp_path: Path) -> None:
    for name in ("a", "A"):
        (tmp_path / name).touch()

    assert true_path(tmp_path, "a") == tmp_path / "a"
    (tmp_path / "Bb").touch()
    (tmp_path / "bB").touch()
    assert true_path(tmp_path, "bb") is None
