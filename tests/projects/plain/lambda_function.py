from __future__ import annotations

COUNT = 0


def lambda_handler(event, context):
    global COUNT
    COUNT += 1
    return {"count": COUNT, "event": event}
