"""The lives of environments on one clock: the list with their picture, and a cursor in it."""

from __future__ import annotations

from lambda_tui.ui.lives.cells import LEGEND, legend
from lambda_tui.ui.lives.chooser import SegmentChooser
from lambda_tui.ui.lives.view import LivesView

__all__ = ["LEGEND", "LivesView", "SegmentChooser", "legend"]
