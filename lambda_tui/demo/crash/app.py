"""Two ways to fail, and what each leaves behind.

Watch: with the event "crash-raise" the handler raises, the invocation fails, and the environment
stays warm: the count goes on. With "crash-exit" the whole process ends; the environment is reset,
and the next invocation initialises it again. The count in memory is back at 1, but the file in /tmp
is still there.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

# In /tmp, which outlives a reset of the environment.
DIARY = Path(tempfile.gettempdir()) / "diary.txt"

invocations = 0


class OrderRefusedError(Exception):
    """An error of the function's own; its name is the errorType of the response."""


def handler(event, context):
    global invocations
    invocations += 1

    with DIARY.open("a") as diary:
        diary.write(f"{context.aws_request_id}\n")
    print(
        f"invocation {invocations} since Init, {len(DIARY.read_text().splitlines())} in the diary"
    )

    how = event.get("how")
    if how == "raise":
        raise OrderRefusedError("the order has no items")
    if how == "exit":
        # Ends the runtime at once, as a segmentation fault in a C extension would.
        os._exit(1)
    return {"how": "I did not crash", "invocations": invocations}
