"""A function that tells why it was initialised."""

from __future__ import annotations

SAYS_ITS_TYPE = """
import os, time
print("importing")
{top_level}
def lambda_handler(event, context):
    if event == "busy":
        time.sleep(0.2)
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""
"""With what it does at its top level."""
PLAIN = SAYS_ITS_TYPE.format(top_level="")
