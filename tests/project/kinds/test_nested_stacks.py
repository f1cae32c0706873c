"""Nested stacks: templates that a template names, with what they get from each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from lambda_tui.engine.watching import describing_files
from lambda_tui.project.function import Function, Problem, Project
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings

FUNCTION = """\
  {name}:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: app.handler
      Runtime: python3.12
"""
STACKS = {
    "template.yaml": """\
Parameters:
  Stage: {Type: String, Default: dev}
Resources:
  Store:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: stacks/store.yaml
  Shop:
    Type: AWS::Serverless::Application
    Properties:
      Location: ./stacks/shop.yaml
      Parameters:
        Stage: !Sub "${Stage}-1"
        TableName: !GetAtt Store.Outputs.TableName
        Zones: [a, b]
""",
    "stacks/store.yaml": """\
Resources:
  Table:
    Type: AWS::Serverless::SimpleTable
  Common:
    Type: AWS::Serverless::LayerVersion
    Properties: {ContentUri: layer}
Outputs:
  TableName: {Value: !Ref Table}
""",
    "stacks/shop.yaml": """\
Parameters:
  Stage: {Type: String, Default: none}
  TableName: {Type: String}
  Zones: {Type: CommaDelimitedList, Default: ""}
Resources:
"""
    + FUNCTION.format(name="Order")
    + """\
      Environment:
        Variables:
          STAGE: !Ref Stage
          TABLE_NAME: !Ref TableName
          LAST_ZONE: !Select [1, !Ref Zones]
          OTHER: !Ref Worker
          STACK_NAME: !Ref AWS::StackName
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: inner.yaml}
"""
    + FUNCTION.format(name="Worker"),
    "stacks/inner.yaml": "Resources:\n"
    + FUNCTION.format(name="Order")
    + FUNCTION.format(name="Named").replace("CodeUri", "FunctionName: mine\n      CodeUri"),
}


def write(folder: Path, files: dict[str, str]) -> None:
    """Write templates, and the code that each finds beside it."""
    for name, text in files.items():
        file = folder / name
        code = file.parent / "src" / "app.py"
        code.parent.mkdir(parents=True, exist_ok=True)
        code.write_text("def handler(event, context): ...\n")
        (file.parent / "layer").mkdir(exist_ok=True)
        file.write_text(text)


def opened(folder: Path, files: dict[str, str], **values: str) -> Project:
    """Read the project that templates make, with values of the settings."""
    write(folder, files)
    return load_project(folder, Settings(values={k.replace("__", "/"): values[k] for k in values}))


def by_path(project: Project) -> dict[str | None, Function]:
    """Return the functions by their paths."""
    return {one.logical_id: one for one in project.functions}


def only(problems: tuple[Problem, ...]) -> str:
    (problem,) = problems
    return str(problem)


def test_functions_of_nested_stacks_have_their_paths_and_names_that_invoke_takes(
    tmp_path: Path,
) -> None:
    project = opened(tmp_path, STACKS)

    assert project.problems == ()
    assert {one.logical_id: one.name for one in project.functions} == {
        "Shop/Order": "Shop-Order",
        "Shop/Worker": "Shop-Worker",
        "Shop/Inner/Order": "Shop-Inner-Order",
        "Shop/Inner/Named": "mine",
    }
    order = by_path(project)["Shop/Order"]
    assert (order.file, order.line) == (tmp_path / "stacks/shop.yaml", 6)
    assert order.code_directory == tmp_path / "stacks/src"


def test_parameters_go_down_and_outputs_up(tmp_path: Path) -> None:
    order = by_path(opened(tmp_path, STACKS))["Shop/Order"]

    assert order.environment == {
        "STAGE": "dev-1",
        "TABLE_NAME": "Store-Table",
        "LAST_ZONE": "b",
        "OTHER": "Shop-Worker",
        "STACK_NAME": "local-Shop",
    }
    assert order.variable_origins["STAGE"] == "shop.yaml:14, the value by template.yaml:13"


def test_a_value_of_the_settings_is_for_one_stack_by_its_path(tmp_path: Path) -> None:
    order = by_path(opened(tmp_path, STACKS, Stage="prod", Shop__TableName="mine"))["Shop/Order"]

    assert order.environment["STAGE"] == "prod-1"
    assert order.environment["TABLE_NAME"] == "mine"


def test_a_layer_of_one_stack_is_found_for_a_function_of_another(tmp_path: Path) -> None:
    store = STACKS["stacks/store.yaml"] + "  LayerArn: {Value: !Ref Common}\n"
    root = (
        STACKS["template.yaml"]
        + "        Layer: !GetAtt Store.Outputs.LayerArn\n"
        + FUNCTION.format(name="Own")
        + "      Layers: [!GetAtt Store.Outputs.LayerArn]\n"
    )
    shop = STACKS["stacks/shop.yaml"].replace("Parameters:", "Parameters:\n  Layer: {Type: String}")
    shop += "      Layers: [!Ref Layer]\n"
    project = opened(
        tmp_path,
        {**STACKS, "template.yaml": root, "stacks/store.yaml": store, "stacks/shop.yaml": shop},
    )

    assert project.problems == ()
    functions = by_path(project)
    for name in ("Own", "Shop/Worker"):
        (layer,) = functions[name].layers
        assert layer.arn.endswith(":layer:Store-Common:1")
        assert layer.path == tmp_path / "stacks/layer"


def test_what_is_not_known_of_a_nested_stack_is_asked_for_by_its_path(tmp_path: Path) -> None:
    shop = STACKS["stacks/shop.yaml"].replace("!Ref Worker", "!GetAtt Bucket.Unknown")
    shop += "  Bucket: {Type: AWS::S3::Bucket}\n"
    project = opened(tmp_path, {**STACKS, "stacks/shop.yaml": shop})

    assert 'lambda-tui.toml: "Shop/Bucket.Unknown" = "…"' in only(project.problems)
    given = opened(tmp_path, {**STACKS, "stacks/shop.yaml": shop}, **{"Shop__Bucket.Unknown": "b"})
    assert given.problems == ()
    assert by_path(given)["Shop/Order"].environment["OTHER"] == "b"


def test_a_parameter_of_an_unknown_value_has_not_its_default(tmp_path: Path) -> None:
    root = STACKS["template.yaml"].replace('!Sub "${Stage}-1"', "!ImportValue elsewhere")
    project = opened(tmp_path, {**STACKS, "template.yaml": root})

    assert "STAGE" not in by_path(project)["Shop/Order"].environment
    assert 'lambda-tui.toml: "elsewhere" = "…"' in only(project.problems)


def test_stacks_that_contain_each_other_are_refused(tmp_path: Path) -> None:
    inner = STACKS["stacks/inner.yaml"] + (
        "  Again:\n    Type: AWS::CloudFormation::Stack\n"
        "    Properties: {TemplateURL: ../template.yaml}\n"
    )
    project = opened(tmp_path, {**STACKS, "stacks/inner.yaml": inner})

    assert len(project.functions) == 4
    assert only(project.problems) == (
        "stacks/inner.yaml:17: Shop/Inner/Again: TemplateURL names template.yaml, which this stack "
        "is nested in itself; name another template."
    )


def test_stacks_that_depend_on_each_others_outputs_are_told(tmp_path: Path) -> None:
    root = STACKS["template.yaml"].replace(
        "TemplateURL: stacks/store.yaml\n",
        "TemplateURL: stacks/store.yaml\n"
        "      Parameters: {Zone: !GetAtt Shop.Outputs.TableName}\n",
    )
    store = "Parameters: {Zone: {Type: String}}\n" + STACKS["stacks/store.yaml"].replace(
        "!Ref Table", "!Ref Zone"
    )
    shop = STACKS["stacks/shop.yaml"] + "Outputs: {TableName: {Value: !Ref TableName}}\n"
    files = {"template.yaml": root, "stacks/store.yaml": store, "stacks/shop.yaml": shop}
    project = opened(tmp_path, {**STACKS, **files})

    assert "what Store gets depends on itself" in only(project.problems)


def test_stacks_that_multiply_are_read_up_to_a_number(tmp_path: Path) -> None:
    files = {}
    for level in range(10):
        text = "Resources:\n" + FUNCTION.format(name="One")
        for name in "AB":
            text += f"  {name}:\n    Type: AWS::CloudFormation::Stack\n"
            text += f"    Properties: {{TemplateURL: level{level + 1}.yaml}}\n"
        files[f"level{level}.yaml" if level else "template.yaml"] = text
    project = opened(tmp_path, files)

    assert len(project.functions) == 100
    assert any("beyond the 100 stacks that are read" in one.message for one in project.problems)


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            "stacks/store.yaml",
            "stacks/Store.yaml",
            "template.yaml:7: Store: TemplateURL names stacks/Store.yaml, which does not exist; "
            "did you mean stacks/store.yaml?",
        ),
        ("stacks/store.yaml", "stacks", "TemplateURL names stacks, which is a folder; name a"),
        ("stacks/store.yaml", "https://s3.aws.test/x.yaml", "TemplateURL lies in S3, so the fu"),
        ("stacks/store.yaml", "!Ref Nothing", "the value of TemplateURL is not known here, so "),
        ("stacks/store.yaml", "[x]", "TemplateURL has to name a template, such as "),
        ("stacks/store.yaml", "src/app.py", "app.py has no output TableName; add it there."),
        ("./stacks/shop.yaml", "{ApplicationId: arn:x}", "Location is an application of a rep"),
        (
            "Stage: !Sub",
            "Stag: !Sub",
            "template.yaml:13: Shop: shop.yaml declares no parameter Stag; did you mean Stage?",
        ),
        (
            "        TableName: !GetAtt Store.Outputs.TableName\n",
            "",
            "template.yaml:12: Shop: shop.yaml has the parameter TableName without a Default; ",
        ),
        (
            "Outputs.TableName",
            "Outputs.Tablename",
            "store.yaml has no output Tablename; did you mean TableName?",
        ),
    ],
)
def test_a_mistake_about_a_nested_stack_is_told_with_its_place(
    tmp_path: Path, before: str, after: str, sentence: str
) -> None:
    root = STACKS["template.yaml"].replace(before, after)
    assert root != STACKS["template.yaml"]
    project = opened(tmp_path, {**STACKS, "template.yaml": root})

    assert any(sentence in str(problem) for problem in project.problems)


def test_the_files_of_nested_stacks_are_watched_also_those_that_are_missing(
    tmp_path: Path,
) -> None:
    files = {**STACKS}
    del files["stacks/inner.yaml"]
    watched = describing_files(opened(tmp_path, files))

    assert {tmp_path / name for name in STACKS} <= watched


def test_resources_of_any_stack_change_the_functions_that_they_name(tmp_path: Path) -> None:
    root = STACKS["template.yaml"] + (
        "  Config:\n    Type: AWS::Lambda::EventInvokeConfig\n"
        "    Properties: {FunctionName: Shop-Order, Qualifier: $LATEST, MaximumRetryAttempts: 0}\n"
        "  Mapping:\n    Type: AWS::Lambda::EventSourceMapping\n"
        "    Properties:\n      FunctionName: !GetAtt Shop.Outputs.Order\n"
        "      EventSourceArn: arn:aws:sqs:us-east-1:123456789012:jobs\n"
    )
    shop = STACKS["stacks/shop.yaml"] + "Outputs: {Order: {Value: !GetAtt Order.Arn}}\n"
    shop = shop.replace(
        "      Environment:",
        "      Events: {Tick: {Type: Schedule, Properties: {Schedule: rate(1 day)}}}\n"
        "      Environment:",
        1,
    )
    project = opened(tmp_path, {**STACKS, "template.yaml": root, "stacks/shop.yaml": shop})

    assert project.problems == ()
    functions = by_path(project)
    order = functions["Shop/Order"]
    assert order.asynchronous.maximum_retry_attempts == 0
    assert [one.name for one in order.triggers] == ["Tick", "Mapping"]
    assert functions["Shop/Inner/Order"].triggers == ()


def test_a_name_that_is_too_long_is_shortened_as_on_aws(tmp_path: Path) -> None:
    long = "A" * 60
    root = f"Resources:\n  {long}:\n    Type: AWS::CloudFormation::Stack\n"
    root += "    Properties: {TemplateURL: child.yaml}\n"
    child = "Resources:\n" + FUNCTION.format(name="FirstOne") + FUNCTION.format(name="FirstTwo")
    child += "      Environment: {Variables: {OTHER: !Ref FirstOne}}\n"
    project = opened(tmp_path, {"template.yaml": root, "child.yaml": child})

    assert project.problems == ()
    one, two = project.functions
    assert len(one.name) == len(two.name) == 64
    assert one.name != two.name
    assert two.environment["OTHER"] == one.name


def test_a_file_of_variables_names_a_function_by_its_path(tmp_path: Path) -> None:
    write(tmp_path, STACKS)
    (tmp_path / "env.json").write_text('{"Shop/Order": {"STAGE": "file"}}')
    project = load_project(tmp_path, Settings(env_file=tmp_path / "env.json"))

    assert project.problems == ()
    assert by_path(project)["Shop/Order"].environment["STAGE"] == "file"
    assert "STAGE" not in by_path(project)["Shop/Inner/Order"].environment
