from __future__ import annotations

import os
from pathlib import Path

import pytest

from lambda_tui.project.load import load_project


def test_a_folder_without_functions_says_what_to_do_next(tmp_path: Path) -> None:
    project = load_project(tmp_path)
    assert project.functions == ()
    (problem,) = project.problems
    for remedy in ("lambda_function.py", "template.yaml", "lambda-tui demo"):
        assert remedy in problem.message


def test_a_folder_that_does_not_exist_says_so(tmp_path: Path) -> None:
    (problem,) = load_project(tmp_path / "missing").problems
    assert "missing does not exist" in problem.message
    assert "lambda-tui demo" in problem.message


def test_a_file_in_place_of_a_folder_says_so(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_text("")
    (problem,) = load_project(file).problems
    assert "is a file; name the folder" in problem.message


def test_the_projects_folder_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_project(Path()).directory == tmp_path.resolve()


@pytest.mark.parametrize("name", ["template.yaml", "template.yml"])
def test_a_template_goes_before_the_code_beside_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context): ...\n")
    (tmp_path / name).write_text(
        "Resources:\n"
        "  FromTemplate:\n"
        "    Type: AWS::Serverless::Function\n"
        "    Properties: {CodeUri: ., Handler: app.handler, Runtime: python3.12}\n"
    )
    project = load_project(tmp_path)
    assert [function.name for function in project.functions] == ["FromTemplate"]
    assert project.template == tmp_path / name


@pytest.mark.parametrize("name", ["~nobody-of-this-name", "a\0b", "x" * 5000])
def test_no_name_of_a_folder_raises(name: str) -> None:
    assert load_project(Path(name)).problems


@pytest.mark.parametrize("kind", ["pipe", "folder", "dangling link", "link to itself"])
def test_what_is_no_file_in_place_of_a_template_is_told_and_passed_over(
    tmp_path: Path, kind: str
) -> None:
    place = tmp_path / "template.yaml"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    else:
        place.symlink_to("nowhere" if kind == "dangling link" else place)
    (tmp_path / "app.py").write_text("def handler(event, context): ...\n")

    project = load_project(tmp_path)

    assert project.template is None
    assert [function.name for function in project.functions] == [tmp_path.name]
    assert [str(problem) for problem in project.problems] == [
        "template.yaml: it is no file that can be read, and is left out; put a template there or "
        "remove it."
    ]
