"""Functions have the variables of a file, in the syntax of ``.env`` or in SAM's JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_tui.project.function import Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings

TEMPLATE = """
Globals: {Function: {Handler: app.handler, Runtime: python3.13}}
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: hi, Environment: {Variables: {STAGE: dev, KEPT: k}}}
  Other: {Type: AWS::Serverless::Function, Properties: {}}
"""


def load(tmp_path: Path, text: str | None, name: str = ".env") -> Project:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "app.py").write_text("def handler(event, context): pass\n")
    if text is not None:
        (tmp_path / name).write_text(text)
    return load_project(tmp_path, Settings(env_file=tmp_path / name))


def test_lines_give_variables_to_all_functions_with_their_origins(tmp_path: Path) -> None:
    project = load(tmp_path, "# all\nSTAGE=prod\n\nNEW=1\n")

    hello, other = project.functions
    assert project.problems == ()
    assert hello.environment == {"STAGE": "prod", "KEPT": "k", "NEW": "1"}
    assert other.environment == {"STAGE": "prod", "NEW": "1"}
    assert hello.variable_origins["STAGE"] == ".env:2"
    assert hello.variable_origins["NEW"] == ".env:4"
    assert hello.variable_origins["KEPT"] == "template.yaml:6"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("AA=b", "b"),
        ("export AA = b c  # said", "b c"),
        ("AA=", ""),
        ("AA=b#c", "b#c"),
        ("AA=#c", "#c"),
        ("AA= # c", ""),
        ("AA='b # ${X}\\n'", "b # ${X}\\n"),
        ('AA="b \\"c\\"\\nd" # e', 'b "c"\nd'),
        ('AA="b\nc"', "b\nc"),
        ("X1=x\nAA=${X1}/${absent}", "x/${absent}"),
        ("AA=a=b==", "a=b=="),
        ("AA=https://a/b?c#d\r", "https://a/b?c#d"),
    ],
)
def test_a_line_is_read_as_other_tools_do(tmp_path: Path, line: str, value: str) -> None:
    project = load(tmp_path, line + "\nLAST=1\n")

    assert project.functions[0].environment["AA"] == value
    assert project.functions[0].variable_origins["LAST"] == f".env:{line.count(chr(10)) + 2}"


@pytest.mark.parametrize(
    ("content", "hello", "other"),
    [
        ({"Hello": {"STAGE": "x"}}, "x", None),
        ({"hi": {"STAGE": "x"}}, "x", None),
        ({"Parameters": {"STAGE": "x"}}, "x", "x"),
        ({"Parameters": {"STAGE": "x"}, "Other": {"STAGE": 1}}, "x", "1"),
        ({"Parameters": {"STAGE": True}, "hi": {"STAGE": None}}, "", "true"),
    ],
)
def test_sams_json_is_read_in_each_of_its_shapes(
    tmp_path: Path, content: object, hello: str, other: str | None
) -> None:
    project = load(tmp_path, json.dumps(content), "env.json")

    assert project.problems == ()
    assert [one.environment.get("STAGE") for one in project.functions] == [hello, other]
    assert project.functions[0].variable_origins["STAGE"].startswith("env.json")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("AWS_REGION=x\n", ".env:1: AWS_REGION is set by Lambda itself, and cannot be given;"),
        ("\n1A=x\n", ".env:2: 1A is no name:"),
        ("AA=1\nno line\n", ".env:2: the line is not of the form NAME=value; it is left out."),
        ('AA="b\n', ".env:1: the line is not of the form NAME=value; it is left out."),
        ('{"Helo": {"AA": "1"}}', ".env: there is no function Helo; did you mean Hello?"),
        ('{"Hello": 1}', ".env: Hello is 1, where a mapping is needed:"),
        ('{"Hello": {"AA": []}}', ".env: AA is a list, where a text is needed."),
        ('{"Hello":', ".env:1: the file is not valid JSON: "),
        (None, ".env: the file does not exist, or is not a file."),
    ],
)
def test_what_is_wrong_in_it_is_told(tmp_path: Path, text: str | None, told: str) -> None:
    project = load(tmp_path, text)

    (problem,) = project.problems
    assert str(problem).startswith(told)
    assert project.functions[0].environment["STAGE"] == "dev"


def test_the_file_of_samconfig_counts_where_no_other_is_named(tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text(
        '[default.local_invoke.parameters]\nenv_vars = "env.json"\n'
    )
    load(tmp_path, '{"Parameters": {"STAGE": "sam"}}', "env.json")

    assert load_project(tmp_path).functions[0].environment["STAGE"] == "sam"
    assert load(tmp_path, "STAGE=mine").functions[0].environment["STAGE"] == "mine"
