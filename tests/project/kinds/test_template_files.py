"""A project's template is found by its name, its content, above the folder, or is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_tui.project.function import Project
from lambda_tui.project.kinds.template import project_above
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings, load_settings

TEMPLATE = """
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Handler: app.handler, Runtime: python3.13}
"""


def write(folder: Path, name: str = "template.yaml", text: str = TEMPLATE) -> Path:
    (folder / "code").mkdir(parents=True, exist_ok=True)
    (folder / "code" / "app.py").write_text("def handler(event, context): pass\n")
    (folder / name).write_text(text)
    return folder / name


def sentences(project: Project) -> list[str]:
    return [str(problem) for problem in project.problems]


@pytest.mark.parametrize(
    "name",
    ["template.yml", "template.json", "sam.yaml", "stack.template", "a.template.json", "main.yml"],
)
def test_a_template_of_another_name_is_read(tmp_path: Path, name: str) -> None:
    text = TEMPLATE
    if name.endswith(".json"):
        properties = {"CodeUri": "code", "Handler": "app.handler", "Runtime": "python3.13"}
        resource = {"Type": "AWS::Serverless::Function", "Properties": properties}
        text = json.dumps({"Resources": {"Hello": resource}}, indent="\t")
    file = write(tmp_path, name, text)

    project = load_project(tmp_path)

    assert (project.template, project.problems) == (file, ())
    assert [function.name for function in project.functions] == ["Hello"]


@pytest.mark.parametrize("text", ["Resources: {}\n", "a: AWS::Lambda::Function\n", "", "{"])
def test_a_file_without_resources_or_functions_is_no_template(tmp_path: Path, text: str) -> None:
    write(tmp_path, "values.yaml", text)

    assert load_project(tmp_path).template is None


def test_a_usual_name_goes_before_others(tmp_path: Path) -> None:
    for name in ("a.yaml", "sam.yaml", "template.json"):
        write(tmp_path, name)

    assert load_project(tmp_path).template == tmp_path / "template.json"


def test_of_several_templates_of_other_names_each_is_offered(tmp_path: Path) -> None:
    for name in ("a.yaml", "b c.yaml"):
        write(tmp_path, name)

    project = load_project(tmp_path)

    assert project.template is None
    assert sentences(project)[0] == (
        "there are templates that this folder does not open: `lambda-tui -t a.yaml`, "
        "`lambda-tui -t 'b c.yaml'`."
    )


def test_templates_below_are_offered_with_the_command_for_each(tmp_path: Path) -> None:
    for folder in ("orders", "services/users", "node_modules/x", ".hidden", "a/b/c/d/deep"):
        write(tmp_path / folder)

    told = sentences(load_project(tmp_path))

    assert told[0] == (
        "there are templates that this folder does not open: "
        "`lambda-tui -t orders/template.yaml`, `lambda-tui -t services/users/template.yaml`."
    )


def test_of_many_templates_the_first_are_named(tmp_path: Path) -> None:
    for number in range(10):
        write(tmp_path / f"service{number}")

    (told, *_others) = sentences(load_project(tmp_path))

    assert told.count("lambda-tui -t") == 8
    assert told.endswith(" and 2 more.")


def test_the_setting_names_a_template_anywhere(tmp_path: Path) -> None:
    file = write(tmp_path / "infra", "prod.yaml")
    write(tmp_path)
    (tmp_path / "lambda-tui.toml").write_text('template = "infra/prod.yaml"\n')

    settings, problems = load_settings(tmp_path, tmp_path / "nowhere")
    project = load_project(tmp_path, settings)

    assert problems == ()
    assert (project.template, project.directory) == (file, tmp_path)
    assert project.functions[0].code_directory == tmp_path / "infra" / "code"


def test_a_template_that_is_named_and_not_there_is_told(tmp_path: Path) -> None:
    project = load_project(tmp_path, Settings(template=tmp_path / "absent.yaml"))

    assert project.functions == ()
    assert "absent.yaml: the file does not exist" in sentences(project)[0]


def test_the_folder_of_a_functions_code_belongs_to_the_template_above(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "docs" / "pages").mkdir(parents=True)

    assert project_above(tmp_path / "code") == tmp_path
    assert project_above(tmp_path / "docs" / "pages") == tmp_path
    assert project_above(tmp_path) is None


def test_a_project_of_its_own_does_not_belong_to_a_template_above(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path / "other", "stack.yaml")
    for folder in ("plain", "settings", "infra", "repository/inside"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "plain" / "app.py").touch()
    (tmp_path / "settings" / "lambda-tui.toml").touch()
    (tmp_path / "infra" / "main.tf").touch()
    (tmp_path / "repository" / ".git").mkdir()

    for folder in ("other", "plain", "settings", "infra", "repository", "repository/inside"):
        assert project_above(tmp_path / folder) is None, folder
