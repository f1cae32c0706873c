"""The screen's model: what has happened, and what of it is selected. It knows no terminal."""

from __future__ import annotations

from lambda_tui.ui.model.invocations import Invocations
from lambda_tui.ui.model.selection import Selected, Selection, Tab
from lambda_tui.ui.model.tmp_changes import TmpChange, TmpChanges

__all__ = ["Invocations", "Selected", "Selection", "Tab", "TmpChange", "TmpChanges"]
