"""The records of asynchronous invocations for destinations and dead-letter queues, as AWS has."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from lambda_tui import limits
from lambda_tui.engine.events import Condition, timestamp
from lambda_tui.engine.invocation import Invocation
from lambda_tui.project.function import Function

Json = dict[str, Any]


def destination_record(
    function_arn: str,
    request_id: str,
    payload: bytes,
    condition: Condition,
    attempts: int,
    invocation: Invocation | None,
) -> Json:
    """Return the record of an invocation, version 1.0, with its last attempt if there was one.

    ``function_arn`` has the qualifier that was invoked.
    """
    record: Json = {
        "version": "1.0",
        "timestamp": timestamp(time.time()),
        "requestContext": {
            "requestId": request_id,
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": _json(payload),
    }
    if invocation is not None:
        context: Json = {"statusCode": 200, "executedVersion": invocation.version}
        if invocation.function_error is not None:
            context["functionError"] = invocation.function_error
        record["responseContext"] = context
        record["responsePayload"] = _json(invocation.response or b"null")
    return record


def as_sent(record: Json, function: Function, target: str | None) -> str:
    """Return the JSON for the target: an event bus has an envelope of its own."""
    if target is None or not target.startswith("arn:aws:events:"):
        return compact(record)
    is_success = record["requestContext"]["condition"] == "Success"
    outcome = "Success" if is_success else "Failure"
    envelope = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": f"Lambda Function Invocation Result - {outcome}",
        "source": "lambda",
        "account": function.account_id,
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": function.region,
        "resources": [target, record["requestContext"]["functionArn"]],
        "detail": record,
    }
    return compact(envelope)


def dead_letter_attributes(request_id: str, invocation: Invocation | None) -> dict[str, str]:
    """Return the message attributes of a dead letter, whose body is the event itself."""
    response = _json(invocation.response or b"null") if invocation is not None else None
    message = str(response.get("errorMessage", "")) if isinstance(response, dict) else ""
    cut = message.encode()[: limits.DEAD_LETTER_MESSAGE_BYTES].decode(errors="ignore")
    return {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": cut}


def compact(value: object) -> str:
    """Return compact JSON, as AWS writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _json(text: bytes | bytearray) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(text)
    except ValueError:
        return text.decode("utf-8", errors="replace")
