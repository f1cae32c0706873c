"""Where a template says that the code is: a single file, and places far from the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.function import Function, Project
from lambda_tui.project.load import load_project
from support.files import save
from support.node_process import NODE
from support.workbench import TIMEOUT, Open

SOURCE = """
import os
def handler(event, context):
    return "{}", sorted(os.listdir(os.environ["LAMBDA_TASK_ROOT"]))
"""


def template(folder: Path, code: str, kind: str = "Serverless") -> Project:
    """Write a template whose function has its code at a path, and load the project."""
    folder.mkdir(parents=True, exist_ok=True)
    name = "CodeUri" if kind == "Serverless" else "Code"
    (folder / "template.yaml").write_text(
        f"Resources:\n  Hello:\n    Type: AWS::{kind}::Function\n    Properties:\n"
        f"      {name}: {code}\n      Handler: app.handler\n      Runtime: python3.12\n"
        f"      Timeout: {TIMEOUT}\n"
    )
    return load_project(folder)


@pytest.mark.parametrize("kind", ["Serverless", "Lambda"])
async def test_a_single_file_is_packed_alone_and_seen_when_it_is_saved(
    open_project: Open, tmp_path: Path, kind: str
) -> None:
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "other.py").write_text("")
    (folder / "src" / "app.py").write_text(SOURCE.format("first"))
    project = template(folder, "src/app.py", kind)
    assert project.problems == ()

    workbench = await open_project(project, watch=True)
    assert await workbench.answer({}) == ["first", ["app.py"]]

    old = workbench.environment
    await workbench.until_watched(folder / "src")
    save(folder / "src" / "app.py", SOURCE.format("second"))
    await workbench.until_replaced(old)
    assert await workbench.answer({}) == ["second", ["app.py"]]


INLINE = """
Parameters: {{Word: {{Type: String, Default: first}}}}
Resources:
  Hello:
    Type: AWS::{kind}::Function
    Properties:
      Handler: index.handler
      Runtime: {runtime}
      Timeout: {timeout}
      {code}
"""
IN_PYTHON = "def handler(event, context): return '${Word}'"
IN_NODE = "exports.handler = async () => '${Word}';"


@pytest.mark.parametrize("level", ["processes"])
@pytest.mark.parametrize(
    ("kind", "runtime", "code"),
    [
        ("Serverless", "python3.12", f'InlineCode: !Sub "{IN_PYTHON}"'),
        ("Serverless", "nodejs22.x", f'InlineCode: !Sub "{IN_NODE}"'),
        ("Lambda", "python3.12", f'Code: {{ZipFile: !Sub "{IN_PYTHON}"}}'),
        ("Lambda", "nodejs22.x", f'Code: {{ZipFile: !Sub "{IN_NODE}"}}'),
    ],
)
async def test_code_in_the_template_runs_and_is_seen_when_the_template_is_saved(
    open_project: Open, tmp_path: Path, kind: str, runtime: str, code: str
) -> None:
    text = INLINE.format(kind=kind, runtime=runtime, timeout=TIMEOUT, code=code)
    (tmp_path / "template.yaml").write_text(text)
    project = load_project(tmp_path)
    assert project.problems == ()

    workbench = await open_project(project, watch=True, node=NODE)
    assert await workbench.answer({}) == "first"

    old = workbench.environment
    await workbench.until_watched(tmp_path)
    save(tmp_path / "template.yaml", text.replace("Default: first", "Default: second"))
    await workbench.until_replaced(old)
    assert await workbench.answer({}) == "second"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("Code: {ZipFile: 1}", "Code.ZipFile is 1, where the source text is needed."),
        ("Code: {ZipFile: !ImportValue x}", "the value of Code.ZipFile is not known here"),
    ],
)
def test_code_in_the_template_that_is_no_text_is_told(
    tmp_path: Path, code: str, words: str
) -> None:
    text = INLINE.format(kind="Lambda", runtime="python3.12", timeout=3, code=code)
    (tmp_path / "template.yaml").write_text(text)
    project = load_project(tmp_path)

    assert project.functions == ()
    assert words in str(project.problems[0])


@pytest.mark.parametrize("name", ["app.zip", "app.ZIP", "app.jar"])
def test_a_file_that_is_named_like_an_archive_is_one(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("no archive")
    project = template(tmp_path, name)

    assert project.functions == ()
    assert f"CodeUri names {name}, which is no zip file, or a damaged one" in str(
        project.problems[0]
    )


@pytest.mark.parametrize("code", ["3", "[src]", "true"])
def test_code_that_is_no_path_is_told(tmp_path: Path, code: str) -> None:
    project = template(tmp_path, code)

    assert project.functions == ()
    assert "where a path is needed; name the folder of the source." in project.problems[0].message


def functions_and_messages(project: Project) -> tuple[tuple[Function, ...], list[str]]:
    return project.functions, [str(problem) for problem in project.problems]


@pytest.mark.parametrize("is_in_repository", [True, False])
def test_code_far_out_of_the_project_is_told(tmp_path: Path, *, is_in_repository: bool) -> None:
    folder = tmp_path / "repository" / "services" / "one"
    far, near = tmp_path / "repository" / "shared", folder.parent / "two"
    for code in (far, near, tmp_path / "elsewhere"):
        code.mkdir(parents=True)
        (code / "app.py").write_text(SOURCE)
    if is_in_repository:
        (tmp_path / "repository" / ".git").mkdir()

    assert template(folder, "../two").problems == ()
    told = [str(problem) for problem in template(folder, "../../shared").problems]
    assert told == ([] if is_in_repository else [message(far)])
    assert [str(problem) for problem in template(folder, "../../../elsewhere").problems] == [
        message(tmp_path / "elsewhere")
    ]


def message(target: Path) -> str:
    return (
        f"template.yaml:5: Hello: CodeUri leads far out of the project, to {target}: a package "
        "has its content of the moment when that is made; copy it into the project to be sure of "
        "it."
    )
