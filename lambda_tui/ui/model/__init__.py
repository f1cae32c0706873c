"""The screen's model: what has happened, and what of it is selected. It knows no terminal."""

from __future__ import annotations

from lambda_tui.ui.model.drafts import (
    INVOCATION_TYPES,
    Draft,
    Drafts,
    InvocationType,
    client_context_problem,
)
from lambda_tui.ui.model.event_choices import EventChoice, Group, SentEvent, event_choices
from lambda_tui.ui.model.inits import Inits
from lambda_tui.ui.model.invocations import Invocations
from lambda_tui.ui.model.past import Past
from lambda_tui.ui.model.selection import Selected, Selection, Tab
from lambda_tui.ui.model.tmp import TmpChange, TmpChanges

__all__ = [
    "INVOCATION_TYPES",
    "Draft",
    "Drafts",
    "EventChoice",
    "Group",
    "Inits",
    "InvocationType",
    "Invocations",
    "Past",
    "Selected",
    "Selection",
    "SentEvent",
    "Tab",
    "TmpChange",
    "TmpChanges",
    "client_context_problem",
    "event_choices",
]
