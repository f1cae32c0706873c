"""Reads the triggers that are resources, such as ``AWS::Lambda::EventSourceMapping``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from lambda_tui.project.function import Trigger
from lambda_tui.project.kinds.template.triggers.function_events import (
    COGNITO_SERVICES,
    schedule_details,
)
from lambda_tui.project.kinds.template.triggers.known_values import (
    KnownValues,
    given,
    object_details,
    pattern_details,
)

Found = Iterator[tuple[str | None, Trigger]]
"""Names of functions, each with its trigger; None for what is no function here."""
Reader = Callable[[str, KnownValues], Found]
"""Takes a resource's logical id and its properties."""

_INDEX = re.compile(r"\[[^\]]*\]")
_INTEGRATION = re.compile(r"integrations/\$\{([^{}]+)\}")
_STREAMS = {
    "sqs": ("sqs", "queue"),
    "dynamodb": ("dynamodb", "table"),
    "kinesis": ("kinesis", "stream"),
    "kafka": ("msk", None),
    "mq": ("mq", None),
    "rds": ("documentdb", None),
}
"""Services and parameters, by the service in the ARN of an event source."""
_PRINCIPALS = {
    "apigateway": "apigateway",
    "cognito-idp": "cognito-pre-sign-up",
    "elasticloadbalancing": "alb",
    "events": "eventbridge",
    "iot": "iot",
    "lex": "lex",
    "logs": "cloudwatch-logs",
    "s3": "s3",
    "scheduler": "schedule",
    "ses": "ses",
    "sns": "sns",
}
"""Services, by the principals of permissions."""


def _made_up(logical_id: str) -> str:
    """Return a name for a resource without one that is known here.

    It is the logical id, or the label of an address of Terraform's such as ``aws_s3_bucket.in[0]``.
    """
    return _INDEX.sub("", logical_id).rpartition(".")[2]


def _event_source(logical_id: str, mapping: KnownValues) -> Found:
    arn = mapping.text("EventSourceArn")
    source = (arn or "::").split(":")[2:3]
    if source and source[0] in _STREAMS:
        service, parameter = _STREAMS[source[0]]
        details = given({parameter: arn}) if parameter else {}
        yield mapping.function("FunctionName"), Trigger(service, logical_id, details)


def _bucket(logical_id: str, bucket: KnownValues) -> Found:
    name = bucket.text("BucketName") or _made_up(logical_id).lower().replace("_", "-")
    for one in bucket.under("NotificationConfiguration").items("LambdaConfigurations"):
        details = object_details(name, one, one.text("Event"))
        yield one.function("Function"), Trigger("s3", logical_id, details)


def _rule(logical_id: str, rule: KnownValues) -> Found:
    is_schedule = rule.text("ScheduleExpression") is not None
    for target in rule.items("Targets"):
        if is_schedule:
            details = schedule_details(rule, _made_up(logical_id), is_rule=True)
            details |= given({"input": target.text("Input")})
            trigger = Trigger("schedule", logical_id, details)
        else:
            pattern = pattern_details(rule.under("EventPattern"))
            trigger = Trigger("eventbridge", logical_id, pattern)
        yield target.function("Arn"), trigger


def _schedule(logical_id: str, schedule: KnownValues) -> Found:
    target = schedule.under("Target")
    details = schedule_details(schedule, _made_up(logical_id), is_rule=False)
    details |= given({"input": target.text("Input")})
    yield target.function("Arn"), Trigger("schedule", logical_id, details)


def _subscription(logical_id: str, subscription: KnownValues) -> Found:
    if subscription.text("Protocol") == "lambda":
        topic = given({"topic": subscription.text("TopicArn")})
        yield subscription.function("Endpoint"), Trigger("sns", logical_id, topic)


def _topic(logical_id: str, topic: KnownValues) -> Found:
    name = topic.text("TopicName") or _made_up(logical_id)
    for subscription in topic.items("Subscription"):
        if subscription.text("Protocol") == "lambda":
            yield subscription.function("Endpoint"), Trigger("sns", logical_id, {"topic": name})


def _log_subscription(logical_id: str, subscription: KnownValues) -> Found:
    details = given(
        {
            "log_group": subscription.text("LogGroupName"),
            "filter": subscription.text("FilterName") or _made_up(logical_id),
        }
    )
    trigger = Trigger("cloudwatch-logs", logical_id, details)
    yield subscription.function("DestinationArn"), trigger


def _url(logical_id: str, url: KnownValues) -> Found:
    yield url.function("TargetFunctionArn"), Trigger("function-url", logical_id)


def _user_pool(logical_id: str, pool: KnownValues) -> Found:
    config = pool.under("LambdaConfig")
    for name in config:
        service = COGNITO_SERVICES.get(name)
        if service is not None:
            at = config.under(name)
            function = at.function("LambdaArn") or config.function(name)
            yield function, Trigger(service, logical_id)
        elif name == "PreTokenGenerationConfig":
            token = config.under(name)
            version = "-v2" if token.text("LambdaVersion") in ("V2_0", "V3_0") else ""
            service = f"cognito-pre-token-generation{version}"
            yield token.function("LambdaArn"), Trigger(service, logical_id)


def _method(logical_id: str, method: KnownValues) -> Found:
    details = given({"method": method.text("HttpMethod"), "resource": _resource_path(method)})
    trigger = Trigger("apigateway", logical_id, details)
    yield method.under("Integration").function("Uri"), trigger


def _resource_path(method: KnownValues) -> str | None:
    """Return the path of a method's resource, by the references from each to its parent."""
    resolver = method.resolver
    parts, reference = list[str](), method.mapping.get("ResourceId")
    while isinstance(reference, dict) and isinstance(reference.get("Ref"), str):
        resource = KnownValues(resolver.resources, resolver).under(str(reference["Ref"]))
        properties = resource.under("Properties")
        part = properties.text("PathPart")
        if part is None or len(parts) > 20:
            return None
        parts.insert(0, part)
        reference = properties.mapping.get("ParentId")
    return f"/{'/'.join(parts)}"


def _route(logical_id: str, route: KnownValues) -> Found:
    """Yield the requests of an HTTP API, or the messages of a WebSocket API, to one function.

    The older format of an HTTP API's requests is that of REST APIs.
    """
    key = route.text("RouteKey") or ""
    name = _integration_of(route.mapping.get("Target"))
    integration = KnownValues(route.resolver.resources, route.resolver).under(name, "Properties")
    function = integration.function("IntegrationUri")
    method, _, path = key.partition(" ")
    if not path and key not in ("", "$default"):
        yield function, Trigger("websocket", logical_id, {"route": key})
        return
    is_new = integration.text("PayloadFormatVersion") == "2.0"
    service, place = ("httpapi", "route") if is_new else ("apigateway", "resource")
    details = {place: path or key, "method": None if method in ("ANY", key) else method}
    yield function, Trigger(service, logical_id, given(details))


def _integration_of(target: object) -> str:
    """Return the logical id of the integration that a route's ``Target`` names."""
    match target:
        case {"Fn::Sub": str(text)} if (found := _INTEGRATION.fullmatch(text)) is not None:
            return found[1]
        case {"Fn::Join": ["/", ["integrations", {"Ref": str(name)}]]}:
            return name
        case {"Fn::Join": ["", ["integrations/", {"Ref": str(name)}]]}:
            return name
    return ""


def _integration(logical_id: str, integration: KnownValues) -> Found:
    is_new = integration.text("PayloadFormatVersion") == "2.0"
    service = "httpapi" if is_new else "apigateway"
    yield integration.function("IntegrationUri"), Trigger(service, logical_id)


def _authorizer(logical_id: str, authorizer: KnownValues) -> Found:
    kind = "token" if authorizer.text("Type") == "TOKEN" else "request"
    yield authorizer.function("AuthorizerUri"), Trigger(f"authorizer-{kind}", logical_id)


def _http_authorizer(logical_id: str, authorizer: KnownValues) -> Found:
    is_new = authorizer.text("AuthorizerPayloadFormatVersion") == "2.0"
    service = "authorizer-v2" if is_new else "authorizer-request"
    yield authorizer.function("AuthorizerUri"), Trigger(service, logical_id)


def rest_api_authorizers(logical_id: str, api: KnownValues) -> Found:
    """Yield the authorizers of an ``AWS::Serverless::Api``, or of ``Globals.Api``."""
    authorizers = api.under("Auth", "Authorizers")
    for name in authorizers:
        authorizer = authorizers.under(name)
        is_request = authorizer.text("FunctionPayloadType") == "REQUEST"
        service = "authorizer-request" if is_request else "authorizer-token"
        yield authorizer.function("FunctionArn"), Trigger(service, f"{logical_id}.{name}")


def http_api_authorizers(logical_id: str, api: KnownValues) -> Found:
    """Yield the authorizers of an ``AWS::Serverless::HttpApi``, or of ``Globals.HttpApi``."""
    authorizers = api.under("Auth", "Authorizers")
    for name in authorizers:
        authorizer = authorizers.under(name)
        is_old = authorizer.text("AuthorizerPayloadFormatVersion") in ("1.0", "1")
        service = "authorizer-request" if is_old else "authorizer-v2"
        yield authorizer.function("FunctionArn"), Trigger(service, f"{logical_id}.{name}")


def _target_group(logical_id: str, group: KnownValues) -> Found:
    if group.text("TargetType") == "lambda":
        details = {"target_group": group.text("Name") or logical_id}
        for target in group.items("Targets"):
            yield target.function("Id"), Trigger("alb", logical_id, details)


def _receipt_rule(logical_id: str, resource: KnownValues) -> Found:
    rule = resource.under("Rule")
    details = given({"recipients": ",".join(rule.texts("Recipients"))})
    for action in rule.items("Actions"):
        function = action.under("LambdaAction").function("FunctionArn")
        yield function, Trigger("ses", logical_id, details)


def _state_machine(logical_id: str, machine: KnownValues) -> Found:
    substitutions = machine.under("DefinitionSubstitutions")
    for name in substitutions:
        yield substitutions.function(name), Trigger("step-functions", logical_id)


def _permission(logical_id: str, resource: KnownValues) -> Found:
    """Yield the service that an ``AWS::Lambda::Permission`` lets invoke a function."""
    principal = (resource.text("Principal") or "").removesuffix(".amazonaws.com")
    if principal in _PRINCIPALS:
        trigger = Trigger(_PRINCIPALS[principal], logical_id)
        yield resource.function("FunctionName"), trigger


READERS: Mapping[str, Reader] = {
    "AWS::Lambda::EventSourceMapping": _event_source,
    "AWS::Lambda::Url": _url,
    "AWS::ApiGateway::Method": _method,
    "AWS::ApiGateway::Authorizer": _authorizer,
    "AWS::ApiGatewayV2::Route": _route,
    "AWS::ApiGatewayV2::Authorizer": _http_authorizer,
    "AWS::Serverless::Api": rest_api_authorizers,
    "AWS::Serverless::HttpApi": http_api_authorizers,
    "AWS::ElasticLoadBalancingV2::TargetGroup": _target_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::Events::Rule": _rule,
    "AWS::Scheduler::Schedule": _schedule,
    "AWS::Logs::SubscriptionFilter": _log_subscription,
    "AWS::Cognito::UserPool": _user_pool,
    "AWS::SES::ReceiptRule": _receipt_rule,
    "AWS::Serverless::StateMachine": _state_machine,
    "AWS::StepFunctions::StateMachine": _state_machine,
}
"""Readers of the types that say what invokes a function, and with what."""

HINTS: Mapping[str, Reader] = {
    "AWS::ApiGatewayV2::Integration": _integration,
    "AWS::Lambda::Permission": _permission,
}
"""Readers of types that count only where nothing else is said of the same service."""
