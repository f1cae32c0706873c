"""A database connection, opened once for each execution environment.

Watch: the first invocation is cold and opens the connection. The next ones find it open, and the
rows that earlier ones wrote are still in it. Press b for a burst: every environment has its own
connection and its own count. Press r: the environment is replaced, and the count starts again.
"""

from __future__ import annotations

import sqlite3
import time

# Outside the handler: this runs once, in the Init phase.
print("opening the database connection")
connection = sqlite3.connect(":memory:")
connection.execute("CREATE TABLE visits (name TEXT, time REAL)")
opened = time.time()

invocations = 0


def handler(event, context):
    global invocations
    invocations += 1

    connection.execute("INSERT INTO visits VALUES (?, ?)", (event.get("name"), time.time()))
    (visits,) = connection.execute("SELECT count(*) FROM visits").fetchone()

    print(f"invocation {invocations} uses the connection that is open already")
    return {
        "hello": event.get("name"),
        "invocations_of_this_environment": invocations,
        "visits_in_its_database": visits,
        "connection_age_seconds": round(time.time() - opened, 1),
    }
