"""A cache in /tmp, which lives as long as the execution environment.

Watch: the first invocation computes for a while and writes a file; the second one reads it and is
done in a moment. Press t to see the file. Another environment has another /tmp: press b for a
burst, and each of them computes once.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

# /tmp, the one folder that a function may write to.
CACHE = Path(tempfile.gettempdir()) / "cache"


def primes_below(limit):
    """Slow on purpose: stands for a download or a heavy query."""
    return [n for n in range(2, limit) if all(n % d for d in range(2, int(n**0.5) + 1))]


def handler(event, context):
    limit = int(event.get("limit", 100_000))
    started = time.perf_counter()

    file = CACHE / f"primes-below-{limit}.json"
    hit = file.exists()
    if hit:
        primes = json.loads(file.read_text())
    else:
        primes = primes_below(limit)
        CACHE.mkdir(exist_ok=True)
        file.write_text(json.dumps(primes))

    print("cache hit" if hit else "cache miss: computed and written", file)
    return {
        "primes": len(primes),
        "largest": primes[-1] if primes else None,
        "cache": "hit" if hit else "miss",
        "milliseconds": round((time.perf_counter() - started) * 1000, 1),
    }
