"""Chooses the event that a function gets before its user has chosen one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from lambda_tui.project.event_files import (
    DEFAULT_EVENT,
    EventFile,
    SampleEvent,
    find_events,
    read_event,
)
from lambda_tui.project.files import UnreadableFileError
from lambda_tui.project.function import Function, Project, Trigger
from lambda_tui.sample_events.builder import Builder, ParameterError
from lambda_tui.sample_events.services import BUILDERS
from lambda_tui.sample_events.shapes import services_of_text

_MOST_READ = 50
"""Files whose shape is looked at."""
_LONGEST_READ = 512 * 1024
"""Characters of a file whose shape is looked at."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
_HTTP = ("apigateway", "httpapi", "function-url", "alb")
_HINTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("sqs queue consumer worker", ("sqs",)),
    ("s3 bucket upload uploads image images thumbnail thumbnails resizer", ("s3",)),
    ("sns topic notification notifications notifier", ("sns",)),
    ("schedule scheduled cron nightly daily hourly weekly", ("schedule", "eventbridge")),
    ("eventbridge bus", ("eventbridge",)),
    ("dynamodb stream streams", ("dynamodb",)),
    ("kinesis stream streams", ("kinesis",)),
    ("authorizer authoriser", ("authorizer-token", "authorizer-request", "authorizer-v2")),
    ("alb", ("alb",)),
    ("websocket", ("websocket",)),
    ("ses mail email", ("ses",)),
    ("logs", ("cloudwatch-logs",)),
    ("api http rest web url get post put list", _HTTP),
)
"""Words in a function's name or handler, and the services that they speak for."""
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
"""Methods of requests that come with a body."""
_BODY = '{"name": "world"}'


def built_event(builder: Builder, trigger: Trigger | None = None) -> SampleEvent:
    """Return a new event with the values that a trigger gives, if there is one."""
    return SampleEvent(builder.text(prefilled(builder, trigger)), f"{builder.name} (built)")


def prefilled(builder: Builder, trigger: Trigger | None) -> dict[str, str]:
    """Return the values that a trigger gives for a builder's parameters; none that it refuses.

    A request that a client sends with a body has one.
    """
    if trigger is None or trigger.service != builder.name:
        return {}
    names = {parameter.name for parameter in builder.parameters}
    values = {name: value for name, value in trigger.details.items() if name in names}
    if "body" in names and values.get("method") in _WITH_BODY:
        values.setdefault("body", _BODY)
    try:
        builder.build(values)
    except ParameterError:
        return {}
    return values


def builder_of(function: Function) -> tuple[Builder, Trigger] | None:
    """Return the builder for the first of a function's triggers that has one; else None."""
    named = {builder.name: builder for builder in BUILDERS}
    return next(
        ((named[one.service], one) for one in function.triggers if one.service in named), None
    )


def first_event(project: Project, function: Function) -> SampleEvent:
    """Return the event that a function begins with; it reads files, so call it in a thread.

    It is the first of these that there is:

    1. the file that is named after the function;
    2. a file with an event of a service that invokes the function;
    3. a built event of the first such service;
    4. a file with an event of no service; where nothing is known of the function's triggers, also
       one of a service that its name speaks for;
    5. the default event.

    Files that are named after other functions are left to those.
    """
    files = [file for file in find_events(project, function) if file.owner in ("", function.name)]
    own = _first_readable(file for file in files if file.owner)
    if own is not None:
        return own
    wanted = frozenset(trigger.service for trigger in function.triggers)
    events = [event for event in map(_read, files[:_MOST_READ]) if event is not None]
    shapes = [
        (event, services_of_text(event.text)) for event in events if len(event.text) < _LONGEST_READ
    ]
    for event, services in shapes:
        if not wanted.isdisjoint(services):
            return event
    found = builder_of(function)
    if found is not None:
        return built_event(*found)
    likely = frozenset() if wanted else _likely_services(function)
    for event, services in shapes:
        if not services or not likely.isdisjoint(services):
            return event
    return SampleEvent(DEFAULT_EVENT, "default")


def _likely_services(function: Function) -> frozenset[str]:
    """Return the services that the names of a function and of its handler speak for."""
    words = set(_WORD.findall(f"{function.name} {function.handler}"))
    words = {word.casefold() for word in words}
    return frozenset(
        service
        for hints, services in _HINTS
        if not words.isdisjoint(hints.split())
        for service in services
    )


def _first_readable(files: Iterable[EventFile]) -> SampleEvent | None:
    return next((event for event in map(_read, files) if event is not None), None)


def _read(file: EventFile) -> SampleEvent | None:
    """Return the event of a file; None when it cannot be read."""
    try:
        return event_of_file(file.path)
    except (UnreadableFileError, OSError):
        return None


def event_of_file(path: Path) -> SampleEvent:
    """Return the event of a file; raise ``UnreadableFileError``."""
    return SampleEvent(read_event(path), path.name)
