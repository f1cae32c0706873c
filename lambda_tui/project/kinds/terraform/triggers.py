"""Makes CloudFormation of the resources that invoke functions, from which triggers are read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from lambda_tui.project.kinds.template.language import FileLine, LinedMapping
from lambda_tui.project.kinds.terraform.cloud_values import cloud_value
from lambda_tui.project.kinds.terraform.language import mapping
from lambda_tui.project.kinds.terraform.resource import Resource

_FUNCTION_ARN = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+")
_COGNITO = {
    "pre_sign_up": "PreSignUp",
    "post_confirmation": "PostConfirmation",
    "pre_authentication": "PreAuthentication",
    "post_authentication": "PostAuthentication",
    "pre_token_generation": "PreTokenGeneration",
    "custom_message": "CustomMessage",
    "user_migration": "UserMigration",
    "define_auth_challenge": "DefineAuthChallenge",
    "create_auth_challenge": "CreateAuthChallenge",
    "verify_auth_challenge_response": "VerifyAuthChallengeResponse",
}

# Resources whose arguments need other names alone: CloudFormation's type, and the names.
_RENAMED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "aws_lambda_event_source_mapping": (
        "AWS::Lambda::EventSourceMapping",
        {"event_source_arn": "EventSourceArn", "function_name": "FunctionName"},
    ),
    "aws_lambda_permission": (
        "AWS::Lambda::Permission",
        {"principal": "Principal", "function_name": "FunctionName"},
    ),
    "aws_lambda_function_url": ("AWS::Lambda::Url", {"function_name": "TargetFunctionArn"}),
    "aws_sns_topic_subscription": (
        "AWS::SNS::Subscription",
        {"protocol": "Protocol", "endpoint": "Endpoint", "topic_arn": "TopicArn"},
    ),
    "aws_cloudwatch_log_subscription_filter": (
        "AWS::Logs::SubscriptionFilter",
        {
            "log_group_name": "LogGroupName",
            "name": "FilterName",
            "destination_arn": "DestinationArn",
        },
    ),
    "aws_api_gateway_authorizer": (
        "AWS::ApiGateway::Authorizer",
        {"type": "Type", "authorizer_uri": "AuthorizerUri"},
    ),
    "aws_apigatewayv2_authorizer": (
        "AWS::ApiGatewayV2::Authorizer",
        {
            "authorizer_payload_format_version": "AuthorizerPayloadFormatVersion",
            "authorizer_uri": "AuthorizerUri",
        },
    ),
    "aws_apigatewayv2_integration": (
        "AWS::ApiGatewayV2::Integration",
        {"payload_format_version": "PayloadFormatVersion", "integration_uri": "IntegrationUri"},
    ),
    "aws_api_gateway_resource": ("AWS::ApiGateway::Resource", {"path_part": "PathPart"}),
}
_NAMED_BY_ID = frozenset({"aws_api_gateway_resource", "aws_apigatewayv2_integration"})
_JOINED = frozenset(
    {
        "aws_alb_target_group",
        "aws_alb_target_group_attachment",
        "aws_api_gateway_integration",
        "aws_apigatewayv2_route",
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        "aws_cognito_user_pool",
        "aws_lb_target_group",
        "aws_lb_target_group_attachment",
        "aws_s3_bucket_notification",
        "aws_scheduler_schedule",
        "aws_sfn_state_machine",
    }
)
TRIGGER_KINDS = frozenset(_RENAMED) | _JOINED
"""The types of resources that invoke functions."""


class Groups:
    """The resources of a project that invoke functions, by their types."""

    def __init__(self, resources: Iterable[Resource], region: str) -> None:
        self._region = region
        self._by_kind: dict[str, list[Resource]] = {}
        self._by_id: dict[object, Resource] = {}
        for one in resources:
            self._by_kind.setdefault(_kind(one), []).append(one)
            if one.kind in _NAMED_BY_ID:
                self._by_id[self.value(one, "id")] = one

    def of(self, kind: str) -> list[Resource]:
        """Return the resources of a type."""
        return self._by_kind.get(kind, [])

    def value(self, resource: Resource, attribute: str) -> object:
        """Return an attribute, which a plan may know already."""
        values = resource.values
        given = values.get(attribute)
        if given is not None:
            return given
        return cloud_value(resource.kind, resource.address, attribute, self._region, values.get)

    def address(self, identity: object) -> str | None:
        """Return the address of the resource of a REST API, or the integration, with an id."""
        found = self._by_id.get(identity) if isinstance(identity, str) else None
        return None if found is None else found.address


class TriggerResource(NamedTuple):
    """A resource of CloudFormation's."""

    kind: str
    properties: LinedMapping
    line: int


class _Made(NamedTuple):
    kind: str
    properties: dict[str, object]


def trigger_resources(resources: Iterable[Resource], region: str) -> dict[str, TriggerResource]:
    """Return what CloudFormation has for the resources that invoke functions, by addresses."""
    own = [one for one in resources if one.kind in TRIGGER_KINDS and not one.is_data]
    groups = Groups(own, region)
    made: dict[str, TriggerResource] = {}
    for resource in own:
        found = _made(resource, groups)
        if found is not None:
            line = FileLine(resource.line or 1, resource.file)
            made[resource.address] = TriggerResource(found.kind, mapping(_lined(found)), line)
    return made


def _kind(resource: Resource) -> str:
    """Return a type by its newer name."""
    return resource.kind.replace("aws_alb_", "aws_lb_")


def _lined(made: _Made) -> dict[str, object]:
    return {name: _with_mappings(value) for name, value in made.properties.items()}


def _with_mappings(value: object) -> object:
    if isinstance(value, list):
        return [_with_mappings(one) for one in value]
    if isinstance(value, dict):
        return mapping({key: _with_mappings(one) for key, one in value.items()})
    return value


def _made(resource: Resource, groups: Groups) -> _Made | None:
    if resource.kind in _RENAMED:
        kind, names = _RENAMED[resource.kind]
        properties = _given(resource, names)
        if resource.kind == "aws_api_gateway_resource":
            properties["ParentId"] = _resource_reference(resource, "parent_id", groups)
        return _Made(kind, properties)
    reader = _READERS.get(_kind(resource))
    return None if reader is None else reader(resource, groups)


def _given(resource: Resource, names: Mapping[str, str]) -> dict[str, object]:
    """Return the arguments that are given, by CloudFormation's names."""
    values = resource.values
    return {name: values[one] for one, name in names.items() if values.get(one) is not None}


def _blocks(value: object) -> list[LinedMapping]:
    """Return the blocks of a kind that are known."""
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, LinedMapping)]


def _route(route: Resource, groups: Groups) -> _Made:
    properties = _given(route, {"route_key": "RouteKey"})
    target = route.values.get("target")
    identity = target.removeprefix("integrations/") if isinstance(target, str) else None
    properties["Target"] = {"Fn::Sub": f"integrations/${{{groups.address(identity)}}}"}
    return _Made("AWS::ApiGatewayV2::Route", properties)


def _method(integration: Resource, groups: Groups) -> _Made:
    properties = _given(integration, {"http_method": "HttpMethod"})
    properties["ResourceId"] = _resource_reference(integration, "resource_id", groups)
    properties["Integration"] = _given(integration, {"uri": "Uri"})
    return _Made("AWS::ApiGateway::Method", properties)


def _resource_reference(resource: Resource, argument: str, groups: Groups) -> object:
    """Return the reference to the resource of a REST API that an argument has the id of."""
    value = resource.values.get(argument)
    address = groups.address(value)
    return value if address is None else {"Ref": address}


def _rule(rule: Resource, groups: Groups) -> _Made:
    names = {"name": "Name", "schedule_expression": "ScheduleExpression"}
    properties = _given(rule, names)
    pattern = _decoded(rule.values.get("event_pattern"))
    if pattern is not None:
        properties["EventPattern"] = pattern
    name = groups.value(rule, "name")
    properties["Targets"] = [
        _given(target, {"arn": "Arn", "input": "Input"})
        for target in groups.of("aws_cloudwatch_event_target")
        if target.values.get("rule") == name
    ]
    return _Made("AWS::Events::Rule", properties)


def _schedule(schedule: Resource, _: Groups) -> _Made:
    properties = _given(schedule, {"name": "Name", "schedule_expression": "ScheduleExpression"})
    for target in _blocks(schedule.values.get("target")):
        properties["Target"] = {"Arn": target.get("arn"), "Input": target.get("input")}
    return _Made("AWS::Scheduler::Schedule", properties)


def _bucket(notification: Resource, _: Groups) -> _Made:
    configurations = []
    for one in _blocks(notification.values.get("lambda_function")):
        rules = [
            {"Name": name, "Value": one[f"filter_{name}"]}
            for name in ("prefix", "suffix")
            if one.get(f"filter_{name}")
        ]
        events = one.get("events")
        configurations.append(
            {
                "Event": events[0] if isinstance(events, list) and events else None,
                "Function": one.get("lambda_function_arn"),
                "Filter": {"S3Key": {"Rules": rules}},
            }
        )
    properties = _given(notification, {"bucket": "BucketName"})
    properties["NotificationConfiguration"] = {"LambdaConfigurations": configurations}
    return _Made("AWS::S3::Bucket", properties)


def _target_group(group: Resource, groups: Groups) -> _Made:
    arn = groups.value(group, "arn")
    properties = _given(group, {"name": "Name", "target_type": "TargetType"})
    properties["Targets"] = [
        {"Id": one.values.get("target_id")}
        for one in groups.of("aws_lb_target_group_attachment")
        if one.values.get("target_group_arn") == arn
    ]
    return _Made("AWS::ElasticLoadBalancingV2::TargetGroup", properties)


def _user_pool(pool: Resource, _: Groups) -> _Made:
    config: dict[str, object] = {}
    for block in _blocks(pool.values.get("lambda_config")):
        config |= {name: block[key] for key, name in _COGNITO.items() if block.get(key)}
        for token in _blocks(block.get("pre_token_generation_config")):
            config["PreTokenGenerationConfig"] = {
                "LambdaArn": token.get("lambda_arn"),
                "LambdaVersion": token.get("lambda_version"),
            }
    return _Made("AWS::Cognito::UserPool", {"LambdaConfig": config})


def _state_machine(machine: Resource, _: Groups) -> _Made:
    definition = machine.values.get("definition")
    found = _FUNCTION_ARN.findall(definition) if isinstance(definition, str) else []
    arns = {f"function{number}": arn for number, arn in enumerate(dict.fromkeys(found))}
    return _Made("AWS::StepFunctions::StateMachine", {"DefinitionSubstitutions": arns})


def _decoded(text: object) -> object:
    if not isinstance(text, str):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


_READERS: Mapping[str, Callable[[Resource, Groups], _Made]] = {
    "aws_api_gateway_integration": _method,
    "aws_apigatewayv2_route": _route,
    "aws_cloudwatch_event_rule": _rule,
    "aws_cognito_user_pool": _user_pool,
    "aws_lb_target_group": _target_group,
    "aws_s3_bucket_notification": _bucket,
    "aws_scheduler_schedule": _schedule,
    "aws_sfn_state_machine": _state_machine,
}
