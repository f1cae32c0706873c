from __future__ import annotations

import os


def lambda_handler(event, context):
    return {"stage": os.environ["STAGE"], "event": event}
