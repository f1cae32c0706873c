"""Events of S3."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

from lambda_tui.project.function import ACCOUNT_ID, REGION
from lambda_tui.sample_events.builder import Builder, JsonObject, Parameter, Values
from lambda_tui.sample_events.identifiers import iso_time, md5, new_hex, new_id, new_upper_id
from lambda_tui.sample_events.services.http_request import SOURCE_IP


def _notification(values: Values) -> JsonObject:
    keys = values.words("key") or [""]
    return {"Records": [_record(values, key) for key in keys]}


def _record(values: Values, key: str) -> dict[str, Any]:
    event_name = values["event"].removeprefix("s3:").replace("*", "Put")
    if event_name == "ObjectRemoved:Put":
        event_name = "ObjectRemoved:Delete"
    # S3 escapes keys as forms do.
    entity: dict[str, Any] = {"key": quote_plus(key, safe="/")}
    if event_name.startswith("ObjectCreated"):
        entity |= {"size": values.number("size", most=10**12), "eTag": md5(key)}
    entity["sequencer"] = new_hex(18).upper()
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": iso_time(),
        "eventName": event_name,
        "userIdentity": {"principalId": f"AWS:{new_upper_id(21)}"},
        "requestParameters": {"sourceIPAddress": SOURCE_IP},
        "responseElements": {
            "x-amz-request-id": new_upper_id(16),
            "x-amz-id-2": new_id(76),
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": values["configuration"],
            "bucket": {
                "name": values["bucket"],
                "ownerIdentity": {"principalId": f"A{ACCOUNT_ID}"},
                "arn": f"arn:aws:s3:::{values['bucket']}",
            },
            "object": entity,
        },
    }


S3_BUILDERS = (
    Builder(
        "s3",
        "S3 event notification",
        (
            Parameter("bucket", "example-bucket", "the name of the bucket"),
            Parameter("key", "example.txt", "the key of the object; several with commas"),
            Parameter("size", "1024", "the size of the object in bytes"),
            Parameter("event", "ObjectCreated:Put", "the kind, such as ObjectRemoved:Delete"),
            Parameter("configuration", "notification", "the id of the notification"),
        ),
        _notification,
    ),
)
