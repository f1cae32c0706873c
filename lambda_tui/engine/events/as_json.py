"""Any event as a JSON object, for ``--output events``."""

from __future__ import annotations

import re
from typing import Any

from msgspec import structs

from lambda_tui.engine.events import records
from lambda_tui.engine.events.telemetry import Json, telemetry, timestamp

_UNDERSCORE = re.compile(r"_([a-z])")


def as_json(event: records.Event) -> Json:
    """Return ``time``, ``type`` and ``record`` as AWS has them, the function and the environment.

    A record without a counterpart at AWS has its own fields, in camel case.
    """
    envelope = telemetry(event) or {
        "time": timestamp(event.time),
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
