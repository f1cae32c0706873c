from __future__ import annotations

import json


def handler(event, context):
    """Take an order."""
    return {"taken": json.dumps(event)}
