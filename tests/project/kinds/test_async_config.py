from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambda_tui.project.function import AsyncConfig
from support import sam_template
from support.sam_template import LINE, PLAIN, SERVERLESS

if TYPE_CHECKING:
    from pathlib import Path

    from lambda_tui.project.function import Function, Problem

QUEUE = """\
  Queue:
    Type: AWS::SQS::Queue
    Properties: {QueueName: dead}
"""
ACCOUNT = "us-east-1:123456789012"
ELSEWHERE = f"arn:aws:sns:{ACCOUNT}:elsewhere"


def read(
    folder: Path, properties: str = "", template: str = SERVERLESS, resources: str = ""
) -> tuple[tuple[Function, ...], tuple[Problem, ...]]:
    lines = properties.splitlines()
    return sam_template.read(folder, *lines, template=template, resources=resources)


def destinations(content: str) -> str:
    return f"EventInvokeConfig: {{DestinationConfig: {{{content}}}}}"


@pytest.mark.parametrize("template", [SERVERLESS, PLAIN], ids=["serverless", "plain"])
def test_lambdas_own_values_hold_when_nothing_is_said(tmp_path: Path, template: str) -> None:
    (function,), problems = read(tmp_path, template=template)

    assert problems == ()
    assert function.asynchronous == AsyncConfig(2, 21_600, None, None, None)


def test_an_event_invoke_config_is_read_whole(tmp_path: Path) -> None:
    (function,), problems = read(
        tmp_path,
        "EventInvokeConfig:\n"
        "  MaximumRetryAttempts: 0\n"
        "  MaximumEventAgeInSeconds: 60\n"
        "  DestinationConfig:\n"
        "    OnSuccess: {Type: Lambda, Destination: !GetAtt Hello.Arn}\n"
        "    OnFailure: {Type: SQS, Destination: !GetAtt Queue.Arn}\n"
        "DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Queue.Arn}\n",
        resources=QUEUE,
    )

    assert problems == ()
    assert function.asynchronous == AsyncConfig(
        maximum_retry_attempts=0,
        maximum_event_age=60,
        on_success=f"arn:aws:lambda:{ACCOUNT}:function:Hello",
        on_failure=f"arn:aws:sqs:{ACCOUNT}:dead",
        dead_letter=f"arn:aws:sqs:{ACCOUNT}:dead",
    )


@pytest.mark.parametrize(("kind", "service"), [("SQS", "Queue"), ("SNS", "Topic")])
@pytest.mark.parametrize("outcome", ["OnSuccess", "OnFailure"])
def test_sam_makes_the_queue_or_topic_where_only_its_type_is_given(
    tmp_path: Path, kind: str, service: str, outcome: str
) -> None:
    (function,), problems = read(tmp_path, destinations(f"{outcome}: {{Type: {kind}}}"))
    given = {
        "OnSuccess": function.asynchronous.on_success,
        "OnFailure": function.asynchronous.on_failure,
    }

    assert problems == ()
    made = f"arn:aws:{kind.lower()}:{ACCOUNT}:HelloEventInvokeConfig{outcome}{service}"
    assert given.pop(outcome) == made
    assert list(given.values()) == [None]


@pytest.mark.parametrize(
    "arn",
    [
        ELSEWHERE,
        f"arn:aws:events:{ACCOUNT}:event-bus/orders",
        f"arn:aws:lambda:{ACCOUNT}:function:other:live",
        f"arn:aws-cn:sqs:{ACCOUNT}:elsewhere.fifo",
    ],
)
def test_a_destination_may_be_anything_that_lambda_takes(tmp_path: Path, arn: str) -> None:
    (function,), problems = read(tmp_path, destinations(f"OnSuccess: {{Destination: '{arn}'}}"))

    assert problems == ()
    assert function.asynchronous.on_success == arn


def test_a_bucket_is_a_destination_for_failures_only(tmp_path: Path) -> None:
    bucket = "{Type: S3Bucket, Destination: 'arn:aws:s3:::failures'}"
    (function,), problems = read(tmp_path, destinations(f"OnFailure: {bucket}"))
    assert problems == ()
    assert function.asynchronous.on_failure == "arn:aws:s3:::failures"

    functions, (problem,) = read(tmp_path, destinations(f"OnSuccess: {bucket}"))
    assert functions == ()
    assert "Destination is arn:aws:s3:::failures, but Lambda takes" in problem.message


def test_an_event_bus_of_the_template_is_resolved(tmp_path: Path) -> None:
    bus = "  Bus:\n    Type: AWS::Events::EventBus\n    Properties: {Name: orders}\n"
    (function,), problems = read(
        tmp_path,
        destinations("OnSuccess: {Type: EventBridge, Destination: !GetAtt Bus.Arn}"),
        resources=bus,
    )

    assert problems == ()
    assert function.asynchronous.on_success == f"arn:aws:events:{ACCOUNT}:event-bus/orders"


def test_a_plain_function_has_its_dead_letters_in_a_dead_letter_config(tmp_path: Path) -> None:
    (function,), problems = read(
        tmp_path, "DeadLetterConfig: {TargetArn: !GetAtt Queue.Arn}", PLAIN, QUEUE
    )

    assert problems == ()
    assert function.asynchronous == AsyncConfig(dead_letter=f"arn:aws:sqs:{ACCOUNT}:dead")


def test_globals_are_merged_with_the_functions_own(tmp_path: Path) -> None:
    common = (
        "Globals:\n"
        "  Function:\n"
        "    EventInvokeConfig:\n"
        "      MaximumRetryAttempts: 1\n"
        "      DestinationConfig: {OnFailure: {Type: SQS}}\n"
        f"    DeadLetterQueue: {{Type: SNS, TargetArn: '{ELSEWHERE}'}}\n"
    )
    own = "EventInvokeConfig: {MaximumEventAgeInSeconds: 90}"
    (function,), problems = read(tmp_path, own, common + SERVERLESS)

    assert problems == ()
    assert function.asynchronous == AsyncConfig(
        maximum_retry_attempts=1,
        maximum_event_age=90,
        on_failure=f"arn:aws:sqs:{ACCOUNT}:HelloEventInvokeConfigOnFailureQueue",
        dead_letter=ELSEWHERE,
    )


def test_an_arn_that_only_a_deployment_knows_is_left_out_with_a_note(tmp_path: Path) -> None:
    (function,), (problem,) = read(
        tmp_path, destinations("OnFailure: {Type: SQS, Destination: !ImportValue queue}")
    )

    assert function.asynchronous.on_failure is None
    assert "Destination is not known here, so there is no destination" in problem.message


@pytest.mark.parametrize(
    ("properties", "sentence"),
    [
        (
            "EventInvokeConfig: 2",
            "EventInvokeConfig needs a mapping, such as "
            "EventInvokeConfig: {MaximumRetryAttempts: 1}.",
        ),
        (
            "EventInvokeConfig: {MaximumRetryAttempts: 3}",
            "EventInvokeConfig.MaximumRetryAttempts is 3, but Lambda takes 0 to 2 retries.",
        ),
        (
            "EventInvokeConfig: {MaximumEventAgeInSeconds: 59}",
            "EventInvokeConfig.MaximumEventAgeInSeconds is 59, "
            "but Lambda takes 60 to 21600 seconds.",
        ),
        (
            destinations("OnSuccess: {Type: Kinesis}"),
            "EventInvokeConfig.DestinationConfig.OnSuccess.Type is Kinesis, "
            "but Lambda takes SQS, SNS, Lambda, EventBridge or S3Bucket.",
        ),
        (
            destinations("OnFailure: {Type: Lambda}"),
            "EventInvokeConfig.DestinationConfig.OnFailure: it needs a Destination, "
            "such as Destination: !GetAtt Queue.Arn.",
        ),
        (
            "EventInvokeConfig: {DestinationConfig: all}",
            "EventInvokeConfig.DestinationConfig needs OnSuccess or OnFailure with a Destination.",
        ),
        (
            destinations("OnFailure: {Destination: queue}"),
            "EventInvokeConfig.DestinationConfig.OnFailure.Destination is queue, but Lambda takes "
            "the ARN of a queue, a topic, a function or an event bus, or a bucket, "
            "such as Destination: !GetAtt Queue.Arn.",
        ),
        ("DeadLetterQueue: {Type: SQS}", "DeadLetterQueue needs a TargetArn, such as"),
        (
            f"DeadLetterQueue: {{TargetArn: '{ELSEWHERE}'}}",
            "DeadLetterQueue needs a Type, SQS or SNS, beside its TargetArn.",
        ),
        (
            f"DeadLetterQueue: {{Type: Lambda, TargetArn: '{ELSEWHERE}'}}",
            "DeadLetterQueue.Type is Lambda, but Lambda takes SQS or SNS.",
        ),
        (
            f"DeadLetterQueue: {{Type: SQS, TargetArn: 'arn:aws:lambda:{ACCOUNT}:function:f'}}",
            f"DeadLetterQueue.TargetArn is arn:aws:lambda:{ACCOUNT}:function:f, "
            "but Lambda takes the ARN of a queue or a topic,",
        ),
    ],
)
def test_what_aws_refuses_is_one_sentence_at_its_line(
    tmp_path: Path, properties: str, sentence: str
) -> None:
    functions, (problem,) = read(tmp_path, properties)

    assert functions == ()
    assert str(problem).startswith(f"template.yaml:{LINE}: Hello: {sentence}")


def test_a_queues_url_is_refused_with_the_way_to_its_arn(tmp_path: Path) -> None:
    _, (problem,) = read(
        tmp_path, "DeadLetterQueue: {Type: SQS, TargetArn: !Ref Queue}", resources=QUEUE
    )

    assert "is https://sqs.us-east-1.amazonaws.com/" in problem.message
    assert "such as TargetArn: !GetAtt Queue.Arn." in problem.message


def resource(function: str, more: str = "MaximumRetryAttempts: 1") -> str:
    return (
        "  Config:\n"
        "    Type: AWS::Lambda::EventInvokeConfig\n"
        "    Properties:\n"
        "      Qualifier: $LATEST\n"
        f"      FunctionName: {function}\n"
        f"      {more}\n"
    )


@pytest.mark.parametrize("function", ["Hello", "!Ref Hello", "!GetAtt Hello.Arn", "Hello:live"])
def test_a_resource_of_its_own_configures_the_function_that_it_names(
    tmp_path: Path, function: str
) -> None:
    dead_letters = f"DeadLetterConfig: {{TargetArn: '{ELSEWHERE}'}}"
    (read_function,), problems = read(tmp_path, dead_letters, PLAIN, resource(function))

    assert problems == ()
    assert read_function.asynchronous == AsyncConfig(
        maximum_retry_attempts=1, dead_letter=ELSEWHERE
    )


def test_a_resource_that_aws_refuses_leaves_its_function_as_it_was(tmp_path: Path) -> None:
    (function,), (problem,) = read(
        tmp_path, template=PLAIN, resources=resource("Hello", "MaximumRetryAttempts: 5")
    )

    assert function.asynchronous == AsyncConfig()
    assert problem.function == "Hello"
    assert str(problem).endswith(
        "Config: MaximumRetryAttempts is 5, but Lambda takes 0 to 2 retries."
    )


def test_a_resource_for_a_function_that_is_not_there_says_so(tmp_path: Path) -> None:
    (function,), (problem,) = read(tmp_path, template=PLAIN, resources=resource("Helo"))

    assert function.asynchronous == AsyncConfig()
    assert "Config: FunctionName is Helo, which is no function here" in str(problem)


ALIAS = """\
  V1:
    Type: AWS::Lambda::Version
    Properties: {FunctionName: !Ref Hello}
  Live:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref Hello, Name: live, FunctionVersion: !GetAtt V1.Version}
"""


@pytest.mark.parametrize("qualifier", ["live", "!GetAtt V1.Version", "1"])
def test_a_resource_configures_the_version_or_alias_that_it_names_alone(
    tmp_path: Path, qualifier: str
) -> None:
    dead_letters = f"DeadLetterConfig: {{TargetArn: '{ELSEWHERE}'}}"
    config = resource("Hello").replace("$LATEST", qualifier)
    (function,), problems = read(tmp_path, dead_letters, PLAIN, ALIAS + config)

    assert problems == ()
    named = "live" if qualifier == "live" else "1"
    other = "1" if qualifier == "live" else "live"
    own = AsyncConfig(dead_letter=ELSEWHERE)
    assert function.async_config(named) == AsyncConfig(1, dead_letter=ELSEWHERE)
    assert function.async_config(other) == own
    assert function.async_config(None) == function.async_config("$LATEST") == own


def test_sam_configures_the_alias_that_it_publishes(tmp_path: Path) -> None:
    config = "AutoPublishAlias: live\nEventInvokeConfig: {MaximumRetryAttempts: 0}"
    (function,), problems = read(tmp_path, config)

    assert problems == ()
    assert function.async_config("live").maximum_retry_attempts == 0
    assert function.async_config(None) == function.async_config("1") == AsyncConfig()


@pytest.mark.parametrize(
    ("qualifier", "sentence"),
    [
        (
            "Qualifier: gone",
            "Qualifier is gone, but Hello has no such version or alias here; "
            "name $LATEST or 1 or live.",
        ),
        ("Qualifier: [live]", "Qualifier is a list, but Hello has no such version or alias here;"),
        ("Description: none", "it has no Qualifier; add one, such as Qualifier: $LATEST."),
    ],
)
def test_a_qualifier_that_is_not_there_is_told(
    tmp_path: Path, qualifier: str, sentence: str
) -> None:
    config = resource("Hello").replace("Qualifier: $LATEST", qualifier)
    (function,), (problem,) = read(tmp_path, template=PLAIN, resources=ALIAS + config)

    assert function.asynchronous == AsyncConfig()
    assert function.qualified_asynchronous == {}
    assert f"Config: {sentence}" in str(problem)
