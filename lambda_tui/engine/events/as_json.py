"""Any event as JSON: the Telemetry API's envelope, with its place, and our own in its manner."""

from __future__ import annotations

import re
from typing import Any

from msgspec import structs

from lambda_tui.engine.events import records
from lambda_tui.engine.events.telemetry import Json, telemetry, timestamp

_UNDERSCORE = re.compile(r"_([a-z])")


def event_json(event: records.Event) -> Json:
    """``time``, ``type``, ``record`` as AWS has them, and the function and environment concerned.

    A record that AWS has no word for holds its own fields in camel case.
    """
    envelope = telemetry(event) or {
        "time": timestamp(event),
        "type": event.record.type,
        "record": _fields(event.record),
    }
    envelope["function"] = event.function
    envelope["environmentId"] = event.environment
    if isinstance(event.record, records.FunctionLog):
        envelope["requestId"] = event.record.request_id
    return envelope


def _fields(record: records.Record) -> dict[str, Any]:
    fields = structs.asdict(record)
    return {_UNDERSCORE.sub(lambda it: it[1].upper(), name): fields[name] for name in fields}
