"""``-t`` names a template for every command, and a folder inside of a project finds it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command_line import run, write_project

pytestmark = pytest.mark.usefixtures("nothing_is_left")

GREETS = "def handler(event, context):\n    return 'hello'\n"


@pytest.fixture
def template(tmp_path: Path) -> Path:
    project = write_project(tmp_path / "project", {"Greet": GREETS})
    return (project / "template.yaml").rename(project / "prod.yaml")


def test_the_template_that_is_named_is_read_from_anywhere(template: Path) -> None:
    listed = run("list", "--json", "-t", template, cwd=template.parent.parent)
    invoked = run("invoke", "--template", "project/prod.yaml", cwd=template.parent.parent)

    assert [one["name"] for one in json.loads(listed.output)] == ["Greet"]
    assert invoked.output == '"hello"\n'


def test_a_project_beside_it_may_be_named(template: Path, tmp_path: Path) -> None:
    (tmp_path / "lambda-tui.toml").write_text("idle_timeout = -1\n")

    listed = run("list", "--project", tmp_path, "-t", template)

    assert "Greet" in listed.output
    assert "idle_timeout is -1" in listed.errors


def test_a_folder_inside_a_project_finds_its_template_and_says_so(tmp_path: Path) -> None:
    project = write_project(tmp_path / "project", {"Greet": GREETS})
    (project / "docs").mkdir()

    listed = run("list", cwd=project / "docs")

    assert "Greet" in listed.output
    assert f"lambda-tui: the project is {project}, which this folder belongs to" in listed.errors
    assert run("list", ".", cwd=project / "docs").status != 0, "a folder that is named is taken"


def test_parameters_are_given_on_the_command_line(tmp_path: Path) -> None:
    source = "import os\ndef handler(event, context):\n    return os.environ['STAGE']\n"
    variables = "Environment: {Variables: {STAGE: !Ref Stage}}"
    project = write_project(tmp_path / "project", {"Greet": source}, Greet=variables)
    with (project / "template.yaml").open("a") as file:
        file.write("Parameters: {Stage: {Type: String}}\n")

    done = run("invoke", "--parameter-overrides", "Stage=prod Other=1", cwd=project)
    refused = run("invoke", "--parameter-overrides", "Stage", cwd=project)

    assert done.output == '"prod"\n'
    assert refused.status == 2
    assert "--parameter-overrides: Stage is not of the form NAME=VALUE." in refused.errors


def test_variables_are_given_on_the_command_line(tmp_path: Path) -> None:
    source = "import os\ndef handler(event, context):\n    return os.environ['STAGE']\n"
    project = write_project(tmp_path / "project", {"Greet": source})
    (tmp_path / "local.env").write_text("STAGE=local\n")

    done = run("invoke", "--env-file", tmp_path / "local.env", cwd=project)

    assert done.output == '"local"\n'
