"""Parameters have their values from ``samconfig.toml``, the settings and the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.project.function import Project
from lambda_tui.project.kinds.template import parameter_pairs
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings

TEMPLATE = """
Parameters:
  Stage: {Type: String, Default: none}
  Key: {Type: String}
Globals: {Function: {Environment: {Variables: {KEY: !Ref Key}}}}
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.13
      Environment: {Variables: {STAGE: !Ref Stage, URL: !Sub "https://${Key}/"}}
  Other:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Runtime: python3.13}
"""
CONFIG = """
version = 0.1
[default.global.parameters]
parameter_overrides = "Stage=global Key=k"
[default.deploy.parameters]
parameter_overrides = "Stage=\\"a b\\""
[prod.local_invoke.parameters]
parameter_overrides = ["Stage=prod", "ParameterKey=Key,ParameterValue=x=y"]
"""


def load(tmp_path: Path, config: str | None = None, settings: Settings | None = None) -> Project:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "app.py").write_text("def handler(event, context): pass\n")
    if config is not None:
        (tmp_path / "samconfig.toml").write_text(config)
    return load_project(tmp_path, settings)


def test_the_default_environment_gives_parameters(tmp_path: Path) -> None:
    project = load(tmp_path, CONFIG)

    hello = project.functions[0]
    assert project.problems == ()
    assert hello.environment == {"KEY": "k", "STAGE": "a b", "URL": "https://k/"}
    assert hello.variable_origins["STAGE"] == "template.yaml:12, the value by samconfig.toml"


def test_another_environment_can_be_named(tmp_path: Path) -> None:
    project = load(tmp_path, CONFIG, Settings(config_env="prod"))

    assert project.problems == ()
    assert project.functions[1].environment == {"KEY": "x=y"}
    assert project.functions[0].environment["STAGE"] == "prod"


def test_the_command_line_goes_before_the_settings_and_these_before_the_file(
    tmp_path: Path,
) -> None:
    settings = Settings(values={"Stage": "set", "Key": "set"}, parameter_overrides={"Key": "said"})
    hello = load(tmp_path, CONFIG, settings).functions[0]

    assert (hello.environment["STAGE"], hello.environment["KEY"]) == ("set", "said")
    assert hello.variable_origins["STAGE"].endswith("the value by [values]")
    assert hello.variable_origins["KEY"].endswith("the value by --parameter-overrides")


def test_a_parameter_that_nothing_gives_is_one_problem_with_the_line_to_add(
    tmp_path: Path,
) -> None:
    project = load(tmp_path)

    (problem,) = project.problems
    assert problem.functions == ("Hello", "Other")
    assert problem.message == (
        "Hello: Environment.Variables.KEY is left out, since its value is not known here: "
        'the parameter Key has no Default; add, below [values] in lambda-tui.toml: "Key" = "…"; '
        "2 more values of 2 functions need it too."
    )


@pytest.mark.parametrize(
    ("config", "env", "words"),
    [
        (CONFIG, "staging", "there is no environment staging; it has default, prod."),
        (None, "prod", "there is no samconfig.toml for prod."),
        ("[default", None, "the file is not valid TOML"),
        (
            '[default.deploy.parameters]\nparameter_overrides = "Key"\n',
            None,
            "parameter_overrides of deploy is left out, as Key is not of the form NAME=VALUE.",
        ),
        (
            "[default.deploy.parameters]\nparameter_overrides = [1]\n",
            None,
            "parameter_overrides of deploy is left out, as 1 is no text such as NAME=VALUE.",
        ),
    ],
)
def test_what_is_wrong_in_it_is_told(
    tmp_path: Path, config: str | None, env: str | None, words: str
) -> None:
    project = load(tmp_path, config, Settings(config_env=env))

    assert len(project.functions) == 2
    assert words in str(project.problems[0])


@pytest.mark.parametrize(
    "config", ["default = 1", "[default]\ndeploy = 1", "[default.deploy]\nparameters = []", ""]
)
def test_another_form_gives_nothing(tmp_path: Path, config: str) -> None:
    assert len(load(tmp_path, config).problems) == 1, "the parameter"


def test_overrides_are_taken_in_each_of_sams_forms() -> None:
    given = ['A=1 B="x y"', "ParameterKey=C,ParameterValue=z", "D="]

    assert dict(parameter_pairs(given)) == {"A": "1", "B": "x y", "C": "z", "D": ""}
    assert dict(parameter_pairs({"E": 1, "F": True})) == {"E": "1", "F": "true"}
