"""Sample events: built for a service, kept by the project as files, or saved by a name."""

from __future__ import annotations

from lambda_tui.sample_events.builder import Builder, JsonObject, Parameter, ParameterError
from lambda_tui.sample_events.choice import (
    builder_of,
    built_event,
    event_of_file,
    first_event,
    prefilled,
)
from lambda_tui.sample_events.saved import SavedEventError, SavedEvents
from lambda_tui.sample_events.services import BUILDERS
from lambda_tui.sample_events.shapes import services_of, services_of_text

__all__ = [
    "BUILDERS",
    "Builder",
    "JsonObject",
    "Parameter",
    "ParameterError",
    "SavedEventError",
    "SavedEvents",
    "builder_of",
    "built_event",
    "event_of_file",
    "first_event",
    "prefilled",
    "services_of",
    "services_of_text",
]
