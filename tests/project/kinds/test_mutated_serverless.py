"""A ``serverless.yml`` of some breadth, changed or cut in one place: none ends the reader."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_tui.project.function import Project
from lambda_tui.project.kinds.serverless import read_project
from lambda_tui.project.kinds.template.language import read_yaml
from lambda_tui.project.settings import Settings
from support.files import PROJECTS
from support.mutations import changed, places, plain

TEXT = (PROJECTS / "serverless" / "serverless.yml").read_text()
VALUES: tuple[object, ...] = (
    *(None, True, 0, -1, 10**30, float("nan"), "", "x", "a\0b", [], [None], ["x", 1, {}], {}),
    *({"x": None}, {"": []}, {"Ref": "Nothing"}, {"Ref": ["x"]}, {"Fn::GetAtt": [[], {}]}),
    *("${self:}", "${self:provider}", "${ssm:/x}", "${opt:a, self:functions}", "${", "${:}"),
    *("${file(config/limits.yml)}", "${file(..)}", "${strToBool()}", "${param:}", "${a(b):c,,}"),
)


def read(folder: Path) -> Project:
    """Return the folder's project; raise whatever reading it raises."""
    project = read_project(folder, Settings())
    assert project is not None
    return project


def test_every_change_of_a_value_gives_functions_or_problems_with_a_line(tmp_path: Path) -> None:
    file = tmp_path / "serverless.yml"
    document = plain(read_yaml(TEXT).content)
    # Two changes at each place, others at each: all values come to most kinds of places.
    for number, place in enumerate(places(document)):
        for shift in (0, 7):
            value = VALUES[(number * 5 + shift) % len(VALUES)]
            text = json.dumps(changed(document, place, value))
            file.write_bytes(text.encode("utf-8", "surrogatepass"))
            project = read(tmp_path)
            assert project.problems or project.functions, text
            for problem in project.problems:
                assert problem.message.isprintable(), text
                assert problem.file is None or problem.line is not None, (problem, text)


@pytest.mark.parametrize("start", range(5))
def test_every_beginning_of_a_file_is_read_or_told(tmp_path: Path, start: int) -> None:
    file = tmp_path / "serverless.yml"
    for end in range(start * 3, len(TEXT), 15):
        file.write_text(TEXT[:end])
        project = read(tmp_path)
        assert project.problems, TEXT[:end]
