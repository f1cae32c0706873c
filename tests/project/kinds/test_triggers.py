from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from lambda_tui.project.function import Function, Problem, Trigger
from lambda_tui.project.kinds.template.template import read_template
from lambda_tui.sample_events import BUILDERS, services_of

NAMED = {builder.name: builder for builder in BUILDERS}
Found = tuple[str, dict[str, str]]
FUNCTION = """\
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.13
      Handler: app.handler
      CodeUri: .
"""
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:Orders"
WITHOUT_BUILDER = {"alexa", "documentdb", "iot", "kafka", "lex", "mq", "msk"}


def read(
    tmp_path: Path, events: str = "", resources: str = "", common: str = ""
) -> tuple[Function, tuple[Problem, ...]]:
    (tmp_path / "app.py").write_text("def handler(event, context): ...\n")
    file = tmp_path / "template.yaml"
    own = f"      Events:\n{indent(dedent(events), '        ')}\n" if events else ""
    others = indent(dedent(resources), "  ")
    file.write_text(f"{dedent(common)}\n{FUNCTION}{own}{others}\n")
    (function,), problems, _ = read_template(file)
    return function, problems


def triggers(
    tmp_path: Path, events: str = "", resources: str = ""
) -> list[tuple[str, dict[str, str]]]:
    function, problems = read(tmp_path, events, resources)
    assert problems == ()
    return [(trigger.service, dict(trigger.details)) for trigger in function.triggers]


@pytest.mark.parametrize(
    ("event", "service", "details"),
    [
        (
            "{Type: Api, Properties: {Path: '/orders/{id}', Method: get}}",
            "apigateway",
            {"resource": "/orders/{id}", "method": "GET"},
        ),
        (
            "{Type: HttpApi, Properties: {Path: /orders, Method: POST}}",
            "httpapi",
            {"route": "/orders", "method": "POST"},
        ),
        ("{Type: HttpApi}", "httpapi", {"route": "$default"}),
        (
            "{Type: HttpApi, Properties: {Path: /o, PayloadFormatVersion: '1.0'}}",
            "apigateway",
            {"resource": "/o"},
        ),
        (
            """{Type: S3, Properties: {Bucket: !Ref Pictures, Events: 's3:ObjectRemoved:*', Filter:
              {S3Key: {Rules: [{Name: prefix, Value: in/}, {Name: suffix, Value: .png}]}}}}""",
            "s3",
            {"bucket": "pictures-dev", "event": "ObjectRemoved:*", "key": "in/example.png"},
        ),
        ("{Type: SQS, Properties: {Queue: !GetAtt Orders.Arn}}", "sqs", {"queue": QUEUE_ARN}),
        (
            "{Type: SNS, Properties: {Topic: !Ref News}}",
            "sns",
            {"topic": "arn:aws:sns:us-east-1:123456789012:News"},
        ),
        (
            """{Type: EventBridgeRule, Properties: {Pattern:
              {source: [shop.orders], detail-type: [OrderPlaced, OrderPaid]}}}""",
            "eventbridge",
            {"source": "shop.orders", "detail_type": "OrderPlaced"},
        ),
        (
            "{Type: Schedule, Properties: {Schedule: rate(1 hour)}}",
            "schedule",
            {"rule": "FE", "kind": "rule", "schedule": "rate(1 hour)"},
        ),
        (
            """{Type: ScheduleV2, Properties:
              {ScheduleExpression: 'cron(0 3 * * ? *)', Name: nightly, Input: '{"a": 1}'}}""",
            "schedule",
            {
                "rule": "nightly",
                "kind": "scheduler",
                "schedule": "cron(0 3 * * ? *)",
                "input": '{"a": 1}',
            },
        ),
        (
            "{Type: DynamoDB, Properties: {Stream: !GetAtt Table.StreamArn}}",
            "dynamodb",
            {
                "table": "arn:aws:dynamodb:us-east-1:123456789012:table/Table/stream/"
                "2025-01-01T00:00:00.000"
            },
        ),
        (
            "{Type: Kinesis, Properties: {Stream: 'arn:aws:kinesis:us-east-1:1:stream/s'}}",
            "kinesis",
            {"stream": "arn:aws:kinesis:us-east-1:1:stream/s"},
        ),
        (
            "{Type: Cognito, Properties: {UserPool: !Ref Users, Trigger: PreSignUp}}",
            "cognito-pre-sign-up",
            None,
        ),
        (
            "{Type: CloudWatchLogs, Properties: {LogGroupName: /aws/lambda/x}}",
            "cloudwatch-logs",
            {"log_group": "/aws/lambda/x"},
        ),
        ("{Type: MSK, Properties: {Topics: [a]}}", "msk", {}),
    ],
)
def test_an_event_of_sam_is_a_trigger_with_what_its_builder_takes(
    tmp_path: Path, event: str, service: str, details: dict[str, str] | None
) -> None:
    resources = """
        Orders: {Type: AWS::SQS::Queue}
        News: {Type: AWS::SNS::Topic}
        Table: {Type: AWS::DynamoDB::Table}
        Users: {Type: AWS::Cognito::UserPool}
        Pictures: {Type: AWS::S3::Bucket, Properties: {BucketName: pictures-dev}}
    """
    (found,) = triggers(tmp_path, f"E: {event}", resources)

    assert found[0] == service
    assert details is None or found[1] == details
    check(found)


@pytest.mark.parametrize(
    ("resource", "service", "details"),
    [
        (
            """{Type: AWS::Lambda::EventSourceMapping, Properties:
              {FunctionName: !Ref F, EventSourceArn: !GetAtt Orders.Arn}}""",
            "sqs",
            {"queue": QUEUE_ARN},
        ),
        (
            """{Type: AWS::Lambda::EventSourceMapping, Properties:
              {FunctionName: !GetAtt F.Arn, EventSourceArn: 'arn:aws:kafka:a:1:cluster/c'}}""",
            "msk",
            {},
        ),
        (
            """{Type: AWS::S3::Bucket, Properties: {BucketName: pictures,
              NotificationConfiguration: {LambdaConfigurations:
                [{Event: 's3:ObjectCreated:*', Function: !GetAtt F.Arn}]}}}""",
            "s3",
            {"bucket": "pictures", "event": "ObjectCreated:*"},
        ),
        (
            """{Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(5 minutes),
              Targets: [{Arn: !GetAtt F.Arn, Id: x, Input: '{"a": 1}'}]}}""",
            "schedule",
            {"rule": "R", "kind": "rule", "schedule": "rate(5 minutes)", "input": '{"a": 1}'},
        ),
        (
            """{Type: AWS::Events::Rule, Properties: {EventPattern: {source: [aws.ec2]},
              Targets: [{Arn: !GetAtt F.Arn, Id: x}]}}""",
            "eventbridge",
            {"source": "aws.ec2"},
        ),
        (
            """{Type: AWS::Scheduler::Schedule, Properties: {ScheduleExpression: rate(1 day),
              Target: {Arn: !GetAtt F.Arn}}}""",
            "schedule",
            {"rule": "R", "kind": "scheduler", "schedule": "rate(1 day)"},
        ),
        (
            """{Type: AWS::SNS::Subscription, Properties:
              {Protocol: lambda, Endpoint: !GetAtt F.Arn, TopicArn: 'arn:aws:sns:a:1:t'}}""",
            "sns",
            {"topic": "arn:aws:sns:a:1:t"},
        ),
        (
            """{Type: AWS::SNS::Topic, Properties:
              {Subscription: [{Protocol: lambda, Endpoint: !GetAtt F.Arn}]}}""",
            "sns",
            {"topic": "R"},
        ),
        (
            """{Type: AWS::Logs::SubscriptionFilter, Properties:
              {LogGroupName: /aws/x, DestinationArn: !GetAtt F.Arn}}""",
            "cloudwatch-logs",
            {"log_group": "/aws/x", "filter": "R"},
        ),
        (
            "{Type: AWS::Lambda::Url, Properties: {TargetFunctionArn: !Ref F, AuthType: NONE}}",
            "function-url",
            {},
        ),
        (
            """{Type: AWS::Cognito::UserPool, Properties:
              {LambdaConfig: {PostConfirmation: !GetAtt F.Arn}}}""",
            "cognito-post-confirmation",
            {},
        ),
        (
            """{Type: AWS::Cognito::UserPool, Properties: {LambdaConfig:
              {PreTokenGenerationConfig: {LambdaArn: !GetAtt F.Arn, LambdaVersion: V2_0}}}}""",
            "cognito-pre-token-generation-v2",
            {},
        ),
        (
            """{Type: AWS::ApiGateway::Method, Properties: {HttpMethod: POST, ResourceId: !Ref Sub,
              Integration: {Uri: !Sub
              'arn:aws:apigateway:x:lambda:path/2015-03-31/functions/${F.Arn}/invocations'}}}""",
            "apigateway",
            {"method": "POST", "resource": "/orders/{id}"},
        ),
        (
            """{Type: AWS::ApiGatewayV2::Integration, Properties:
              {IntegrationUri: !GetAtt F.Arn, PayloadFormatVersion: '2.0'}}""",
            "httpapi",
            {},
        ),
        (
            """{Type: AWS::ApiGateway::Authorizer, Properties: {Type: TOKEN, AuthorizerUri: !Sub
              'arn:aws:apigateway:x:lambda:path/2015-03-31/functions/${F.Arn}/invocations'}}""",
            "authorizer-token",
            {},
        ),
        (
            """{Type: AWS::Serverless::Api, Properties:
              {Auth: {Authorizers: {Mine: {FunctionArn: !GetAtt F.Arn}}}}}""",
            "authorizer-token",
            {},
        ),
        (
            """{Type: AWS::Serverless::HttpApi, Properties: {Auth: {Authorizers: {Mine:
              {FunctionArn: !GetAtt F.Arn, AuthorizerPayloadFormatVersion: '2.0'}}}}}""",
            "authorizer-v2",
            {},
        ),
        (
            """{Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties:
              {TargetType: lambda, Targets: [{Id: !GetAtt F.Arn}]}}""",
            "alb",
            {"target_group": "R"},
        ),
        (
            """{Type: AWS::SES::ReceiptRule, Properties: {Rule: {Recipients: [a@example.com],
              Actions: [{LambdaAction: {FunctionArn: !GetAtt F.Arn}}]}}}""",
            "ses",
            {"recipients": "a@example.com"},
        ),
        (
            """{Type: AWS::Serverless::StateMachine, Properties:
              {DefinitionSubstitutions: {TheFunction: !GetAtt F.Arn}}}""",
            "step-functions",
            {},
        ),
        (
            """{Type: AWS::Lambda::Permission, Properties:
              {FunctionName: !Ref F, Principal: s3.amazonaws.com}}""",
            "s3",
            {},
        ),
    ],
)
def test_a_resource_that_invokes_a_function_is_a_trigger(
    tmp_path: Path, resource: str, service: str, details: dict[str, str]
) -> None:
    others = """
        Orders: {Type: AWS::SQS::Queue}
        Api: {Type: AWS::ApiGateway::RestApi}
        Top: {Type: AWS::ApiGateway::Resource, Properties: {PathPart: orders,
          ParentId: !GetAtt Api.RootResourceId, RestApiId: !Ref Api}}
        Sub: {Type: AWS::ApiGateway::Resource, Properties: {PathPart: '{id}',
          ParentId: !Ref Top, RestApiId: !Ref Api}}
    """
    found = triggers(tmp_path, "", f"{dedent(others)}\nR: {resource}")

    assert found == [(service, details)]
    check(found[0])


def check(trigger: Found) -> None:
    """Check that the builder takes what the template says, or that there is none."""
    service, details = trigger
    if service in WITHOUT_BUILDER:
        assert service not in NAMED
        return
    builder = NAMED[service]
    parameters = {parameter.name for parameter in builder.parameters}
    assert details.keys() - {"schedule"} <= parameters
    event = builder.build({key: one for key, one in details.items() if key in parameters})
    assert service in services_of(event) or "input" in details or service == "step-functions"


def test_a_function_s_own_events_come_first_and_a_permission_says_nothing_new(
    tmp_path: Path,
) -> None:
    events = """
        Second: {Type: HttpApi, Properties: {Path: /a, Method: GET}}
        First: {Type: SQS, Properties: {Queue: 'arn:aws:sqs:us-east-1:1:q'}}
    """
    resources = """
        Allow: {Type: AWS::Lambda::Permission, Properties:
          {FunctionName: !Ref F, Principal: apigateway.amazonaws.com}}
        Rule: {Type: AWS::Events::Rule, Properties:
          {ScheduleExpression: rate(1 hour), Targets: [{Arn: !GetAtt F.Arn}]}}
        AllowRule: {Type: AWS::Lambda::Permission, Properties:
          {FunctionName: !Ref F, Principal: events.amazonaws.com}}
    """
    function, _ = read(tmp_path, events, resources)

    assert [(one.service, one.name) for one in function.triggers] == [
        ("httpapi", "Second"),
        ("sqs", "First"),
        ("schedule", "Rule"),
    ]


def test_a_url_in_globals_is_a_trigger(tmp_path: Path) -> None:
    common = "Globals: {Function: {FunctionUrlConfig: {AuthType: NONE}}}"
    function, _ = read(tmp_path, common=common)

    assert [one.service for one in function.triggers] == ["function-url"]


def test_what_is_not_known_here_or_malformed_is_left_out_in_silence(tmp_path: Path) -> None:
    events = """
        A: {Type: SQS, Properties: {Queue: !ImportValue Elsewhere}}
        B: {Type: S3, Properties: {Bucket: [1, 2], Filter: text}}
        C: {Type: Unheard}
        D: text
        E: {Type: Cognito, Properties: {Trigger: [PreSignUp, Unheard, {a: 1}]}}
        F: {Type: EventBridgeRule, Properties: {Pattern: {source: [{prefix: a}]}}}
        G: {Type: Api, Properties: [1]}
    """
    resources = """
        R: {Type: AWS::Events::Rule, Properties: {Targets: [1, {Arn: {a: b}}, {Arn: other}]}}
        P: {Type: AWS::Lambda::Permission, Properties: {Principal: {a: b}, FunctionName: !Ref F}}
        M: {Type: AWS::Lambda::EventSourceMapping, Properties: {EventSourceArn: x}}
    """
    assert triggers(tmp_path, events, resources) == [
        ("sqs", {}),
        ("s3", {}),
        ("cognito-pre-sign-up", {}),
        ("eventbridge", {}),
        ("apigateway", {}),
    ]


def test_triggers_do_not_make_a_function_another(tmp_path: Path) -> None:
    function, _ = read(tmp_path)
    other, _ = read(tmp_path, "E: {Type: HttpApi}")

    assert other.triggers == (Trigger("httpapi", "E", {"route": "$default"}),)
    assert function == other
