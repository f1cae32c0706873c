"""Files that others may not read are found, where a package keeps its modes until it is run."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from lambda_tui.project.code import unreadable_paths
from lambda_tui.project.load import load_project

SOURCE = "def lambda_handler(event, context):\n    return event\n"
TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Order:
    Type: AWS::Serverless::Function
    Properties: {{Handler: app.lambda_handler, Runtime: python3.12, CodeUri: {code}}}
"""


def write(file: Path, mode: int = 0o644, text: str = SOURCE) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    return file


def test_files_and_folders_that_are_not_for_others_are_found(tmp_path: Path) -> None:
    write(tmp_path / "app.py")
    write(tmp_path / "closed" / "inner.py", 0o600)
    write(tmp_path / "closed_too.py", 0o640)
    write(tmp_path / "open" / "inner.py", 0o600)
    write(tmp_path / "unlisted" / "inner.py")
    (tmp_path / "closed").chmod(0o700)
    (tmp_path / "unlisted").chmod(0o751)
    (tmp_path / "link.py").symlink_to("closed_too.py")
    tmp_path.chmod(0o700)

    assert unreadable_paths(tmp_path) == ("closed", "closed_too.py", "open/inner.py", "unlisted")


def test_a_plain_folder_is_packed_with_its_modes(tmp_path: Path) -> None:
    source = write(tmp_path / "app.py", 0o600)
    write(tmp_path / "helper.py", 0o600, "x = 1\n")
    write(tmp_path / "notes.txt", 0o600)

    project = load_project(tmp_path)

    (function,) = project.functions
    names = ("app.py", "helper.py", "notes.txt")
    assert function.unreadable == tuple(f"/var/task/{name}" for name in names)
    (problem,) = project.problems
    assert (problem.file, problem.function) == (source, function.name)
    assert problem.message.startswith(f"{function.name} cannot read /var/task/app.py and 1 more ")
    assert "chmod" in problem.message


def test_private_data_beside_the_code_is_no_problem(tmp_path: Path) -> None:
    write(tmp_path / "app.py")
    write(tmp_path / ".env", 0o600)

    project = load_project(tmp_path)

    assert project.functions[0].unreadable == ("/var/task/.env",)
    assert project.problems == ()


@pytest.mark.parametrize(("code", "expected"), [("src", ()), ("app.zip", ("/var/task/app.py",))])
def test_sam_lets_everybody_read_what_it_packs_itself(
    tmp_path: Path, code: str, expected: tuple[str, ...]
) -> None:
    write(tmp_path / "src" / "app.py", 0o600)
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        archive.writestr("app.py", SOURCE)
    write(tmp_path / "template.yaml", text=TEMPLATE.format(code=code))

    project = load_project(tmp_path)

    assert project.functions[0].unreadable == expected
    assert len(project.problems) == len(expected)


def test_a_folder_that_cannot_be_listed_has_nothing_unreadable(tmp_path: Path) -> None:
    assert unreadable_paths(tmp_path / "gone") == ()
