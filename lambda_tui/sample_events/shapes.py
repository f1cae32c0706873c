"""Recognises by its shape which service an event is of."""

from __future__ import annotations

import json

_BY_SOURCE = {
    "aws:s3": "s3",
    "aws:sqs": "sqs",
    "aws:sns": "sns",
    "aws:dynamodb": "dynamodb",
    "aws:kinesis": "kinesis",
    "aws:ses": "ses",
}
_COGNITO = {
    "PreSignUp": "pre-sign-up",
    "PostConfirmation": "post-confirmation",
    "PreAuthentication": "pre-authentication",
    "PostAuthentication": "post-authentication",
    "TokenGeneration": "pre-token-generation",
    "CustomMessage": "custom-message",
    "UserMigration": "user-migration",
    "DefineAuthChallenge": "define-auth-challenge",
    "CreateAuthChallenge": "create-auth-challenge",
    "VerifyAuthChallengeResponse": "verify-auth-challenge",
    "CustomEmailSender": "custom-email-sender",
    "CustomSMSSender": "custom-sms-sender",
}
_PAYLOAD_TWO = ("httpapi", "function-url")


def services_of_text(text: str) -> tuple[str, ...]:
    """Return the services that a JSON text may be an event of; empty for other events."""
    try:
        return services_of(json.loads(text))
    except (ValueError, RecursionError):
        return ()


def services_of(event: object) -> tuple[str, ...]:
    """Return the names of the builders of events like this one; empty where it is like none.

    An HTTP API and a function URL send the same shape, and an event of a schedule may be a bus's.
    """
    if not isinstance(event, dict):
        return ()
    records = event.get("Records")
    if isinstance(records, list):
        return _of_records(records)
    context = event.get("requestContext")
    if event.get("type") in ("TOKEN", "REQUEST"):
        return _of_authorizer(event)
    if isinstance(context, dict):
        return _of_request(event, context)
    awslogs = event.get("awslogs")
    if isinstance(awslogs, dict) and "data" in awslogs:
        return ("cloudwatch-logs",)
    trigger = event.get("triggerSource")
    if isinstance(trigger, str) and "userPoolId" in event:
        return _of_cognito(trigger)
    if "detail-type" in event and "source" in event:
        is_schedule = event["detail-type"] == "Scheduled Event"
        return ("schedule", "eventbridge") if is_schedule else ("eventbridge",)
    return ("step-functions",) if "TaskToken" in event else ()


def _of_records(records: list[object]) -> tuple[str, ...]:
    first = records[0] if records else None
    if not isinstance(first, dict):
        return ()
    source = first.get("eventSource", first.get("EventSource"))
    service = _BY_SOURCE.get(source) if isinstance(source, str) else None
    return () if service is None else (service,)


def _of_request(event: dict[str, object], context: dict[str, object]) -> tuple[str, ...]:
    if "elb" in context:
        return ("alb",)
    if "connectionId" in context:
        return ("websocket",)
    if "http" in context or event.get("version") == "2.0":
        domain = str(context.get("domainName", ""))
        if ".lambda-url." in domain:
            return ("function-url", "httpapi")
        return _PAYLOAD_TWO
    return ("apigateway",) if "httpMethod" in event or "httpMethod" in context else ()


def _of_authorizer(event: dict[str, object]) -> tuple[str, ...]:
    if event["type"] == "TOKEN":
        return ("authorizer-token",) if "methodArn" in event else ()
    if "routeArn" in event and event.get("version") == "2.0":
        return ("authorizer-v2",)
    return ("authorizer-request",) if "methodArn" in event or "routeArn" in event else ()


def _of_cognito(trigger: str) -> tuple[str, ...]:
    name = _COGNITO.get(trigger.partition("_")[0])
    if name is None:
        return ()
    second = (f"cognito-{name}-v2",) if name == "pre-token-generation" else ()
    return (f"cognito-{name}", *second)
