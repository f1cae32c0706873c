"""Events of API Gateway's custom authorizers."""

from __future__ import annotations

from lambda_tui.project.function import ACCOUNT_ID, REGION
from lambda_tui.sample_events.builder import Builder, JsonObject, Parameter, Values
from lambda_tui.sample_events.identifiers import new_id, new_trace_id
from lambda_tui.sample_events.services.api_gateway import http_context, rest_context
from lambda_tui.sample_events.services.http_request import (
    HEADERS,
    METHOD,
    PATH,
    QUERY,
    SOURCE_IP,
    USER_AGENT,
    HttpRequest,
    many,
    title_case,
)

_TOKEN = Parameter("token", "Bearer example-token", "the value of the header Authorization")
_STAGE = Parameter("stage", "Prod", "the stage of the API")


def _arn(api_id: str, stage: str, request: HttpRequest) -> str:
    path = request.path.lstrip("/")
    return f"arn:aws:execute-api:{REGION}:{ACCOUNT_ID}:{api_id}/{stage}/{request.method}/{path}"


def _request_of(values: Values, host: str) -> HttpRequest:
    path = values["path"]
    headers = {
        "authorization": values["token"],
        "host": host,
        "user-agent": USER_AGENT,
        "x-amzn-trace-id": new_trace_id(),
        "x-forwarded-for": SOURCE_IP,
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
        **{name.lower(): value for name, value in values.texts("headers").items()},
    }
    path = path if path.startswith("/") else f"/{path}"
    return HttpRequest(values["method"].upper(), path, values.texts("query"), headers, None)


def _token(values: Values) -> JsonObject:
    path = values["path"] if values["path"].startswith("/") else f"/{values['path']}"
    request = HttpRequest(values["method"].upper(), path, {}, {}, None)
    return {
        "type": "TOKEN",
        "authorizationToken": values["token"],
        "methodArn": _arn(new_id(10), values["stage"], request),
    }


def _request(values: Values) -> JsonObject:
    api_id, stage = new_id(10), values["stage"]
    host = f"{api_id}.execute-api.{REGION}.amazonaws.com"
    request = _request_of(values, host)
    headers = title_case(request.headers)
    return {
        "version": "1.0",
        "type": "REQUEST",
        "methodArn": _arn(api_id, stage, request),
        "identitySource": values["token"],
        "authorizationToken": values["token"],
        "resource": request.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": headers,
        "multiValueHeaders": many(headers),
        "queryStringParameters": dict(request.query),
        "multiValueQueryStringParameters": many(request.query) or {},
        "pathParameters": {},
        "stageVariables": {},
        "requestContext": rest_context(request, api_id, host, stage, request.path),
    }


def _request_two(values: Values) -> JsonObject:
    api_id, stage = new_id(10), values["stage"]
    host = f"{api_id}.execute-api.{REGION}.amazonaws.com"
    request = _request_of(values, host)
    route_key = f"{request.method} {request.path}"
    return {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": _arn(api_id, stage, request),
        "identitySource": [values["token"]],
        "routeKey": route_key,
        "rawPath": request.path,
        "rawQueryString": request.query_string,
        "headers": dict(request.headers),
        "queryStringParameters": dict(request.query),
        "requestContext": http_context(request, api_id, host, stage, route_key, ACCOUNT_ID),
        "pathParameters": {},
        "stageVariables": {},
    }


_REQUEST = (_TOKEN, METHOD, PATH, QUERY, HEADERS)

AUTHORIZER_BUILDERS = (
    Builder(
        "authorizer-token",
        "REST API: TOKEN authorizer",
        (_TOKEN, METHOD, PATH, _STAGE),
        _token,
    ),
    Builder(
        "authorizer-request",
        "REST API: REQUEST authorizer",
        (*_REQUEST, _STAGE),
        _request,
    ),
    Builder(
        "authorizer-v2",
        "HTTP API: authorizer",
        (*_REQUEST, Parameter("stage", "$default", _STAGE.help)),
        _request_two,
    ),
)
