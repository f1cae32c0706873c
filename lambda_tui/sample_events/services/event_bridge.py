"""Events of EventBridge: of its buses, and of its schedules."""

from __future__ import annotations

from lambda_tui.project.function import ACCOUNT_ID, REGION
from lambda_tui.sample_events.builder import Builder, JsonObject, Parameter, Values
from lambda_tui.sample_events.identifiers import iso_time, new_uuid


def _event(values: Values) -> JsonObject:
    detail = values.mapping("detail")
    return {
        "version": "0",
        "id": new_uuid(),
        "detail-type": values["detail_type"],
        "source": values["source"],
        "account": ACCOUNT_ID,
        "time": iso_time(milliseconds=False),
        "region": REGION,
        "resources": values.words("resources"),
        "detail": detail,
    }


def _schedule(values: Values) -> JsonObject:
    if values["input"]:
        # The input of a schedule replaces the whole event.
        return values.mapping("input")
    name = values["rule"]
    is_rule = values.choice("kind", "rule", "scheduler") == "rule"
    rule = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{name}"
    schedule = f"arn:aws:scheduler:{REGION}:{ACCOUNT_ID}:schedule/default/{name}"
    return {
        "version": "0",
        "id": new_uuid(),
        "detail-type": "Scheduled Event",
        "source": "aws.events" if is_rule else "aws.scheduler",
        "account": ACCOUNT_ID,
        "time": iso_time(milliseconds=False),
        "region": REGION,
        "resources": [rule if is_rule else schedule],
        # EventBridge Scheduler sends a text.
        "detail": {} if is_rule else "{}",
    }


EVENT_BRIDGE_BUILDERS = (
    Builder(
        "eventbridge",
        "EventBridge event bus",
        (
            Parameter("source", "example.orders", "the source"),
            Parameter("detail_type", "OrderPlaced", "the detail-type"),
            Parameter("detail", '{"id": "1"}', "the detail, a JSON object or name=value"),
            Parameter("resources", "", "ARNs of resources, separated by commas"),
        ),
        _event,
    ),
    Builder(
        "schedule",
        "EventBridge schedule",
        (
            Parameter("rule", "example-schedule", "the name of the rule or schedule"),
            Parameter("kind", "rule", "rule, or scheduler for one of EventBridge Scheduler"),
            Parameter("input", "", "the schedule's Input, which replaces the event"),
        ),
        _schedule,
    ),
)
