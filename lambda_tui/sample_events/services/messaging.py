"""Events of SQS and SNS."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Mapping
from typing import Any

from lambda_tui.project.function import ACCOUNT_ID, REGION
from lambda_tui.sample_events.builder import Builder, JsonObject, Parameter, Values
from lambda_tui.sample_events.identifiers import (
    iso_time,
    md5,
    new_digits,
    new_hex,
    new_upper_id,
    new_uuid,
    now_milliseconds,
)

_RECORDS = Parameter("records", "1", "how many messages")
_BODY = Parameter("body", '{"message": "hello"}', "the body; {n} is the number of the message")
_ATTRIBUTES = Parameter("attributes", "", "message attributes, as name=value or a JSON object")
_STRING = 1
"""The sign of a text in the digest of message attributes."""


def arn_of(service: str, name: str) -> str:
    """Return the ARN of something that is named by its name, its URL or its ARN."""
    if name.startswith("arn:"):
        return name
    return f"arn:aws:{service}:{REGION}:{ACCOUNT_ID}:{name.rpartition('/')[2]}"


def _queue_event(values: Values) -> JsonObject:
    count = values.number("records", 1)
    return {"Records": [_queue_record(values, number) for number in range(1, count + 1)]}


def _queue_record(values: Values, number: int) -> dict[str, Any]:
    arn = arn_of("sqs", values["queue"])
    body = values["body"].replace("{n}", str(number))
    now = now_milliseconds()
    attributes: dict[str, str] = {
        "ApproximateReceiveCount": "1",
        "SentTimestamp": str(now - 20),
        "SenderId": f"A{new_upper_id(20)}",
        "ApproximateFirstReceiveTimestamp": str(now),
    }
    if arn.endswith(".fifo"):
        attributes |= {
            "SequenceNumber": new_digits(20),
            "MessageGroupId": values["group"],
            "MessageDeduplicationId": hashlib.sha256(body.encode()).hexdigest(),
        }
    record: dict[str, Any] = {
        "messageId": new_uuid(),
        "receiptHandle": base64.b64encode(new_hex(200).encode()).decode(),
        "body": body,
        "attributes": attributes,
        "messageAttributes": {
            name: {
                "stringValue": text,
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            }
            for name, text in values.texts("attributes").items()
        },
        "md5OfBody": md5(body),
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": REGION,
    }
    if values.texts("attributes"):
        record["md5OfMessageAttributes"] = attributes_md5(values.texts("attributes"))
    return record


def attributes_md5(attributes: Mapping[str, str]) -> str:
    """Return the digest of message attributes that are texts, by the rule in SQS's guide."""
    digest = hashlib.md5(usedforsecurity=False)
    for name, text in sorted(attributes.items()):
        for part in (name, "String"):
            digest.update(struct.pack("!I", len(part.encode())) + part.encode())
        digest.update(bytes([_STRING]) + struct.pack("!I", len(text.encode())) + text.encode())
    return digest.hexdigest()


def _topic_event(values: Values) -> JsonObject:
    arn = arn_of("sns", values["topic"])
    subscription = f"{arn}:{new_uuid()}"
    host = f"https://sns.{REGION}.amazonaws.com"
    message = {
        "Type": "Notification",
        "MessageId": new_uuid(),
        "TopicArn": arn,
        "Subject": values["subject"] or None,
        "Message": values["message"],
        "Timestamp": iso_time(),
        "SignatureVersion": "1",
        "Signature": base64.b64encode(new_hex(256).encode()).decode(),
        "SigningCertUrl": f"{host}/SimpleNotificationService-{new_hex(32)}.pem",
        "UnsubscribeUrl": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription}",
        "MessageAttributes": {
            name: {"Type": "String", "Value": text}
            for name, text in values.texts("attributes").items()
        },
    }
    # SNS passes each message on by itself.
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription,
                "Sns": message,
            }
        ]
    }


MESSAGING_BUILDERS = (
    Builder(
        "sqs",
        "SQS queue",
        (
            _RECORDS,
            _BODY,
            Parameter("queue", "example-queue", "the name or ARN of the queue"),
            _ATTRIBUTES,
            Parameter("group", "group", "the message group, for a queue whose name ends in .fifo"),
        ),
        _queue_event,
    ),
    Builder(
        "sns",
        "SNS topic",
        (
            Parameter("message", json.dumps({"message": "hello"}), "the message"),
            Parameter("subject", "", "the subject"),
            Parameter("topic", "example-topic", "the name or ARN of the topic"),
            _ATTRIBUTES,
        ),
        _topic_event,
    ),
)
