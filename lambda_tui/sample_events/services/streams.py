"""Events of DynamoDB streams and of Kinesis."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

from lambda_tui.project.function import ACCOUNT_ID, REGION
from lambda_tui.sample_events.builder import Builder, JsonObject, Parameter, Values
from lambda_tui.sample_events.identifiers import new_digits, new_hex

_DYNAMODB_EVENTS = ("INSERT", "MODIFY", "REMOVE")
_VIEWS = ("NEW_AND_OLD_IMAGES", "NEW_IMAGE", "OLD_IMAGE", "KEYS_ONLY")


def attribute_value(value: object) -> dict[str, Any]:
    """Return a JSON value as DynamoDB writes it, such as ``{"S": "text"}``."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int() | float():
            return {"N": str(value)}
        case list():
            return {"L": [attribute_value(one) for one in value]}
        case dict():
            return {"M": {name: attribute_value(one) for name, one in value.items()}}
        case _:
            return {"S": str(value)}


def _table_event(values: Values) -> JsonObject:
    count = values.number("records", 1)
    return {"Records": [_table_record(values, number) for number in range(1, count + 1)]}


def _table_record(values: Values, number: int) -> dict[str, Any]:
    kind = values.choice("event", *_DYNAMODB_EVENTS)
    view = values.choice("view", *_VIEWS)
    item = _numbered(values.mapping("item"), number)
    key = {name: item[name] for name in values.words("key") if name in item}
    if not key and item:
        first = next(iter(item))
        key = {first: item[first]}
    change: dict[str, Any] = {
        "ApproximateCreationDateTime": int(time.time()),
        "Keys": _item(key),
    }
    if kind != "REMOVE" and view in ("NEW_AND_OLD_IMAGES", "NEW_IMAGE"):
        change["NewImage"] = _item(item)
    if kind != "INSERT" and view in ("NEW_AND_OLD_IMAGES", "OLD_IMAGE"):
        old = values.mapping("old_item")
        change["OldImage"] = _item({**item, **_numbered(old, number)})
    change |= {
        "SequenceNumber": new_digits(24),
        "SizeBytes": len(json.dumps(item).encode()),
        "StreamViewType": view,
    }
    return {
        "eventID": new_hex(32),
        "eventName": kind,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": change,
        "eventSourceARN": _stream_arn(values["table"]),
    }


def _stream_arn(table: str) -> str:
    """Return the ARN of a table's stream; it may be written already."""
    if "/stream/" in table:
        return table
    name = table.rpartition("/")[2]
    label = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000")
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT_ID}:table/{name}/stream/{label}"


def _numbered(item: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        name: value.replace("{n}", str(number)) if isinstance(value, str) else value
        for name, value in item.items()
    }


def _item(values: dict[str, Any]) -> dict[str, Any]:
    return {name: attribute_value(value) for name, value in values.items()}


def _stream_event(values: Values) -> JsonObject:
    count = values.number("records", 1)
    return {"Records": [_stream_record(values, number) for number in range(1, count + 1)]}


def _stream_record(values: Values, number: int) -> dict[str, Any]:
    name = values["stream"]
    made_up = f"arn:aws:kinesis:{REGION}:{ACCOUNT_ID}:stream/{name}"
    arn = name if name.startswith("arn:") else made_up
    sequence = new_digits(56)
    shard = "shardId-000000000006"
    data = values["data"].replace("{n}", str(number))
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": values["partition_key"].replace("{n}", str(number)),
            "sequenceNumber": sequence,
            "data": base64.b64encode(data.encode()).decode(),
            "approximateArrivalTimestamp": round(time.time(), 3),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{sequence}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": f"arn:aws:iam::{ACCOUNT_ID}:role/lambda-role",
        "awsRegion": REGION,
        "eventSourceARN": arn,
    }


STREAM_BUILDERS = (
    Builder(
        "dynamodb",
        "DynamoDB stream",
        (
            Parameter("records", "1", "how many changes"),
            Parameter("table", "example-table", "the table's name, or the ARN of its stream"),
            Parameter("event", "INSERT", "INSERT, MODIFY or REMOVE"),
            Parameter("item", '{"id": "{n}", "name": "Ada"}', "the item, as plain JSON"),
            Parameter("old_item", '{"name": "Grace"}', "what was different before a change"),
            Parameter("key", "id", "the names of the key attributes, with commas"),
            Parameter("view", "NEW_AND_OLD_IMAGES", "the StreamViewType"),
        ),
        _table_event,
    ),
    Builder(
        "kinesis",
        "Kinesis data stream",
        (
            Parameter("records", "1", "how many records"),
            Parameter("data", '{"message": "hello"}', "the data; {n} is the record's number"),
            Parameter("stream", "example-stream", "the name or ARN of the stream"),
            Parameter("partition_key", "key-{n}", "the partition key"),
        ),
        _stream_event,
    ),
)
