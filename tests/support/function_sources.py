"""Sources of functions that several test modules run."""

from __future__ import annotations

_ANSWERS_ITS_INITIALIZATION_TYPE = """
import os, time
print("importing")
{top_level}
def lambda_handler(event, context):
    if event == "busy":
        time.sleep(0.2)
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""


def answers_its_initialization_type(top_level: str = "") -> str:
    """Return a function that answers ``AWS_LAMBDA_INITIALIZATION_TYPE``.

    It runs the given statement at its top level, after it has printed ``importing``.
    """
    return _ANSWERS_ITS_INITIALIZATION_TYPE.format(top_level=top_level)
