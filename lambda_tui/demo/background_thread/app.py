"""A background thread, which stops while the execution environment is frozen.

Watch: the thread counts a hundred ticks a second, and the handler waits for half a second, some
50 ticks. Invoke, wait a while, invoke again: much time has passed, but few ticks were counted, for
between invocations the environment is frozen, threads and all. Press space to thaw it by hand, and
the thread runs on.
"""

from __future__ import annotations

import threading
import time

TICK = 0.01

ticks = 0


def count():
    global ticks
    while True:
        time.sleep(TICK)
        ticks += 1


# Started once, in the Init phase, and never stopped.
threading.Thread(target=count, daemon=True).start()

last_ticks = 0
last_time = time.time()


def handler(event, context):
    global last_ticks, last_time

    # While the handler runs, so does the thread.
    time.sleep(float(event.get("seconds", 0.5)))

    now, counted = time.time(), ticks
    result = {
        "seconds_since_the_last_invocation": round(now - last_time, 2),
        "ticks_since_the_last_invocation": counted - last_ticks,
        "seconds_that_the_thread_ran": round((counted - last_ticks) * TICK, 2),
    }
    last_ticks, last_time = counted, now
    print(result)
    return result
