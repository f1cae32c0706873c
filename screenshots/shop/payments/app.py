"""Waits for a bank that never answers."""

import time


def handler(event, context):
    """Pay."""
    print("calling the bank")
    time.sleep(60)
