"""An external extension that works on after the answer, as those of observability vendors do.

Watch: the extension is started before the function, and the sign in the column ext says what it is
doing. It is told of each invocation and takes a third of a second over it: the response is there at
once, but REPORT, and the freeze, wait for the extension. Press r, and it hears of the shutdown.
"""

from __future__ import annotations


def handler(event, context):
    print("the function answers")
    return {"asked_for": event.get("path", "/")}
