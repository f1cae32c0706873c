"""Loops, included files and the newer intrinsic functions of templates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lambda_tui.engine.watching import describing_files
from lambda_tui.project.function import Problem, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.files import ROOT
from support.sam_template import SERVERLESS, read

EXTENSIONS = "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n"
LOOP = (
    EXTENSIONS
    + """\
Parameters:
  Names: {Type: CommaDelimitedList, Default: "a-b,c"}
Resources:
  Fn::ForEach::Workers:
    - Name
    - !Ref Names
    - "Worker&{Name}":
        Type: AWS::Serverless::Function
        Properties:
          FunctionName: !Sub "${Name}-worker"
          CodeUri: .
          Handler: app.handler
          Runtime: python3.12
          Environment:
            Variables:
              NAME: !Ref Name
              SELF: !Join ["", ["w-${Name}"]]
"""
)


def value(folder: Path, call: str, head: str = EXTENSIONS) -> str:
    """Return the value of a variable, or else the problem's sentence."""
    (function,), problems = read(
        folder, f"Environment: {{Variables: {{VALUE: {call}}}}}", template=head + SERVERLESS
    )
    return function.environment.get("VALUE") or problems[-1].message


def only(problems: tuple[Problem, ...]) -> str:
    (problem,) = problems
    return str(problem)


def loaded(folder: Path, text: str, settings: Settings | None = None) -> Project:
    (folder / "app.py").write_text("def handler(event, context): ...\n")
    (folder / "template.yaml").write_text(text)
    return load_project(folder, settings)


def test_a_loop_makes_a_function_of_each_item(tmp_path: Path) -> None:
    functions, problems = read(tmp_path, template=LOOP)

    assert problems == ()
    assert [(one.logical_id, one.name) for one in functions] == [
        ("Workerab", "a-b-worker"),
        ("Workerc", "c-worker"),
    ]
    assert functions[0].environment == {"NAME": "a-b", "SELF": "w-a-b"}
    assert functions[0].line == LOOP[: LOOP.index('"Worker&')].count("\n") + 1


def test_loops_may_be_in_loops_and_make_properties(tmp_path: Path) -> None:
    text = EXTENSIONS + (
        "Resources:\n"
        "  Fn::ForEach::Outer:\n    - A\n    - [x, y]\n"
        "    - Fn::ForEach::Inner:\n        - B\n        - ['1', '2']\n"
        "        - F${A}${B}:\n            Type: AWS::Serverless::Function\n"
        "            Properties:\n              Handler: app.handler\n"
        "              Runtime: python3.12\n"
        "              Environment:\n                Variables:\n"
        "                  Fn::ForEach::Variables:\n"
        "                    - V\n                    - [ONE, TWO]\n"
        "                    - ${V}: ${A}${B}\n"
    )
    functions, problems = read(tmp_path, template=text)

    assert problems == ()
    assert [one.name for one in functions] == ["Fx1", "Fx2", "Fy1", "Fy2"]
    assert functions[2].environment == {"ONE": "y1", "TWO": "y1"}


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("!Ref Names", "!Ref Missing", "the list of Fn::ForEach::Workers is not known here, so "),
        ("!Ref Names", "x", "a list is needed where x stands."),
        ("    - Name\n", "", "Fn::ForEach::Workers needs a name, a list and a mapping, such as ["),
        ("Worker&{Name}", "Worker", "Fn::ForEach::Workers makes Worker twice; let its key hold $"),
        ("[AWS::LanguageExtensions, ", "[", "Fn::ForEach::Workers needs AWS::LanguageExtensions; "),
        (
            "AWS::LanguageExtensions, AWS::Serverless-2016-10-31",
            "AWS::Serverless-2016-10-31, AWS::LanguageExtensions",
            "Fn::ForEach::Workers needs AWS::LanguageExtensions before AWS::Serverless-2016-",
        ),
    ],
)
def test_a_mistake_in_a_loop_is_told_with_its_line(
    tmp_path: Path, before: str, after: str, sentence: str
) -> None:
    assert before in LOOP
    _, problems = read(tmp_path, template=LOOP.replace(before, after))
    (problem,) = [one for one in problems if "has no functions" not in one.message]
    assert sentence in problem.message
    assert problem.line in (1, 5)


def test_loops_that_multiply_without_end_are_told(tmp_path: Path) -> None:
    made: object = {"K${A0}${A1}${A2}${A3}${A4}${A5}": {"Type": "AWS::SNS::Topic"}}
    for level in range(6):
        made = {f"Fn::ForEach::L{level}": [f"A{level}", list("abcdefghij"), made]}
    text = json.dumps({"Transform": "AWS::LanguageExtensions", "Resources": made})
    _, problems = read(tmp_path, template=f"{text}\n")

    assert problems[0].message == "its loops and includes make more of it than can be read."


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("!Length [a, b]", "2"),
        ("!Length a", "a list is needed where a stands."),
        ('!ToJsonString {a: !Ref "AWS::Region", b: [1, true, !Ref "AWS::NoValue"]}', None),
        ("!ToJsonString x", "Fn::ToJsonString takes a mapping or a list."),
        ("!Select [1, !Cidr [10.0.0.0/16, 2, 8]]", "10.0.1.0/24"),
        ('!Select [1, !Cidr ["2001:db8::/56", 2, 64]]', "2001:db8:0:1::/64"),
        ("!Select [1, !Cidr [10.0.0.0/24, 3, 7]]", "Fn::Cidr finds 2 blocks, not 3."),
        ("!Select [1, !Cidr [x, 3, 7]]", "Fn::Cidr takes no x, 3, 7."),
        ('!Select [2, !GetAZs ""]', "us-east-1c"),
        ("!Join [',', !GetAZs eu-west-1]", "eu-west-1a,eu-west-1b,eu-west-1c"),
        ("!FindInMap [No, x, y, {DefaultValue: z}]", "z"),
    ],
)
def test_an_intrinsic_function_has_the_value_that_aws_gives(
    tmp_path: Path, call: str, expected: str | None
) -> None:
    found = value(tmp_path, call)
    assert found.endswith(expected or '{"a":"us-east-1","b":[1,true]}')


@pytest.mark.parametrize(
    "call", ["!Length [a]", "!ToJsonString [a]", "!FindInMap [No, x, y, {DefaultValue: z}]"]
)
def test_a_function_of_the_extensions_needs_their_transform(tmp_path: Path, call: str) -> None:
    found = value(tmp_path, call, head="")
    assert found.endswith(" needs AWS::LanguageExtensions; add it to Transform.")


INCLUDE = "{Name: AWS::Include, Parameters: {Location: parts/%s.yaml}}"


def test_a_file_is_included_in_the_place_of_properties_of_a_value_and_of_sections(
    tmp_path: Path,
) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "properties.yaml").write_text("Timeout: 9\nMemorySize: 256\n")
    (parts / "memory.yaml").write_text("NAME: {Ref: Word}\n")
    (parts / "top.yaml").write_text(
        "Parameters: {Word: {Type: String, Default: told}}\n"
        "Resources:\n  More:\n    Type: AWS::Serverless::Function\n"
        "    Properties: {Handler: app.handler, Runtime: python3.12, Memorysize: 3}\n"
    )
    text = (
        f"Transform: [AWS::Serverless-2016-10-31, {INCLUDE % 'top'}]\n{SERVERLESS}"
        f"      Timeout: 5\n      Fn::Transform: {INCLUDE % 'properties'}\n"
        f"      Environment: {{Variables: !Transform {INCLUDE % 'memory'}}}\n"
    )
    project = loaded(tmp_path, text)

    hello, more = project.functions
    assert (hello.timeout, hello.memory_size) == (5, 256)
    assert hello.environment == {"NAME": "told"}
    assert more.name == "More"
    # The line is that of the call: the file's own are not the template's.
    assert only(project.problems).startswith("template.yaml:1: More: AWS::Serverless::Function has")
    assert {parts / f"{name}.yaml" for name in ("properties", "memory", "top")} <= (
        describing_files(project)
    )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (INCLUDE % "missing", "missing.yaml cannot be included: the file does not exist, or is "),
        (INCLUDE % "broken", "broken.yaml:2 cannot be included: "),
        (INCLUDE % "itself", "itself.yaml includes itself; take the AWS::Include out of it."),
        ("{Name: AWS::Include}", "the Location of AWS::Include is not known here, so it is left "),
        ("{Name: Mine}", "Fn::Transform calls Mine, which is known only in the cloud, so what it "),
        (
            "{Name: AWS::Include, Parameters: {Location: s3://bucket/x.yaml}}",
            "AWS::Include names s3://bucket/x.yaml, which is not on this machine, so it is left ",
        ),
    ],
)
def test_a_file_that_cannot_be_included_is_told_with_the_line_of_the_call(
    tmp_path: Path, call: str, sentence: str
) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "broken.yaml").write_text("a: b\nc: d: e\n")
    itself = f"Timeout: 3\nFn::Transform: {INCLUDE % 'itself'}\n"
    (tmp_path / "parts" / "itself.yaml").write_text(itself)
    (tmp_path / "itself.yaml").write_text(itself)
    project = loaded(tmp_path, f"{SERVERLESS}      Fn::Transform: {call}\n")

    assert [one.name for one in project.functions] == ["Hello"]
    assert f"template.yaml:8: {sentence}" in only(project.problems)


SECRET = "{{resolve:secretsmanager:shop:SecretString:key}}"


def test_a_dynamic_reference_has_its_value_from_the_file_of_variables(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"{SECRET}=hunter2\n{{{{resolve:ssm:/level}}}}=INFO\nMORE=1\n")
    variables = f'URL: "x:{SECRET}@y", LEVEL: "{{{{resolve:ssm:/level}}}}", OPEN: "1"'
    project = loaded(
        tmp_path,
        f"{SERVERLESS}      Environment: {{Variables: {{{variables}}}}}\n",
        Settings(env_file=tmp_path / ".env", values={"{{resolve:ssm:/level}}": "DEBUG"}),
    )

    (function,) = project.functions
    assert project.problems == ()
    assert function.environment == {
        "URL": "x:hunter2@y",
        "LEVEL": "DEBUG",
        "OPEN": "1",
        "MORE": "1",
    }
    assert function.variable_origins["URL"] == "template.yaml:8, the value by .env"
    assert function.variable_origins["LEVEL"] == "template.yaml:8, the value by [values]"
    assert function.secrets == {"URL"}


def test_what_holds_the_value_of_a_noecho_parameter_is_a_secret_in_nested_stacks_too(
    tmp_path: Path,
) -> None:
    nested = (
        "Parameters: {Given: {Type: String}}\n"
        f'{SERVERLESS}      Environment: {{Variables: {{ONE: !Ref Given, TWO: "2"}}}}\n'
    )
    (tmp_path / "child.yaml").write_text(nested)
    project = loaded(
        tmp_path,
        "Parameters: {Pin: {Type: String, NoEcho: true, Default: 4711}}\n"
        "Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n"
        "      TemplateURL: child.yaml\n      Parameters: {Given: !Sub 'pin ${Pin}'}\n",
    )

    (function,) = project.functions
    assert function.environment["ONE"] == "pin 4711"
    assert function.secrets == {"ONE"}


def test_a_securestring_is_refused_by_cloudformation_for_a_variable(tmp_path: Path) -> None:
    reference = "{{resolve:ssm-secure:/key:1}}"
    project = loaded(
        tmp_path,
        f'{SERVERLESS}      Environment: {{Variables: {{KEY: "{reference}"}}}}\n',
        Settings(values={reference: "k"}),
    )
    assert "KEY is a SecureString, which CloudFormation refuses" in only(project.problems)
    assert project.functions[0].secrets == {"KEY"}


def test_the_example_of_all_of_it_is_read(tmp_path: Path) -> None:
    project = load_project(
        ROOT / "tests" / "projects" / "templates",
        Settings(template=ROOT / "tests" / "projects" / "templates" / "extensions.yaml"),
    )
    assert [one.name for one in project.functions] == [
        "orders-worker",
        "re-funds-worker",
        "Included",
        "Child-Worker",
        "Application-Worker",
    ]
