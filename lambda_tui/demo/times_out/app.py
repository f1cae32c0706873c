"""A handler that needs longer than its Timeout.

Watch: the log says how much time is left, and after two seconds the invocation ends with a timeout.
The environment is reset: no "finally" runs, and no "except" catches it. With the event
"times_out-in_time" the handler looks at the remaining time and answers before it is too late.
"""

from __future__ import annotations

import time


def handler(event, context):
    stops_in_time = event.get("stop_in_time", False)
    try:
        for step in range(1, 21):
            left = context.get_remaining_time_in_millis()
            print(f"step {step} of 20, {left} ms left")
            if stops_in_time and left < 500:
                return {"steps_done": step, "message": "stopped while there was time to answer"}
            time.sleep(0.25)
    finally:
        print("cleaning up")
    return {"steps_done": 20}
