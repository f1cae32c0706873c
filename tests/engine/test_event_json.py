"""Events as JSON objects of their own: AWS's where it has them, ours in the same manner."""

from __future__ import annotations

import json

import pytest

from lambda_tui.engine import events
from lambda_tui.engine.events import AsyncRetried, as_json
from lambda_tui.engine.lifecycle import State

PLACE = {"function": "hello", "environmentId": "abc"}


def written(record: events.Record) -> object:
    event = events.Event(record=record, function="hello", environment="abc", time=1.5)
    return json.loads(json.dumps(as_json(event)))


def test_a_platform_event_is_the_telemetry_apis_with_its_place() -> None:
    assert written(events.Start("id")) == {
        "time": "1970-01-01T00:00:01.500Z",
        "type": "platform.start",
        "record": {"requestId": "id", "version": "$LATEST"},
        **PLACE,
    }


def test_a_line_of_the_function_has_its_request() -> None:
    assert written(events.FunctionLog("hi", "id")) == {
        "time": "1970-01-01T00:00:01.500Z",
        "type": "function",
        "record": "hi",
        "requestId": "id",
        **PLACE,
    }


@pytest.mark.parametrize(
    ("record", "fields"),
    [
        (
            events.StateChange(State.CREATING, None, "provisioned"),
            {"state": "creating", "previous": None, "reason": "provisioned"},
        ),
        (
            events.StateChange(State.FROZEN, State.IDLE),
            {"state": "frozen", "previous": "idle", "reason": None},
        ),
        (events.EnvironmentStale(("a.py", "b.py")), {"files": ["a.py", "b.py"]}),
        (events.Reloaded(("a.py",), 2.5), {"files": ["a.py"], "durationMs": 2.5}),
        (
            AsyncRetried("id", "error", 60.0, 1),
            {"requestId": "id", "reason": "error", "delaySeconds": 60.0, "attempt": 1},
        ),
        (
            events.Notice("warning", "mind the gap"),
            {"severity": "warning", "message": "mind the gap"},
        ),
    ],
)
def test_an_event_of_our_own_has_its_fields_in_camel_case(
    record: events.Record, fields: object
) -> None:
    assert written(record) == {
        "time": "1970-01-01T00:00:01.500Z",
        "type": record.type,
        "record": fields,
        **PLACE,
    }
