"""The operations of the Telemetry API, 2022-07-01, and the Logs API, 2020-08-15."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from lambda_tui.apis.http import Request, Response
from lambda_tui.apis.operation import Operation, calling_extension, json_response
from lambda_tui.apis.telemetry.delivery import Delivery, delivery_to
from lambda_tui.apis.telemetry.sender import sender_to
from lambda_tui.apis.telemetry.subscription import (
    Api,
    Subscription,
    read_subscription,
    validation_error,
)
from lambda_tui.engine.events import (
    Event,
    Json,
    LogsSubscription,
    TelemetrySubscription,
    logs,
    telemetry,
)
from lambda_tui.engine.runtime_api import ApiError, ApiState
from lambda_tui.project.function import Function

_FIRST_SCHEMA_WITH_OBJECTS = "2022-12-13"
_NAMES: Mapping[Api, str] = {"telemetry": "Telemetry", "logs": "Logs"}


def operations(parts: Sequence[str]) -> Mapping[str, Operation]:
    """Return what a path offers, by HTTP method."""
    match parts:
        # AWS's reference writes this path with a slash at its end.
        case ["2022-07-01", "telemetry"] | ["2022-07-01", "telemetry", ""]:
            return {"PUT": partial(_subscribe, "telemetry")}
        case ["2020-08-15", "logs"]:
            return {"PUT": partial(_subscribe, "logs")}
    return {}


def _subscribe(api: Api, host: ApiState, request: Request) -> Response:
    """Subscribe the calling extension; another subscription takes the place of the one before.

    One that equals the one before changes nothing.
    """
    name = calling_extension(host, request).name
    subscription = read_subscription(api, request.body)
    if not host.telemetry.is_open:
        raise _closed(api)
    known = delivery_to(host.telemetry.subscribers, name)
    if known is not None and known.subscription.api != api:
        other = _NAMES[known.subscription.api]
        raise validation_error(api, f"The extension has subscribed with the {other} API already")
    if known is None or known.subscription != subscription:
        if known is not None:
            host.telemetry.unsubscribe(known)
            known.close()
        _begin(host, name, subscription)
    return json_response(200, "OK")


def _begin(host: ApiState, name: str, subscription: Subscription) -> None:
    sender = sender_to(subscription.destination, host.connect_inside)
    envelopes = partial(_envelopes, subscription, host.function)
    host.telemetry.subscribe(Delivery(name, subscription, sender, envelopes, host.telemetry.emit))
    record = TelemetrySubscription if subscription.api == "telemetry" else LogsSubscription
    host.telemetry.emit(record(name, subscription.types))


def _envelopes(subscription: Subscription, function: Function, event: Event) -> Sequence[Json]:
    """Return an event in the schema that was subscribed to."""
    if subscription.api == "logs":
        return logs(event, subscription.schema)
    has_objects = subscription.schema >= _FIRST_SCHEMA_WITH_OBJECTS
    has_json_lines = has_objects and function.logging.format == "JSON"
    envelope = telemetry(event, has_json_lines=has_json_lines)
    return () if envelope is None else (envelope,)


def _closed(api: Api) -> ApiError:
    name = _NAMES[api]
    return ApiError(403, f"{name}.SubscriptionClosed", f"{name} API subscription is closed")
