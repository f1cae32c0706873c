"""Sentences for the records that CloudWatch does not show, as the screen and the commands say them.

Each follows the name of its function and has no full stop.
"""

from __future__ import annotations

from lambda_tui.engine.events import records
from lambda_tui.engine.lifecycle import State

PAYLOAD_SHOWN = 2_000
"""Characters of what is delivered that a sentence shows."""

_CREATED = {
    "invocation": "for an invocation",
    "reload": "after a change",
    "provisioned": "ahead of need",
    "snapshot": "to be a snapshot",
}
"""By the reason of the creation."""


def sentence(record: records.Record) -> str | None:
    """Return the sentence for a record; None for one that CloudWatch shows, or nobody needs."""
    match record:
        case records.Notice(message=message):
            return message
        case records.ProblemFound(message=message):
            return message
        case records.ProblemSolved(message=message):
            return f"solved: {message}"
        case records.FunctionAdded():
            return "is here now"
        case records.FunctionRemoved():
            return "is no more"
        case records.ApiServed(address=address):
            return f"the Lambda API is served at {address}; in a shell for its clients:"
        case records.EnvironmentStale(files=files):
            return f"{changed_files(files)} changed, so the environment is replaced"
        case records.Reloaded(files=files, duration_ms=duration):
            return f"initialised again in {duration:.0f} ms, after {changed_files(files)} changed"
        case records.Throttled(reason=reason):
            return f"throttled: {reason}"
        case records.AsyncRetried():
            return _retry(record)
        case records.AsyncDelivered():
            payload = _shortened(record.payload)
            return f"event {record.request_id}: {delivery(record)}: {payload}"
        case records.StateChange():
            return _state(record)
    return None


def changed_files(files: tuple[str, ...]) -> str:
    """Return the files that have changed, as far as they fit into a sentence."""
    if not files:
        return "the code"
    return files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"


def delivery(record: records.AsyncDelivered) -> str:
    """Return what is sent of an asynchronous invocation that is over, and where to."""
    what = "the dead letter" if record.is_dead_letter else f"the record, {record.condition},"
    return f"{what} goes to {record.target or 'nobody: it has no destination'}"


def _retry(record: records.AsyncRetried) -> str:
    next_try = f"the next try is in {record.delay_seconds:g} s"
    event = f"event {record.request_id}"
    if record.reason == "throttled":
        return f"{event} was throttled; {next_try}"
    return f"{event} failed at try {record.attempt}; {next_try} (the setting retry_delays)"


def _state(change: records.StateChange) -> str:
    match change.state:
        case State.CREATING:
            return f"created {_CREATED.get(change.reason or '', 'as you asked')}"
        case State.RESET:
            return f"reset after a {change.reason}: processes killed, /tmp kept"
        case State.ENDED:
            return f"removed ({change.reason})"
        case State.IDLE | State.INVOKING if change.previous is State.FROZEN:
            return "thawed"
    reason = f" ({change.reason})" if change.reason else ""
    return f"{change.state}{reason}"


def _shortened(payload: str) -> str:
    left = len(payload) - PAYLOAD_SHOWN
    return payload if left <= 0 else f"{payload[:PAYLOAD_SHOWN]}… and {left:,} characters more"
