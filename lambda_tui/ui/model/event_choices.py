"""The events that a user can choose from: built ones, files, saved ones, and those sent before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

from lambda_tui.engine.invocation import Payload
from lambda_tui.project.event_files import SampleEvent, find_events
from lambda_tui.project.function import Function, Project

if TYPE_CHECKING:
    from lambda_tui.sample_events import Builder, SavedEvents

Group = Literal["trigger", "file", "saved", "sent", "service"]


@dataclass(frozen=True, slots=True)
class EventChoice:
    """One event that can be chosen."""

    group: Group
    name: str
    detail: str = ""
    """A word or two on it, such as the folder of a file."""
    read: Callable[[], SampleEvent] | None = field(default=None, repr=False, compare=False)
    """Returns the event; it reads files. None for one that is built."""
    builder: Builder | None = None
    """Builds it, with the values of ``given``; None for one that is there."""
    given: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class SentEvent:
    """The event of an earlier invocation."""

    name: str
    """``#12``."""
    detail: str
    payload: Payload = field(repr=False)


def event_choices(
    project: Project, function: Function, saved: SavedEvents, sent: Sequence[SentEvent]
) -> list[EventChoice]:
    """Return all events for a function, what fits best first. It reads folders."""
    # Imported here, long after the first paint.
    from lambda_tui.sample_events import BUILDERS, event_of_file, prefilled

    named = {builder.name: builder for builder in BUILDERS}
    triggers = [
        EventChoice(
            "trigger",
            trigger.service,
            trigger_words(trigger.details) or trigger.name,
            builder=named[trigger.service],
            given=prefilled(named[trigger.service], trigger),
        )
        for trigger in function.triggers
        if trigger.service in named
    ]
    files = [
        EventChoice(
            "file",
            file.path.name,
            "" if file.owner in ("", function.name) else f"of {file.owner}",
            read=partial(event_of_file, file.path),
        )
        for file in find_events(project, function)
    ]
    own = [EventChoice("saved", name, read=_reader_of_saved(saved, name)) for name in saved.names()]
    earlier = [EventChoice("sent", one.name, one.detail, read=_reader_of_sent(one)) for one in sent]
    services = [
        EventChoice("service", builder.name, builder.title, builder=builder) for builder in BUILDERS
    ]
    return [*triggers, *files, *own, *earlier, *services]


def trigger_words(details: Mapping[str, str]) -> str:
    """Return what a template says of a trigger in short: ``POST /orders``, ``rate(1 hour)``."""
    path = details.get("resource") or details.get("route")
    if path is not None:
        return " ".join((*([details["method"]] if "method" in details else []), path))
    for name in ("schedule", "queue", "topic", "bucket", "table", "stream", "log_group", "source"):
        if name in details:
            text = details[name]
            return text.rpartition(":")[2] if text.startswith("arn:") else text
    return ""


def _reader_of_saved(saved: SavedEvents, name: str) -> Callable[[], SampleEvent]:
    return lambda: SampleEvent(saved.read(name), f"saved: {name}")


def _reader_of_sent(sent: SentEvent) -> Callable[[], SampleEvent]:
    return lambda: SampleEvent(bytes(sent.payload).decode("utf-8", "replace"), sent.name)
