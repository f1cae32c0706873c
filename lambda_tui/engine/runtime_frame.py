"""What a runtime says, checked: its end of the channel is the function's to write on."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lambda_tui.engine.channel import Message

_KINDS = ("ready", "init_error", "chunk", "response", "error")
# More than any machine has, in KB: what is over it is no measurement.
_MOST_MEMORY_KB = 1 << 40


class BadFrameError(Exception):
    """No runtime of ours says such a thing."""


@dataclass(frozen=True, slots=True)
class RuntimeFrame:
    """One frame from a runtime; what does not belong to its kind has no meaning."""

    kind: str
    """``ready``, ``init_error``, ``response`` or ``error``.

    From the Runtime API also ``next``: the runtime asks for another event, so its work is done;
    ``chunk``: a part of a response that its caller takes so; ``fault``: an error of the platform's
    in place of the response; ``restore_ready`` and ``restore_error``.
    """
    payload: bytes
    at: float = 0.0
    """Monotonic time at which the runtime was ready."""
    function_init_at: float = 0.0
    """Monotonic time at which it began to import the function."""
    error_type: str = ""
    request_id: str = ""
    peak_memory_kb: int = 0
    response_size: int = 0
    """Bytes of a response; one that is too large is not sent along."""
    content_type: str = ""
    """Of a response through the Runtime API, as the runtime names it."""


def parse(message: Message, payload: bytes) -> RuntimeFrame:
    """The frame; raises ``BadFrameError`` for anything that a runtime of ours would not send."""
    kind = message.get("kind")
    if kind not in _KINDS:
        raise BadFrameError(f"kind {kind!r}")
    return RuntimeFrame(
        kind,
        payload,
        at=_number(message, "at"),
        function_init_at=_number(message, "function_init_at"),
        error_type=_text(message, "error_type"),
        request_id=_text(message, "request_id"),
        peak_memory_kb=_size(message, "peak_memory_kb"),
        response_size=_size(message, "response_size"),
        content_type=_text(message, "content_type"),
    )


def _number(message: Message, name: str) -> float:
    value = message.get(name, 0.0)
    if type(value) not in (int, float) or not math.isfinite(value) or value < 0:
        raise BadFrameError(name)
    return float(value)


def _size(message: Message, name: str) -> int:
    value = message.get(name, 0)
    if type(value) is not int or not 0 <= value <= _MOST_MEMORY_KB:
        raise BadFrameError(name)
    return value


def _text(message: Message, name: str) -> str:
    value = message.get(name, "")
    if not isinstance(value, str):
        raise BadFrameError(name)
    return value[:256]
