"""A slow start, paid once for each execution environment.

Watch: the first invocation waits for the Init phase, and its REPORT line has an Init Duration of
some two seconds; the next ones are answered at once. Save this file: the environment initialises
again before you press i, so that you do not wait for it. Press b for a burst: every new environment
pays the price.
"""

from __future__ import annotations

import time

# Stands for what real functions do here: import heavy packages, load a model, fetch secrets.
for part in ("packages", "model", "secrets"):
    print(f"loading {part} ...")
    time.sleep(2 / 3)
print("loaded")


def handler(event, context):
    return {"hello": event.get("name"), "milliseconds_left": context.get_remaining_time_in_millis()}
