"""Reads the ``events`` of a function: the services that invoke it."""

from __future__ import annotations

from collections.abc import Iterator

from lambda_tui.project.function import Trigger
from lambda_tui.project.kinds.template.language import LinedMapping, Resolver
from lambda_tui.project.kinds.template.triggers import (
    COGNITO_SERVICES,
    KnownValues,
    given,
    object_details,
    pattern_details,
    schedule_details,
)

_MOST = 100
"""Triggers of a function that are kept."""
_OTHERS = {
    "activemq": "mq",
    "alexaSkill": "alexa",
    "alexaSmartHome": "alexa",
    "iot": "iot",
    "kafka": "kafka",
    "msk": "msk",
    "rabbitmq": "mq",
}
"""Services without a builder, by the framework's names."""


def read_triggers(function: LinedMapping, resolver: Resolver) -> tuple[Trigger, ...]:
    """Return the triggers of a function, in the order of its ``events``."""
    own = KnownValues(function, resolver)
    listed = own.value("events")
    found = [
        trigger
        for number, event in enumerate(listed if isinstance(listed, list) else [], 1)
        for trigger in _of_event(event, number, resolver)
    ]
    if own.value("url") not in (None, False):
        found.append(Trigger("function-url", "url"))
    return tuple(found[:_MOST])


def _of_event(event: object, number: int, resolver: Resolver) -> Iterator[Trigger]:
    if isinstance(event, str):
        # Such as - alexaSkill, without a value.
        holder = LinedMapping()
        holder.put(event, None, None)
        event = holder
    values = KnownValues(event, resolver)
    for kind in values:
        found = _service_and_details(kind, values)
        if found is not None:
            yield Trigger(found[0], f"{kind} {number}", given(found[1]))


def _service_and_details(
    kind: str, values: KnownValues
) -> tuple[str, dict[str, str | None]] | None:
    """Return the service and the details of an event; None for a kind that is unknown."""
    text, inner = values.text(kind), values.under(kind)
    match kind:
        case "http":
            method, path = _request(text, inner)
            return "apigateway", {"resource": _rooted(path), "method": method}
        case "httpApi":
            method, path = _request(text, inner)
            route = "$default" if path in (None, "*") else _rooted(path)
            return "httpapi", {"route": route, "method": None if method == "*" else method}
        case "websocket":
            return "websocket", {"route": text or inner.text("route")}
        case "alb":
            return "alb", _load_balancer(inner)
        case "s3":
            return "s3", dict(_bucket(text, inner))
        case "sqs":
            return "sqs", {"queue": text or inner.text("arn")}
        case "sns":
            return "sns", {"topic": text or inner.text("arn") or inner.text("topicName")}
        case "stream" | "dynamodb" | "kinesis":
            return _stream(kind, text or inner.text("arn"), inner.text("type"))
        case "schedule":
            return "schedule", dict(_schedule(text, inner))
        case "eventBridge":
            if inner.text("schedule"):
                return "schedule", dict(schedule_details(inner, "", is_rule=True))
            return "eventbridge", dict(pattern_details(inner.under("pattern")))
        case "cloudwatchEvent":
            return "eventbridge", dict(pattern_details(inner.under("event")))
        case "cloudwatchLog":
            return "cloudwatch-logs", {"log_group": text or inner.text("logGroup")}
        case "cognitoUserPool":
            service = COGNITO_SERVICES.get(inner.text("trigger") or "")
            return None if service is None else (service, {"pool": inner.text("pool")})
        case _:
            return None if kind not in _OTHERS else (_OTHERS[kind], {})


def _request(text: str | None, inner: KnownValues) -> tuple[str | None, str | None]:
    """Return the method and the path of a request, written ``GET /orders`` or as a mapping."""
    if text is None:
        method, path = inner.text("method"), inner.text("path")
    else:
        first, _, rest = text.strip().partition(" ")
        method, path = (first, rest.strip()) if rest else (None, first)
    return method and (None if method.lower() == "any" else method.upper()), path


def _rooted(path: str | None) -> str | None:
    return None if path is None else f"/{path.lstrip('/')}"


def _load_balancer(inner: KnownValues) -> dict[str, str | None]:
    conditions = inner.under("conditions")
    paths, methods = conditions.texts("path"), conditions.texts("method")
    path = paths[0].replace("*", "") if paths else None
    return {"path": _rooted(path), "method": methods[0] if methods else None}


def _bucket(text: str | None, inner: KnownValues) -> dict[str, str]:
    details = object_details(text or inner.text("bucket"), inner, inner.text("event"))
    rules = inner.items("rules")
    if rules:
        prefix = next((one for rule in rules if (one := rule.text("prefix"))), "")
        suffix = next((one for rule in rules if (one := rule.text("suffix"))), ".txt")
        details["key"] = f"{prefix}example{suffix}"
    return details


def _stream(
    kind: str, arn: str | None, given_type: str | None
) -> tuple[str, dict[str, str | None]]:
    """Return the service of a stream, by its type or else by its ARN."""
    named = kind if kind != "stream" else given_type
    is_table = named == "dynamodb" or (named is None and ":dynamodb:" in (arn or ""))
    return ("dynamodb", {"table": arn}) if is_table else ("kinesis", {"stream": arn})


def _schedule(text: str | None, inner: KnownValues) -> dict[str, str]:
    if text is not None:
        return {"kind": "rule", "schedule": text}
    rates = inner.texts("rate")
    return given(
        {
            "rule": inner.text("name"),
            "kind": "scheduler" if inner.text("method") == "scheduler" else "rule",
            "schedule": rates[0] if rates else None,
            "input": inner.text("input"),
        }
    )
