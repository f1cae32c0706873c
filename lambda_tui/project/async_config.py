"""What becomes of a template's asynchronous invocations: ``EventInvokeConfig``, dead letters."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal, get_args

from lambda_tui.project.function import AsyncConfig
from lambda_tui.project.properties import Limits, Properties
from lambda_tui.project.wording import shown

MAXIMUM_RETRY_ATTEMPTS = Limits(0, 2, "retries")
MAXIMUM_EVENT_AGE = Limits(60, 21_600, "seconds")

DestinationType = Literal["SQS", "SNS", "Lambda", "EventBridge", "S3Bucket"]
Outcome = Literal["OnSuccess", "OnFailure"]

_DESTINATION_TYPES: tuple[DestinationType, ...] = get_args(DestinationType)
_DEAD_LETTER_TYPES: tuple[Literal["SQS", "SNS"], ...] = ("SQS", "SNS")
_DEAD_LETTER_ARN = re.compile(r"arn:[a-z-]+:(sqs|sns):\S+")
_SUCCESS_ARN = re.compile(r"arn:[a-z-]+:(sqs|sns|lambda|events):\S+")
_FAILURE_ARN = re.compile(r"arn:[a-z-]+:(sqs|sns|lambda|events|s3):\S+")
_MADE_BY_SAM = {
    "SQS": "arn:aws:sqs:us-east-1:123456789012:{name}Queue",
    "SNS": "arn:aws:sns:us-east-1:123456789012:{name}Topic",
}
_REMEDY = "EventInvokeConfig needs a mapping, such as EventInvokeConfig: {MaximumRetryAttempts: 1}."
_NO_DESTINATION = "so there is no destination"
_DESTINATION_REMEDY = "it needs a Destination, such as Destination: !GetAtt Queue.Arn."


def read_async_config(properties: Properties, *, is_serverless: bool) -> AsyncConfig:
    """What a function's own properties say; Lambda's own values where they say nothing."""
    if not is_serverless:
        # There an EventInvokeConfig is a resource beside the function.
        return AsyncConfig(dead_letter=_dead_letter(properties, "DeadLetterConfig"))
    dead_letter = _dead_letter(properties, "DeadLetterQueue")
    config = properties.nested("EventInvokeConfig", "so Lambda's own holds", _REMEDY)
    read = AsyncConfig() if config is None else read_event_invoke_config(config)
    return replace(read, dead_letter=dead_letter)


def read_event_invoke_config(config: Properties) -> AsyncConfig:
    """The content of an ``EventInvokeConfig``, be it SAM's property or a resource of its own."""
    default = AsyncConfig()
    attempts = config.number(
        "MaximumRetryAttempts",
        MAXIMUM_RETRY_ATTEMPTS,
        f"so {default.maximum_retry_attempts} retries hold",
    )
    age = config.number(
        "MaximumEventAgeInSeconds",
        MAXIMUM_EVENT_AGE,
        f"so {default.maximum_event_age} seconds hold",
    )
    destinations = config.nested(
        "DestinationConfig",
        _NO_DESTINATION,
        f"{config.label('DestinationConfig')} needs OnSuccess or OnFailure with a Destination.",
    )
    return AsyncConfig(
        maximum_retry_attempts=default.maximum_retry_attempts if attempts is None else attempts,
        maximum_event_age=default.maximum_event_age if age is None else age,
        on_success=_destination(destinations, "OnSuccess") if destinations else None,
        on_failure=_destination(destinations, "OnFailure") if destinations else None,
    )


def _destination(destinations: Properties, outcome: Outcome) -> str | None:
    """The ARN that a record goes to; that of SAM's own making where only a Type is given."""
    remedy = f"{destinations.label(outcome)}: {_DESTINATION_REMEDY}"
    destination = destinations.nested(outcome, _NO_DESTINATION, remedy)
    if destination is None:
        return None
    kind = destination.choice("Type", _DESTINATION_TYPES, "so the Destination alone tells")
    if destination.is_given("Destination"):
        arns = _SUCCESS_ARN if outcome == "OnSuccess" else _FAILURE_ARN
        takers = "a queue, a topic, a function or an event bus"
        takers += "" if outcome == "OnSuccess" else ", or a bucket"
        return _arn(destination, "Destination", arns, takers, _NO_DESTINATION)
    if kind in _MADE_BY_SAM:
        owner = f"{destinations.findings.logical_id}EventInvokeConfig{outcome}"
        return _MADE_BY_SAM[kind].format(name=owner)
    if not destinations.findings.refused:
        destinations.refuse(outcome, remedy)
    return None


def _dead_letter(properties: Properties, name: str) -> str | None:
    """The ARN of the queue or topic for events that could not be handled."""
    consequence = "so there are no dead letters"
    remedy = f"{name} needs a TargetArn, such as TargetArn: !GetAtt Queue.Arn."
    config = properties.nested(name, consequence, remedy)
    if config is None:
        return None
    if name == "DeadLetterQueue":
        config.choice("Type", _DEAD_LETTER_TYPES, "so the TargetArn alone tells")
        if not config.is_given("Type"):
            properties.refuse(name, f"{name} needs a Type, SQS or SNS, beside its TargetArn.")
    if not config.is_given("TargetArn"):
        properties.refuse(name, remedy)
        return None
    return _arn(config, "TargetArn", _DEAD_LETTER_ARN, "a queue or a topic", consequence)


def _arn(
    properties: Properties, name: str, arns: re.Pattern[str], takers: str, consequence: str
) -> str | None:
    arn = properties.text(name, consequence)
    if arn is None or arns.fullmatch(arn):
        return arn
    properties.refuse(
        name,
        f"{properties.label(name)} is {shown(arn)}, but Lambda takes the ARN of {takers}, "
        f"such as {name}: !GetAtt Queue.Arn.",
    )
    return None
