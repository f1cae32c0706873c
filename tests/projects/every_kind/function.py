from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time

FOLDER = tempfile.gettempdir()
count = 0
counters = []


def handler(event, context):
    global count
    count += 1
    was_kept = os.path.exists(path("mark"))
    open(path("mark"), "w").close()
    (deed, value), *_ = (event or {"nothing": None}).items()
    match deed:
        case "leave a child":
            subprocess.Popen(["sleep", "1000"])
            os._exit(value)
        case "exit":
            os._exit(value)
        case "signal":
            os.kill(os.getpid(), value)
            signal.pause()
        case "fail":
            raise ValueError(value)
        case "sleep":
            time.sleep(value)
        case "spin":
            while True:
                pass
        case "say":
            print(value)
            print(value)
        case "repeat":
            return "x" * value
        case "echo":
            return value
        case "count beyond":
            count_beyond(value)
        case "tell":
            remaining = context.get_remaining_time_in_millis()
            arn, trace = context.invoked_function_arn, os.environ["_X_AMZN_TRACE_ID"]
            return [context.aws_request_id, trace, arn, remaining]
    return [count, was_kept]


def path(name):
    return os.path.join(FOLDER, name)


def count_beyond(limit):
    """Count on in a file, and in another by a child; return once both are above the limit."""
    if not counters:
        counters.append(threading.Thread(target=tick, args=("ticks",), daemon=True))
        counters[0].start()
        if os.fork() == 0:
            tick("child")
    while min(read("ticks"), read("child")) <= limit:
        time.sleep(0.001)


def tick(name):
    number = 0
    while True:
        number += 1
        with open(path(name + ".new"), "w") as file:
            file.write(str(number))
        os.replace(path(name + ".new"), path(name))
        time.sleep(0.001)


def read(name):
    try:
        return int(open(path(name)).read())
    except FileNotFoundError:
        return 0
