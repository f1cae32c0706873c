"""Tells what invokes the functions of a Chalice application, by their decorators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lambda_tui.project.function import Trigger
from lambda_tui.project.kinds.chalice.source import Arguments, Handler

_MOST = 100
"""Routes that are kept as triggers."""


def triggers_of(handler: Handler) -> tuple[Trigger, ...]:
    """Return the triggers of one function; none for one that is invoked by its name."""
    found = _service_and_details(handler)
    if found is None:
        return ()
    service, details = found
    given = {name: value for name, value in details.items() if isinstance(value, str)}
    return (Trigger(service, handler.name, given),)


def route_triggers(routes: Iterable[Handler]) -> tuple[Trigger, ...]:
    """Return a trigger for each path and method of a REST API."""
    return tuple(_routes(routes))[:_MOST]


def _routes(routes: Iterable[Handler]) -> Iterator[Trigger]:
    for route in routes:
        path, methods = route.arguments.get("path"), route.arguments.get("methods", ["GET"])
        for method in methods if isinstance(methods, list | tuple) else ["GET"]:
            if isinstance(path, str) and isinstance(method, str):
                details = {"resource": path, "method": method.upper()}
                yield Trigger("apigateway", route.name, details)


def _service_and_details(handler: Handler) -> tuple[str, dict[str, object]] | None:
    given = handler.arguments
    match handler.kind:
        case "schedule":
            return "schedule", {"kind": "rule", "schedule": given.get("expression")}
        case "on_s3_event":
            return "s3", _object(given)
        case "on_sns_message":
            return "sns", {"topic": given.get("topic")}
        case "on_sqs_message":
            return "sqs", {"queue": given.get("queue_arn", given.get("queue"))}
        case "on_kinesis_record":
            return "kinesis", {"stream": given.get("stream")}
        case "on_dynamodb_record":
            return "dynamodb", {"table": given.get("stream_arn")}
        case "on_cw_event":
            pattern = given.get("event_pattern")
            details = {"source": "source", "detail_type": "detail-type"}
            return "eventbridge", {name: _first(pattern, key) for name, key in details.items()}
        case "authorizer":
            return "authorizer-token", {}
        case "on_ws_connect":
            return "websocket", {"route": "$connect"}
        case "on_ws_message":
            return "websocket", {"route": "$default"}
        case "on_ws_disconnect":
            return "websocket", {"route": "$disconnect"}
        case _:
            return None


def _object(given: Arguments) -> dict[str, object]:
    """Return the bucket, the first kind of event, and a key that the filter lets pass."""
    events = given.get("events")
    kind = events[0] if isinstance(events, list) and events else None
    key = None
    if "prefix" in given or "suffix" in given:
        key = f"{given.get('prefix', '')}example{given.get('suffix', '.txt')}"
    event = kind.removeprefix("s3:") if isinstance(kind, str) else None
    return {"bucket": given.get("bucket"), "event": event, "key": key}


def _first(pattern: object, key: str) -> object:
    values = pattern.get(key) if isinstance(pattern, dict) else None
    return values[0] if isinstance(values, list) and values else None
