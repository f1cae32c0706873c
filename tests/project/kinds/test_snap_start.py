"""SnapStart in templates."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.function import Function, Problem
from support import sam_template
from support.sam_template import PLAIN, SERVERLESS

ALIAS = "AutoPublishAlias: live"
SNAP_START = "SnapStart: {ApplyOn: PublishedVersions}"


def read(
    folder: Path, *lines: str, template: str = SERVERLESS
) -> tuple[tuple[Function, ...], list[str]]:
    functions, problems = sam_template.read(folder, *lines, template=template)
    return functions, [_without_place(problem) for problem in problems]


def _on(runtime: str) -> str:
    return SERVERLESS.replace("python3.12", runtime)


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
    (function,), problems = read(tmp_path, line, *lines, template=template)

    assert function.snap_start is is_taken
    assert problems == []


def test_without_a_word_none_is_taken(tmp_path: Path) -> None:
    (function,), problems = read(tmp_path)

    assert not function.snap_start
    assert problems == []


@pytest.mark.parametrize("written", ["PublishedVersions", "{}", "[ApplyOn]", "{Apply: None}"])
def test_anything_but_apply_on_is_refused(tmp_path: Path, written: str) -> None:
    functions, problems = read(tmp_path, ALIAS, f"SnapStart: {written}")

    assert functions == ()
    assert problems == [
        "Hello: SnapStart needs ApplyOn, such as SnapStart: {ApplyOn: PublishedVersions}."
    ]


def test_another_word_is_refused(tmp_path: Path) -> None:
    functions, problems = read(tmp_path, ALIAS, "SnapStart: {ApplyOn: Everything}")

    assert functions == ()
    assert problems == [
        "Hello: SnapStart.ApplyOn is Everything, but Lambda takes PublishedVersions or None."
    ]


@pytest.mark.parametrize(
    ("runtime", "lines", "said"),
    [
        (
            "python3.11",
            (ALIAS,),
            "Lambda takes snapshots of python3.12 and later, not of python3.11; "
            "name one of those as Runtime.",
        ),
        (
            "python3.12",
            (ALIAS, "EphemeralStorage: {Size: 513}"),
            "Lambda takes snapshots with up to 512 MB of /tmp, and EphemeralStorage is 513.",
        ),
        (
            "python3.12",
            (ALIAS, "ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 1}"),
            "Lambda takes no snapshots of functions with provisioned concurrency; "
            "leave one of the two out.",
        ),
        (
            "python3.12",
            (),
            "snapshots are of published versions, and SAM publishes none without an alias; "
            "add one, such as AutoPublishAlias: live.",
        ),
    ],
)
def test_what_aws_would_not_take_works_here_with_a_word(
    tmp_path: Path, runtime: str, lines: tuple[str, ...], said: str
) -> None:
    (function,), problems = read(tmp_path, *lines, SNAP_START, template=_on(runtime))

    assert function.snap_start
    assert problems == [f"Hello: {said}"]


def test_only_python_functions_have_snapshots_here(tmp_path: Path) -> None:
    (tmp_path / "bootstrap").touch(mode=0o755)
    template = _on("provided.al2023")
    (function,), problems = read(tmp_path, ALIAS, SNAP_START, template=template)

    assert not function.snap_start
    assert problems == [
        "Hello: snapshots are taken of Python functions only here, not of provided.al2023."
    ]
