"""Takes orders from the queue."""

import json


def handler(event, context):
    """Book each order; an order without a customer is a defect of the sender."""
    for record in event["Records"]:
        order = json.loads(record["body"])
        print(f"booking {record['messageId'][:8]}")
        book(order)
    return {"batchItemFailures": []}


def book(order):
    """Book one order."""
    print(f"customer {order['customer_id']}")
