"""The frames of a runtime, validated: a function can write to its runtime's end of the channel."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

FrameKind = Literal[
    "init_profile",
    "ready",
    "init_error",
    "restore_error",
    "chunk",
    "response",
    "error",
    "fault",
    "next",
]
"""``init_profile``: what the function has imported. ``ready``: initialised. ``init_error``,
``restore_error``: cannot be. ``chunk``: part of a streamed response. ``response``, ``error``: the
handler's. ``fault``: the platform's error in their place; runtimes behind the Runtime API only.
``next``: the runtime asks for another event."""

# Bounds that no honest runtime exceeds. Beyond them a number is no measurement.
_LARGEST_KB = 1 << 40
_LATEST_SECONDS = 1e12
LONGEST_ERROR_TYPE = 256

Seconds = Annotated[float, msgspec.Meta(ge=0, le=_LATEST_SECONDS)]
Size = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST_KB)]


class RuntimeFrame(msgspec.Struct):
    """One frame from a runtime. Fields that its kind does not use have no meaning."""

    kind: FrameKind
    payload: bytes = b""
    at: Seconds = 0.0
    """Monotonic time at which the runtime was ready."""
    function_init_at: Seconds = 0.0
    """Monotonic time at which it began to import the function."""
    error_type: str = ""
    request_id: str = ""
    peak_memory_kb: Size = 0
    response_size: Size = 0
    """Bytes of a response; one that exceeds the limit is not sent along."""
    threads: Size = 0
    """Threads of a runtime of which a snapshot is taken."""
    content_type: str = ""
    """Content type of a response through the Runtime API, as the runtime names it."""
    machine_path: str = ""
    """A path of AWS's that has led to a file of the machine's own, at level ``processes``."""
    is_done: bool = True
    """Whether a runtime that answers is ready for the next event with that. Otherwise it sends
    ``next`` when it is, or ends."""
