"""Events of API Gateway's REST and HTTP APIs, and of function URLs."""

from __future__ import annotations

from typing import Any

from lambda_tui.project.function import ACCOUNT_ID, REGION
from lambda_tui.sample_events.builder import Builder, JsonObject, Parameter, Values
from lambda_tui.sample_events.identifiers import (
    log_time,
    new_id,
    new_trace_id,
    new_uuid,
    now_milliseconds,
)
from lambda_tui.sample_events.services.http_request import (
    CLAIMS,
    REQUEST_PARAMETERS,
    SOURCE_IP,
    USER_AGENT,
    HttpRequest,
    example_path,
    many,
    path_parameters,
    read_request,
    title_case,
)

_RESOURCE = Parameter(
    "resource", "", "the resource in the template, such as /orders/{id}; path by default"
)
_STAGE = Parameter("stage", "Prod", "the stage of the API")
_ROUTE = Parameter(
    "route", "", "the path of the route, such as /orders/{id}; path by default, or $default"
)


def _requested(values: Values, template: str, host: str) -> tuple[HttpRequest, str]:
    """Return the request, and the resource or route that it is for.

    Without a path of its own a request has one that fits the resource.
    """
    request = read_request(values, host)
    resource = values[template] or request.path
    if request.path == "/" and values[template]:
        path = example_path(resource)
        request = HttpRequest(request.method, path, request.query, request.headers, request.body)
    return request, resource


def rest_context(
    request: HttpRequest, api_id: str, host: str, stage: str, resource: str
) -> dict[str, Any]:
    """Return the ``requestContext`` of a REST API."""
    return {
        "accountId": ACCOUNT_ID,
        "apiId": api_id,
        "domainName": host,
        "domainPrefix": api_id,
        "extendedRequestId": f"{new_id(15)}=",
        "httpMethod": request.method,
        "identity": {
            "accessKey": None,
            "accountId": None,
            "caller": None,
            "cognitoAuthenticationProvider": None,
            "cognitoAuthenticationType": None,
            "cognitoIdentityId": None,
            "cognitoIdentityPoolId": None,
            "principalOrgId": None,
            "sourceIp": SOURCE_IP,
            "user": None,
            "userAgent": USER_AGENT,
            "userArn": None,
        },
        "path": f"/{stage}{request.path}",
        "protocol": "HTTP/1.1",
        "requestId": new_uuid(),
        "requestTime": log_time(),
        "requestTimeEpoch": now_milliseconds(),
        "resourceId": new_id(6),
        "resourcePath": resource,
        "stage": stage,
    }


def _rest_api(values: Values) -> JsonObject:
    api_id, stage = new_id(10), values["stage"]
    host = f"{api_id}.execute-api.{REGION}.amazonaws.com"
    request, resource = _requested(values, "resource", host)
    headers = title_case({**request.headers, "x-amzn-trace-id": new_trace_id()})
    claims = values.texts("claims")
    context = rest_context(request, api_id, host, stage, resource)
    if claims:
        context["authorizer"] = {"claims": claims, "scopes": None}
    return {
        "resource": resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": many(headers),
        "queryStringParameters": dict(request.query) or None,
        "multiValueQueryStringParameters": many(request.query),
        "pathParameters": path_parameters(resource, request.path) or None,
        "stageVariables": None,
        "requestContext": context,
        "body": request.body,
        "isBase64Encoded": False,
    }


def http_context(
    request: HttpRequest, api_id: str, host: str, stage: str, route_key: str, account_id: str
) -> dict[str, Any]:
    """Return the ``requestContext`` of the payload format 2.0."""
    return {
        "accountId": account_id,
        "apiId": api_id,
        "domainName": host,
        "domainPrefix": api_id,
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": SOURCE_IP,
            "userAgent": USER_AGENT,
        },
        "requestId": new_uuid(),
        "routeKey": route_key,
        "stage": stage,
        "time": log_time(),
        "timeEpoch": now_milliseconds(),
    }


def _payload_two(
    request: HttpRequest, api_id: str, host: str, stage: str, route_key: str, account_id: str
) -> dict[str, Any]:
    """Return an event of the payload format 2.0, which HTTP APIs and function URLs share."""
    headers = {**request.headers, "x-amzn-trace-id": new_trace_id()}
    cookies = headers.pop("cookie", "")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": request.path,
        "rawQueryString": request.query_string,
        "headers": headers,
        "requestContext": http_context(request, api_id, host, stage, route_key, account_id),
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies.split("; ")
    if request.query:
        event["queryStringParameters"] = dict(request.query)
    if request.body is not None:
        event["body"] = request.body
    return event


def _http_api(values: Values) -> JsonObject:
    api_id, stage = new_id(10), values["stage"]
    host = f"{api_id}.execute-api.{REGION}.amazonaws.com"
    request, route = _requested(values, "route", host)
    route_key = route if route == "$default" else f"{request.method} {route}"
    event = _payload_two(request, api_id, host, stage, route_key, ACCOUNT_ID)
    claims = values.texts("claims")
    if claims:
        event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
    parameters = path_parameters(route, request.path)
    if parameters:
        event["pathParameters"] = parameters
    return event


def _function_url(values: Values) -> JsonObject:
    url_id = new_id(32)
    host = f"{url_id}.lambda-url.{REGION}.on.aws"
    request, default = read_request(values, host), "$default"
    return _payload_two(request, url_id, host, default, default, "anonymous")


def _web_socket(values: Values) -> JsonObject:
    api_id, stage, route = new_id(10), values["stage"], values["route"]
    kinds = {"$connect": "CONNECT", "$disconnect": "DISCONNECT"}
    context: dict[str, Any] = {
        "routeKey": route,
        "eventType": kinds.get(route, "MESSAGE"),
        "extendedRequestId": f"{new_id(15)}=",
        "requestTime": log_time(),
        "messageDirection": "IN",
        "stage": stage,
        "connectedAt": now_milliseconds() - 1_000,
        "requestTimeEpoch": now_milliseconds(),
        "identity": {"sourceIp": SOURCE_IP, "userAgent": USER_AGENT},
        "requestId": f"{new_id(15)}=",
        "domainName": f"{api_id}.execute-api.{REGION}.amazonaws.com",
        "connectionId": f"{new_id(15)}=",
        "apiId": api_id,
    }
    event: dict[str, Any] = {"requestContext": context, "isBase64Encoded": False}
    if route in kinds:
        headers = {"Host": context["domainName"], "X-Forwarded-For": SOURCE_IP}
        event |= {"headers": headers, "multiValueHeaders": many(headers)}
    if route == "$disconnect":
        context |= {"disconnectStatusCode": 1000, "disconnectReason": ""}
    elif route != "$connect":
        context["messageId"] = f"{new_id(15)}="
        event["body"] = values["body"]
    return event


API_GATEWAY_BUILDERS = (
    Builder(
        "apigateway",
        "REST API of API Gateway",
        (*REQUEST_PARAMETERS, _RESOURCE, _STAGE, CLAIMS),
        _rest_api,
    ),
    Builder(
        "httpapi",
        "HTTP API of API Gateway",
        (*REQUEST_PARAMETERS, _ROUTE, Parameter("stage", "$default", _STAGE.help), CLAIMS),
        _http_api,
    ),
    Builder(
        "websocket",
        "WebSocket API",
        (
            Parameter("route", "$default", "the route: $connect, $disconnect, $default, or yours"),
            Parameter("body", '{"action": "hello"}', "the message"),
            _STAGE,
        ),
        _web_socket,
    ),
    Builder("function-url", "Lambda function URL", REQUEST_PARAMETERS, _function_url),
)
