"""Makes ids, times and digests as AWS's services make them: new ones for each event."""

from __future__ import annotations

import hashlib
import secrets
import string
import time
import uuid
from datetime import UTC, datetime

_UPPER = string.ascii_uppercase + string.digits
_LOWER = string.ascii_lowercase + string.digits


def new_uuid() -> str:
    """Return a random UUID."""
    return str(uuid.uuid4())


def new_id(length: int) -> str:
    """Return random lower-case letters and digits, as in the ids of APIs."""
    return "".join(secrets.choice(_LOWER) for _ in range(length))


def new_upper_id(length: int) -> str:
    """Return random capital letters and digits, as in the ids of S3's requests."""
    return "".join(secrets.choice(_UPPER) for _ in range(length))


def new_hex(length: int) -> str:
    """Return random hexadecimal digits."""
    return secrets.token_hex((length + 1) // 2)[:length]


def new_digits(length: int) -> str:
    """Return random digits, of which the first is not 0."""
    return secrets.choice("123456789") + "".join(
        secrets.choice(string.digits) for _ in range(length - 1)
    )


def new_trace_id() -> str:
    """Return the header ``X-Amzn-Trace-Id`` of a request that starts now."""
    return f"Root=1-{int(time.time()):08x}-{new_hex(24)}"


def md5(text: str) -> str:
    """Return the MD5 of a text in hexadecimal digits, as SQS and S3 send it along."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def now_milliseconds() -> int:
    """Return the milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def iso_time(*, milliseconds: bool = True) -> str:
    """Return the present time in UTC, such as ``2026-01-31T12:00:00.000Z``."""
    precision = "milliseconds" if milliseconds else "seconds"
    return datetime.now(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def log_time() -> str:
    """Return the present time in the format of web servers' logs, as API Gateway has it."""
    return datetime.now(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
