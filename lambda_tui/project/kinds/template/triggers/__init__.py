"""Reads from a template which services invoke each function, and with what."""

from __future__ import annotations

from lambda_tui.project.kinds.template.triggers.all_triggers import read_triggers
from lambda_tui.project.kinds.template.triggers.function_events import (
    COGNITO_SERVICES,
    schedule_details,
)
from lambda_tui.project.kinds.template.triggers.known_values import (
    KnownValues,
    given,
    object_details,
    pattern_details,
)

__all__ = [
    "COGNITO_SERVICES",
    "KnownValues",
    "given",
    "object_details",
    "pattern_details",
    "read_triggers",
    "schedule_details",
]
