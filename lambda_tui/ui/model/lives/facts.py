"""The facts of one segment of a life, in words."""

from __future__ import annotations

import time

from lambda_tui.ui.figures import milliseconds
from lambda_tui.ui.model.lives.lives import Life
from lambda_tui.ui.model.lives.segments import INIT_KINDS, Segment, SegmentKind
from lambda_tui.wording import counted

_REASONS = {
    "invocation": "an invocation needed an environment",
    "provisioned": "ahead of need",
    "reload": "the code has changed",
    "request": "you asked for it",
    "timeout": "the time limit was exceeded",
    "failure": "a process has failed",
    "idle": "it was idle for too long",
    "exit": "lambda-tui ends",
}
_SPANS = {
    "responseLatency": "until the response began",
    "responseDuration": "response",
    "runtimeOverhead": "runtime overhead",
    "extensionOverhead": "extension overhead",
}


def title(life: Life, segment: Segment) -> str:
    """Return the name of a segment: ``env 2 · invoke #12``."""
    environment = f"env {life.number or '?'}"
    if segment.invocations > 1:
        return f"{environment} · {counted(segment.invocations, 'invocation')}"
    number = f" #{segment.number}" if segment.number is not None else ""
    return f"{environment} · {segment.kind}{number}"


def facts(life: Life, segment: Segment, now: float) -> list[tuple[str, str]]:
    """Return what is known of a segment as labels with their values; its time comes first."""
    since = f"{clock_with_milliseconds(segment.start)} – "
    until = clock_with_milliseconds(segment.end) if segment.end is not None else "goes on"
    outcome = _outcome(segment)
    parts = [since + until, long_duration(segment.took_ms(now)), outcome]
    found = [("time", " · ".join(filter(None, parts)))]
    if segment.invocations > 1:
        busy = 100 * (segment.busy_seconds or 0.0) / max(segment.seconds(now), 1e-9)
        found.append(("busy", f"{busy:.0f}% of the time: so far back, close ones are one"))
        found.append(("failed", str(segment.failures)))
        return found
    if segment.reason:
        found.append(("because", _REASONS.get(segment.reason, segment.reason)))
    if segment.request_id:
        found.append(("request", segment.request_id))
    if segment.spans:
        found.append(("parts", _parts(segment)))
    if segment.end is not None and segment.end == life.ended and life.end_reason:
        found.append(("ended", _REASONS.get(life.end_reason, life.end_reason)))
    return found


def _outcome(segment: Segment) -> str:
    if segment.failure:
        return f"✗ {segment.failure}" + f": {segment.error_type}" * bool(segment.error_type)
    ends = segment.kind is SegmentKind.INVOKE or segment.kind in INIT_KINDS
    return "✓ success" if ends and segment.end is not None else ""


def _parts(segment: Segment) -> str:
    return " · ".join(
        f"{_SPANS.get(span.name, span.name)} {milliseconds(span.duration_ms)}"
        for span in segment.spans
    )


def long_duration(value: float) -> str:
    """Return a duration of milliseconds that may be hours: ``2.18 ms``, ``3m20s``, ``2h05m``."""
    if value < 60_000:
        return milliseconds(value)
    minutes, seconds = divmod(round(value / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{seconds:02}s"


def clock_time(moment: float) -> str:
    """Return a moment as the clock on the wall has it: ``14:51:23``."""
    return time.strftime("%H:%M:%S", time.localtime(moment))


def clock_with_milliseconds(moment: float) -> str:
    """Return a moment with its milliseconds: ``14:51:23.042``."""
    return f"{clock_time(moment)}.{int(moment * 1000) % 1000:03}"
