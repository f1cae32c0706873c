"""The screen's model: what has happened, and what of it is selected. It knows no terminal."""

from __future__ import annotations

from lambda_tui.ui.model.inits import Inits
from lambda_tui.ui.model.invocations import Invocations
from lambda_tui.ui.model.selection import Selected, Selection, Tab

__all__ = ["Inits", "Invocations", "Selected", "Selection", "Tab"]
