"""The six panes of the main screen, and the grid that they stand in."""

from __future__ import annotations

from lambda_tui.ui.panes.grid import PaneGrid

__all__ = ["PaneGrid"]
