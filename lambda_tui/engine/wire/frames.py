"""What a runtime says, checked: its end of the channel is the function's to write on."""

from __future__ import annotations

from typing import Annotated

import msgspec

from lambda_tui.engine.wire.channel import Message

_KINDS = ("ready", "init_error", "restore_error", "chunk", "response", "error", "next")
# More than any machine has, in KB: what is over it is no measurement.
_MOST_MEMORY_KB = 1 << 40
# More seconds than any machine runs.
_LATEST = 1e12
_LONGEST_TEXT = 256


class BadFrameError(Exception):
    """No runtime of ours says such a thing."""


Moment = Annotated[float, msgspec.Meta(ge=0, le=_LATEST)]
Size = Annotated[int, msgspec.Meta(ge=0, le=_MOST_MEMORY_KB)]


class RuntimeFrame(msgspec.Struct, frozen=True):
    """One frame from a runtime; what does not belong to its kind has no meaning."""

    kind: str
    """``ready``, ``init_error``, ``response`` or ``error``.

    Also ``next``: the runtime asks for another event, so its work is done; ``chunk``: a part of a
    response that its caller takes so. From the Runtime API ``fault`` too: an error of the
    platform's in place of the response; ``restore_ready``. Of one that is restored
    ``restore_error``.
    """
    payload: bytes
    at: Moment = 0.0
    """Monotonic time at which the runtime was ready."""
    function_init_at: Moment = 0.0
    """Monotonic time at which it began to import the function."""
    error_type: str = ""
    request_id: str = ""
    peak_memory_kb: Size = 0
    response_size: Size = 0
    """Bytes of a response; one that is too large is not sent along."""
    threads: Size = 0
    """Of a runtime that is to be a snapshot."""
    content_type: str = ""
    """Of a response through the Runtime API, as the runtime names it."""
    is_done: bool = True
    """Whether a runtime that answers over its channel is ready for another event with that; if it
    is not, it says ``next`` when it is, or ends."""


def parse(message: Message, payload: bytes) -> RuntimeFrame:
    """The frame; raises ``BadFrameError`` for anything that a runtime of ours would not send."""
    if message.get("kind") not in _KINDS:
        raise BadFrameError(f"kind {message.get('kind')!r}")
    try:
        frame = msgspec.convert({**message, "payload": payload}, RuntimeFrame)
    except msgspec.ValidationError as error:
        raise BadFrameError(str(error)) from None
    if len(frame.error_type) > _LONGEST_TEXT:
        return msgspec.structs.replace(frame, error_type=frame.error_type[:_LONGEST_TEXT])
    return frame
