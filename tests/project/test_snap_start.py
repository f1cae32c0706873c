"""SnapStart in templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambda_tui.project.template import read_template

if TYPE_CHECKING:
    from pathlib import Path

    from lambda_tui.project.function import Function, Problem

SERVERLESS = """\
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: .
      Handler: app.handler
"""
PLAIN = SERVERLESS.replace("Serverless", "Lambda").replace("CodeUri", "Code")
PYTHON, ALIAS = "Runtime: python3.12", "AutoPublishAlias: live"
SNAP_START = "SnapStart: {ApplyOn: PublishedVersions}"


def read(
    folder: Path, *lines: str, template: str = SERVERLESS
) -> tuple[tuple[Function, ...], list[str]]:
    (folder / "app.py").write_text("def handler(event, context): ...\n")
    file = folder / "template.yaml"
    file.write_text(template + "".join(f"      {line}\n" for line in lines))
    functions, problems = read_template(file)
    return functions, [_without_place(problem) for problem in problems]


def _without_place(problem: Problem) -> str:
    assert problem.line is not None
    return problem.message


@pytest.mark.parametrize(
    ("template", "lines"), [(SERVERLESS, (ALIAS,)), (PLAIN, ())], ids=["serverless", "plain"]
)
@pytest.mark.parametrize(
    ("written", "is_taken"), [("PublishedVersions", True), ("None", False), ("'None'", False)]
)
def test_a_template_says_whether_snapshots_are_taken(
    tmp_path: Path, template: str, lines: tuple[str, ...], written: str, is_taken: bool
) -> None:
    line = f"SnapStart: {{ApplyOn: {written}}}"
    (function,), problems = read(tmp_path, PYTHON, line, *lines, template=template)

    assert function.snap_start is is_taken
    assert problems == []


def test_without_a_word_none_is_taken(tmp_path: Path) -> None:
    (function,), problems = read(tmp_path, PYTHON)

    assert not function.snap_start
    assert problems == []


@pytest.mark.parametrize("written", ["PublishedVersions", "{}", "[ApplyOn]", "{Apply: None}"])
def test_anything_but_apply_on_is_refused(tmp_path: Path, written: str) -> None:
    functions, problems = read(tmp_path, PYTHON, ALIAS, f"SnapStart: {written}")

    assert functions == ()
    assert problems == [
        "Hello: SnapStart needs ApplyOn, such as SnapStart: {ApplyOn: PublishedVersions}."
    ]


def test_another_word_is_refused(tmp_path: Path) -> None:
    functions, problems = read(tmp_path, PYTHON, ALIAS, "SnapStart: {ApplyOn: Everything}")

    assert functions == ()
    assert problems == [
        "Hello: SnapStart.ApplyOn is Everything, but Lambda takes PublishedVersions or None."
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ("Runtime: python3.11", ALIAS),
            "Lambda takes snapshots of python3.12 and later, not of python3.11; "
            "name one of those as Runtime.",
        ),
        (
            (PYTHON, ALIAS, "EphemeralStorage: {Size: 513}"),
            "Lambda takes snapshots with up to 512 MB of /tmp, and EphemeralStorage is 513.",
        ),
        (
            (
                PYTHON,
                ALIAS,
                "ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}",
            ),
            "Lambda takes no snapshots of functions with provisioned concurrency; "
            "leave one of the two out.",
        ),
        (
            (PYTHON,),
            "snapshots are of published versions, and SAM publishes none without an alias; "
            "add one, such as AutoPublishAlias: live.",
        ),
    ],
)
def test_what_aws_would_not_take_works_here_with_a_word(
    tmp_path: Path, lines: tuple[str, ...], said: str
) -> None:
    (function,), problems = read(tmp_path, *lines, SNAP_START)

    assert function.snap_start
    assert problems == [f"Hello: {said}"]


def test_only_python_functions_have_snapshots_here(tmp_path: Path) -> None:
    (tmp_path / "bootstrap").touch(mode=0o755)
    (function,), problems = read(tmp_path, "Runtime: provided.al2023", ALIAS, SNAP_START)

    assert not function.snap_start
    assert problems == [
        "Hello: snapshots are taken of Python functions only here, not of provided.al2023."
    ]
