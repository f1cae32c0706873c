"""References of templates: they have the values that AWS would give, or a sentence says why."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lambda_tui.project.function import Problem
from lambda_tui.project.kinds.template import read_template
from lambda_tui.project.kinds.template.language.return_values import fill_in, return_values
from lambda_tui.project.load import load_project
from lambda_tui.project.settings import Settings
from support.sam_template import LINE, SERVERLESS

ACCOUNT = "us-east-1:123456789012"
RESOURCES = """\
  Flow:
    Type: AWS::Serverless::StateMachine
  PlainFlow:
    Type: AWS::StepFunctions::StateMachine
    Properties: {StateMachineName: plain}
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: db/password}
  Users:
    Type: AWS::Cognito::UserPool
  Queue:
    Type: AWS::SQS::Queue
    Properties: {QueueName: !Sub "${AWS::StackName}-orders"}
  Bucket:
    Type: AWS::S3::Bucket
  Role:
    Type: AWS::IAM::Role
    Properties: {Path: /service/}
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16}
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: prod}
  HttpApi:
    Type: AWS::Serverless::HttpApi
  Key:
    Type: AWS::KMS::Key
  Setting:
    Type: AWS::SSM::Parameter
    Properties: {Name: /level, Type: String, Value: !Ref AWS::Region}
  Subscription:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: sqs}
  Topic:
    Type: AWS::SNS::Topic
  Database:
    Type: AWS::RDS::DBInstance
    Properties: {DBInstanceIdentifier: shop, Port: 5432}
  Unknown:
    Type: AWS::QBusiness::Index
  Made:
    Type: Custom::Thing
"""

EVENTS = """\
      Events:
        Jobs: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
        Tick: {Type: ScheduleV2, Properties: {ScheduleExpression: rate(1 day)}}
        Told: {Type: EventBridgeRule, Properties: {Pattern: {source: [shop]}}}
"""


def environment(
    folder: Path, value: str, values: dict[str, str] | None = None, parameters: str = ""
) -> tuple[str | None, tuple[Problem, ...]]:
    """Return the variable ``IT`` of a function, and the problems, for a value in the template."""
    (folder / "app.py").write_text("def handler(event, context): ...\n")
    file = folder / "template.yaml"
    variable = f"      Environment: {{Variables: {{IT: {value}}}}}\n"
    url = "      FunctionUrlConfig: {AuthType: NONE}\n" + EVENTS
    file.write_text(parameters + SERVERLESS + variable + url + RESOURCES)
    (function,), problems, _ = read_template(file, values=values)
    return function.environment.get("IT"), problems


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        ("!Ref Flow", f"arn:aws:states:{ACCOUNT}:stateMachine:Flow"),
        ("!Ref PlainFlow", f"arn:aws:states:{ACCOUNT}:stateMachine:plain"),
        ("!GetAtt PlainFlow.Name", "plain"),
        ("!Ref Secret", f"arn:aws:secretsmanager:{ACCOUNT}:secret:db/password-[a-z2-7]{{6}}"),
        ("!Ref Users", "us-east-1_[a-z2-7]{9}"),
        ("!GetAtt Users.Arn", f"arn:aws:cognito-idp:{ACCOUNT}:userpool/us-east-1_[a-z2-7]{{9}}"),
        ("!GetAtt Queue.QueueName", "local-orders"),
        ("!Ref Queue", "https://sqs.us-east-1.amazonaws.com/123456789012/local-orders"),
        ('!Sub "${Queue.Arn}"', f"arn:aws:sqs:{ACCOUNT}:local-orders"),
        ("!GetAtt Bucket.RegionalDomainName", "Bucket.s3.us-east-1.amazonaws.com"),
        ("!GetAtt Role.Arn", "arn:aws:iam::123456789012:role/service/Role"),
        ("!Ref Vpc", "vpc-[0-9a-f]{17}"),
        ("!GetAtt Vpc.CidrBlock", "10.0.0.0/16"),
        ("!Ref Api", "[a-z2-7]{10}"),
        ('!Sub "/${Api.Stage}"', "/prod"),
        ("!Ref Api.Stage", "prod"),
        ('!Sub "${HttpApi.Stage}"', r"\$default"),
        ("!Ref Key", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("!GetAtt Setting.Value", "us-east-1"),
        ("!Ref Subscription", f"arn:aws:sns:{ACCOUNT}:Topic:[0-9a-f-]{{36}}"),
        ("!GetAtt Topic.TopicName", "Topic"),
        ("!GetAtt Database.Endpoint.Port", "5432"),
        (
            "!GetAtt Database.Endpoint.Address",
            r"shop\.[a-z2-7]{12}\.us-east-1\.rds\..*",
        ),
        ("!Ref ServerlessRestApi", "[a-z2-7]{10}"),
        ("!Ref ServerlessHttpApi", "[a-z2-7]{10}"),
        ("!GetAtt HelloRole.Arn", "arn:aws:iam::123456789012:role/HelloRole"),
        ("!GetAtt HelloUrl.FunctionUrl", r"https://[a-z2-7]{32}\.lambda-url\.us-east-1\.on\.aws/"),
        ("!Ref HelloJobs", "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("!GetAtt HelloTick.Arn", f"arn:aws:scheduler:{ACCOUNT}:schedule/default/HelloTick"),
        ("!Ref AWS::StackId", f"arn:aws:cloudformation:{ACCOUNT}:stack/local/[0-9a-f-]{{36}}"),
        ("!Ref AWS::StackName", "local"),
        ("!Ref AWS::AccountId", "123456789012"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::URLSuffix", r"amazonaws\.com"),
        ('!Join [",", !Ref AWS::NotificationARNs]', ""),
    ],
)
def test_a_reference_has_the_form_that_aws_gives_it(
    tmp_path: Path, value: str, pattern: str
) -> None:
    found, problems = environment(tmp_path, value)

    assert problems == ()
    assert found is not None
    assert re.fullmatch(pattern, found), found
    assert environment(tmp_path, value) == (found, ()), "the same each time"


@pytest.mark.parametrize(
    ("value", "reason", "name"),
    [
        ("!Ref HelloTold", "HelloTold is known only in the cloud", "HelloTold"),
        ("!Ref HelloNone", "the template declares no HelloNone", "HelloNone"),
        ("!Ref Unknown", "Unknown is known only in the cloud", "Unknown"),
        ("!GetAtt Made.Thing", "Made.Thing is known only in the cloud", "Made.Thing"),
        ("!GetAtt Queue.Nothing", "Queue.Nothing is known only in the cloud", "Queue.Nothing"),
        ("!GetAtt Gone.Arn", "the template declares no Gone", "Gone.Arn"),
        ("!Ref FlowUrl", "the template declares no FlowUrl", "FlowUrl"),
        ("!ImportValue shared", "shared is the export of another stack", "shared"),
        ("'{{resolve:ssm:/a}}'", "a dynamic reference is looked up", "{{resolve:ssm:/a}}"),
        ("!Ref Word", "the parameter Word has no Default", "Word"),
        ("!Ref Stored", "the parameter Stored is looked up in the cloud", "Stored"),
        ("!Ref Secrt", "the template declares no Secrt; did you mean Secret?", None),
        ("!Sub [a, b]", "Fn::Sub takes a mapping where b stands", None),
    ],
)
def test_what_only_a_deployment_knows_is_told_with_the_line_to_add(
    tmp_path: Path, value: str, reason: str, name: str | None
) -> None:
    found, (problem,) = environment(tmp_path, value, parameters=PARAMETERS)

    line = PARAMETERS.count("\n") + LINE
    assert found is None
    assert (problem.file, problem.line) == (tmp_path / "template.yaml", line)
    assert f"IT is left out, since its value is not known here: {reason}" in problem.message
    if name is not None:
        remedy = f'; add, below [values] in lambda-tui.toml: "{name}" = "…".'
        assert problem.message.endswith(remedy)


PARAMETERS = """\
Parameters:
  Word: {Type: String}
  Words: {Type: CommaDelimitedList, Default: "x"}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /stored}
"""


@pytest.mark.parametrize(
    ("value", "name", "given", "expected"),
    [
        ("!Ref Word", "Word", "w", "w"),
        ("!Select [1, !Ref Words]", "Words", "a, b", "b"),
        ("!Ref Stored", "Stored", "s", "s"),
        ("!Ref Unknown", "Unknown", "u", "u"),
        ('!Sub "${Unknown.Id}/"', "Unknown.Id", "u", "u/"),
        ("!Ref Queue", "Queue", "http://localhost:9324/queue", "http://localhost:9324/queue"),
        ("!GetAtt Queue.Arn", "Queue.Arn", "mine", "mine"),
        ("!ImportValue shared", "shared", "there", "there"),
        ("'a {{resolve:ssm:/a}} b'", "{{resolve:ssm:/a}}", "1", "a 1 b"),
    ],
)
def test_the_settings_give_what_only_a_deployment_knows(
    tmp_path: Path, value: str, name: str, given: str, expected: str
) -> None:
    assert environment(tmp_path, value, {name: given}, PARAMETERS) == (expected, ())


def test_the_values_of_the_settings_are_those_of_a_loaded_project(tmp_path: Path) -> None:
    environment(tmp_path, "!Ref Unknown")

    project = load_project(tmp_path, Settings(values={"Unknown": "known"}))

    assert project.problems == ()
    assert project.functions[0].environment == {"IT": "known"}


@pytest.mark.parametrize("kind", sorted(return_values()))
def test_each_pattern_gives_a_value(kind: str) -> None:
    for attribute, pattern in return_values()[kind].patterns.items():
        value = fill_in(pattern, "Thing", "eu-west-1", lambda: "thing", lambda name: f"its {name}")
        assert value, attribute
        assert "{" not in value


def doubled(call: str, times: int = 24) -> str:
    """Return YAML of values that each contain the one before twice; the last is ``a24``."""
    values = ["&a0 xx"]
    for number in range(times):
        before = f"*a{number}"
        values.append(f"&a{number + 1} {call.format(before)}")
    return f"Metadata: [{', '.join(values)}]\n"


@pytest.mark.parametrize(
    "call",
    ["!Join ['', [{0}, {0}]]", "!Sub ['${{q}}${{q}}', {{q: {0}}}]", "!If [C, {0}, {0}]"],
    ids=["join", "sub", "if"],
)
def test_values_that_multiply_without_end_are_left_out(tmp_path: Path, call: str) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context): ...\n")
    file = tmp_path / "template.yaml"
    conditions = "Conditions: {C: !And [!Equals [*a24, x], !Equals [*a24, x]]}\n"
    variable = "      Environment: {Variables: {IT: *a24}}\n"
    file.write_text(doubled(call) + conditions + SERVERLESS + variable)

    (function,), (problem,), _ = read_template(file)

    assert function.environment == {}
    assert "IT is left out, since its value is not known here: " in problem.message
