"""GET /orders/{id}."""

import json
import logging
import os

import prices

logger = logging.getLogger()
logger.setLevel("INFO")

ORDERS = {"42": {"customer_id": "c-7", "items": ["lamp", "desk", "chair"]}, "43": {"items": []}}


def handler(event, context):
    """Return one order as JSON."""
    order_id = event["pathParameters"]["id"]
    logger.info("GET /orders/%s stage=%s", order_id, os.environ["STAGE"])
    order = ORDERS[order_id]
    print(json.dumps({"level": "INFO", "message": "served", "items": order["items"]}))
    total = prices.total(order["items"])
    body = {"customer": order["customer_id"], "items": order["items"], "total": total}
    return {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body),
    }
