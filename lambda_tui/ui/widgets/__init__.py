"""The widgets that the panes and screens are made of."""

from __future__ import annotations

from lambda_tui.ui.widgets.comparison_view import ComparisonView
from lambda_tui.ui.widgets.empty import Empty
from lambda_tui.ui.widgets.header import Banner, HeaderLine
from lambda_tui.ui.widgets.key_bar import KeyBar
from lambda_tui.ui.widgets.line_widget import LineWidget, text_strip
from lambda_tui.ui.widgets.pane import Pane
from lambda_tui.ui.widgets.plot import Axis, Mark, Plot, Points, Steps
from lambda_tui.ui.widgets.row_list import RowList

__all__ = [
    "Axis",
    "Banner",
    "ComparisonView",
    "Empty",
    "HeaderLine",
    "KeyBar",
    "LineWidget",
    "Mark",
    "Pane",
    "Plot",
    "Points",
    "RowList",
    "Steps",
    "text_strip",
]
