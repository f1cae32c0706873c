"""Reads how events invoke a template's functions: ``EventInvokeConfig``, and dead letters.

A resource ``AWS::Lambda::EventInvokeConfig`` has the same content as SAM's property.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Literal, get_args

from lambda_tui import limits
from lambda_tui.project.function import ACCOUNT_ID, LATEST, REGION, AsyncConfig, Function
from lambda_tui.project.kinds.template.language import physical_name
from lambda_tui.project.kinds.template.properties import Properties
from lambda_tui.project.wording import shown

EVENT_INVOKE_CONFIG_TYPE = "AWS::Lambda::EventInvokeConfig"

_DestinationType = Literal["SQS", "SNS", "Lambda", "EventBridge", "S3Bucket"]
_DeadLetterType = Literal["SQS", "SNS"]
_Outcome = Literal["OnSuccess", "OnFailure"]

_DESTINATION_TYPES: tuple[_DestinationType, ...] = get_args(_DestinationType)
_DEAD_LETTER_TYPES: tuple[_DeadLetterType, ...] = get_args(_DeadLetterType)
_DEAD_LETTER_ARN = re.compile(r"arn:[a-z-]+:(sqs|sns):\S+")
_SUCCESS_ARN = re.compile(r"arn:[a-z-]+:(sqs|sns|lambda|events):\S+")
_FAILURE_ARN = re.compile(r"arn:[a-z-]+:(sqs|sns|lambda|events|s3):\S+")
# SAM makes the queue or topic where a destination has a Type alone.
_MADE_BY_SAM = {
    "SQS": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{{name}}Queue",
    "SNS": f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{{name}}Topic",
}
_REMEDY = "EventInvokeConfig needs a mapping, such as EventInvokeConfig: {MaximumRetryAttempts: 1}."
_NO_DESTINATION = "so there is no destination"
_DESTINATION_REMEDY = "it needs a Destination, such as Destination: !GetAtt Queue.Arn."


def read_async_config(properties: Properties, *, is_serverless: bool) -> AsyncConfig:
    """Return what a function's own properties say; Lambda's defaults where they say nothing."""
    if not is_serverless:
        # The EventInvokeConfig of an AWS::Lambda::Function is a resource of its own.
        return AsyncConfig(dead_letter=_dead_letter(properties, "DeadLetterConfig"))
    dead_letter = _dead_letter(properties, "DeadLetterQueue")
    config = properties.nested("EventInvokeConfig", "so Lambda's own holds", _REMEDY)
    read = AsyncConfig() if config is None else _event_invoke_config(config)
    return replace(read, dead_letter=dead_letter)


def set_event_invoke_config(function: Function, config: Properties) -> Function:
    """Return the function with an ``AWS::Lambda::EventInvokeConfig`` of one of its qualifiers."""
    qualifier = _qualifier(function, config)
    read = _event_invoke_config(config)
    return function if qualifier is None else configure_qualifier(function, qualifier, read)


def configure_qualifier(function: Function, qualifier: str, config: AsyncConfig) -> Function:
    """Return the function with the configuration of a version or an alias; dead letters stay."""
    if qualifier == LATEST:
        dead_letter = function.asynchronous.dead_letter
        return replace(function, asynchronous=replace(config, dead_letter=dead_letter))
    qualified = {**function.qualified_asynchronous, qualifier: config}
    return replace(function, qualified_asynchronous=qualified)


def _qualifier(function: Function, config: Properties) -> str | None:
    """Return the version or alias that is configured; None when it is not known, or refused."""
    name = "Qualifier"
    value = config.value(name, "so it is left out")
    qualifier = str(value) if isinstance(value, int) else value
    known = [*function.versions, *(alias.name for alias in function.aliases)]
    if isinstance(qualifier, str) and qualifier in known:
        return qualifier
    if value is not None:
        config.refuse(
            name,
            f"{name} is {shown(value)}, but {function.name} has no such version or alias here; "
            f"name {' or '.join(known)}.",
        )
    elif not config.is_given(name):
        config.refuse(name, f"it has no {name}; add one, such as {name}: {LATEST}.")
    return None


def _event_invoke_config(config: Properties) -> AsyncConfig:
    default = AsyncConfig()
    attempts = config.number(
        "MaximumRetryAttempts",
        limits.RETRY_ATTEMPTS,
        "retries",
        f"so {default.maximum_retry_attempts} retries hold",
    )
    age = config.number(
        "MaximumEventAgeInSeconds",
        limits.EVENT_AGE_SECONDS,
        "seconds",
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


def _destination(destinations: Properties, outcome: _Outcome) -> str | None:
    """Return the ARN of an outcome's destination; None when there is none, or it is refused."""
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
        owner = physical_name(f"{destinations.findings.logical_id}EventInvokeConfig{outcome}")
        return _MADE_BY_SAM[kind].format(name=owner)
    if not destinations.findings.refused:
        destinations.refuse(outcome, remedy)
    return None


def _dead_letter(properties: Properties, name: str) -> str | None:
    """Return the ARN of the dead-letter queue or topic that the property ``name`` says."""
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
