"""Events of an Application Load Balancer."""

from __future__ import annotations

from lambda_tui.project.function import ACCOUNT_ID, REGION
from lambda_tui.sample_events.builder import Builder, JsonObject, Parameter, Values
from lambda_tui.sample_events.identifiers import new_hex, new_trace_id
from lambda_tui.sample_events.services.http_request import (
    REQUEST_PARAMETERS,
    many,
    read_request,
)


def _request(values: Values) -> JsonObject:
    name = values["target_group"]
    arn = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT_ID}:targetgroup/{name}/{new_hex(16)}"
    host = f"{name}-{new_hex(10)}.{REGION}.elb.amazonaws.com"
    request = read_request(values, host, port=80)
    headers = {**request.headers, "x-amzn-trace-id": new_trace_id()}
    event: JsonObject = {
        "requestContext": {"elb": {"targetGroupArn": arn}},
        "httpMethod": request.method,
        "path": request.path,
    }
    if values.choice("multi_value", "false", "true") == "true":
        event |= {
            "multiValueQueryStringParameters": many(request.query) or {},
            "multiValueHeaders": many(headers),
        }
    else:
        event |= {"queryStringParameters": dict(request.query), "headers": headers}
    return {**event, "body": request.body or "", "isBase64Encoded": False}


LOAD_BALANCER_BUILDERS = (
    Builder(
        "alb",
        "Application Load Balancer",
        (
            *REQUEST_PARAMETERS,
            Parameter("target_group", "targets", "the name of the target group"),
            Parameter("multi_value", "false", "true if the group has multi-value headers on"),
        ),
        _request,
    ),
)
