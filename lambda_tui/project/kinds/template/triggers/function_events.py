"""Reads the triggers of a function's own properties: SAM's ``Events``, and its URL."""

from __future__ import annotations

from collections.abc import Iterator

from lambda_tui.project.function import Trigger
from lambda_tui.project.kinds.template.triggers.known_values import (
    KnownValues,
    given,
    object_details,
    pattern_details,
)

COGNITO_SERVICES = {
    "PreSignUp": "cognito-pre-sign-up",
    "PostConfirmation": "cognito-post-confirmation",
    "PreAuthentication": "cognito-pre-authentication",
    "PostAuthentication": "cognito-post-authentication",
    "PreTokenGeneration": "cognito-pre-token-generation",
    "CustomMessage": "cognito-custom-message",
    "UserMigration": "cognito-user-migration",
    "DefineAuthChallenge": "cognito-define-auth-challenge",
    "CreateAuthChallenge": "cognito-create-auth-challenge",
    "VerifyAuthChallengeResponse": "cognito-verify-auth-challenge",
    "CustomEmailSender": "cognito-custom-email-sender",
    "CustomSMSSender": "cognito-custom-sms-sender",
}
"""Triggers of user pools, by their names in templates."""
# AWS's sources without a builder: a function that has one gets no other service's event.
_OTHERS = {
    "AlexaSkill": "alexa",
    "DocumentDB": "documentdb",
    "IoTRule": "iot",
    "MQ": "mq",
    "MSK": "msk",
    "SelfManagedKafka": "kafka",
}


def function_triggers(properties: KnownValues, logical_id: str) -> Iterator[Trigger]:
    """Yield the triggers in the properties of an ``AWS::Serverless::Function``, in their order."""
    events = properties.under("Events")
    for name in events:
        event = events.under(name)
        yield from _event_triggers(name, event.text("Type") or "", event, logical_id)
    if "FunctionUrlConfig" in properties:
        yield Trigger("function-url", "FunctionUrlConfig")


def _event_triggers(name: str, kind: str, event: KnownValues, logical_id: str) -> Iterator[Trigger]:
    properties = event.under("Properties")
    if kind == "Cognito":
        pool = given({"pool": properties.text("UserPool")})
        for trigger in properties.texts("Trigger"):
            if trigger in COGNITO_SERVICES:
                yield Trigger(COGNITO_SERVICES[trigger], name, pool)
    elif kind in _OTHERS:
        yield Trigger(_OTHERS[kind], name)
    else:
        found = _service_and_details(kind, properties, f"{logical_id}{name}")
        if found is not None:
            yield Trigger(found[0], name, found[1])


def _service_and_details(
    kind: str, properties: KnownValues, rule: str
) -> tuple[str, dict[str, str]] | None:
    """Return the service and the details of an event of a type; None for a type that is unknown.

    ``rule`` is the name that SAM gives to the rule of a schedule.
    """
    match kind:
        case "Api":
            return "apigateway", _request(properties, "resource")
        case "HttpApi":
            # The older format is that of REST APIs.
            is_old = properties.text("PayloadFormatVersion") == "1.0"
            service, place = ("apigateway", "resource") if is_old else ("httpapi", "route")
            return service, {place: "$default", **_request(properties, place)}
        case "S3":
            kinds = properties.texts("Events")
            bucket = properties.text("Bucket")
            return "s3", object_details(bucket, properties, kinds[0] if kinds else None)
        case "SQS":
            return "sqs", given({"queue": properties.text("Queue")})
        case "SNS":
            return "sns", given({"topic": properties.text("Topic")})
        case "EventBridgeRule" | "CloudWatchEvent":
            return "eventbridge", pattern_details(properties.under("Pattern"))
        case "Schedule" | "ScheduleV2":
            return "schedule", schedule_details(properties, rule, is_rule=kind == "Schedule")
        case "DynamoDB":
            return "dynamodb", given({"table": properties.text("Stream")})
        case "Kinesis":
            return "kinesis", given({"stream": properties.text("Stream")})
        case "CloudWatchLogs":
            return "cloudwatch-logs", given({"log_group": properties.text("LogGroupName")})
        case _:
            return None


def _request(properties: KnownValues, place: str) -> dict[str, str]:
    method = properties.text("Method")
    return given({place: properties.text("Path"), "method": method and method.upper()})


def schedule_details(schedule: KnownValues, name: str, *, is_rule: bool) -> dict[str, str]:
    """Return the name, the expression and the input of a schedule; ``name`` is its default."""
    expression = schedule.text("Schedule") or schedule.text("ScheduleExpression")
    return given(
        {
            "rule": schedule.text("Name") or name,
            "kind": "rule" if is_rule else "scheduler",
            "schedule": expression,
            "input": schedule.text("Input"),
        }
    )
