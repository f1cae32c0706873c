"""Events of CloudWatch Logs' subscriptions."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime

from lambda_tui.project.function import ACCOUNT_ID
from lambda_tui.sample_events.builder import Builder, JsonObject, Parameter, Values
from lambda_tui.sample_events.identifiers import new_digits, new_hex, now_milliseconds


def _subscription(values: Values) -> JsonObject:
    count = values.number("records", 1)
    now = now_milliseconds()
    day = datetime.now(UTC).strftime("%Y/%m/%d")
    data = {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT_ID,
        "logGroup": values["log_group"],
        "logStream": f"{day}/[$LATEST]{new_hex(32)}",
        "subscriptionFilters": [values["filter"]],
        "logEvents": [
            {
                "id": new_digits(56),
                "timestamp": now + number,
                "message": values["message"].replace("{n}", str(number + 1)),
            }
            for number in range(count)
        ],
    }
    compressed = gzip.compress(json.dumps(data).encode(), mtime=0)
    return {"awslogs": {"data": base64.b64encode(compressed).decode()}}


CLOUDWATCH_LOGS_BUILDERS = (
    Builder(
        "cloudwatch-logs",
        "CloudWatch Logs subscription",
        (
            Parameter("records", "1", "how many lines"),
            Parameter("message", "[ERROR] line {n}", "the line; {n} is its number"),
            Parameter("log_group", "/aws/lambda/example", "the log group"),
            Parameter("filter", "example-filter", "the name of the subscription filter"),
        ),
        _subscription,
    ),
)
