"""The panes of the main screen, and the grid that they stand in."""

from __future__ import annotations

from lambda_tui.ui.panes.functions import FunctionsPane
from lambda_tui.ui.panes.grid import PaneGrid
from lambda_tui.ui.panes.invocations import InvocationsPane

__all__ = ["FunctionsPane", "InvocationsPane", "PaneGrid"]
