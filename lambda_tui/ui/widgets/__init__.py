"""The widgets that the panes and screens are made of.

Those of a dialog alone, ``plot`` and ``comparison_view``, are imported with it.
"""

from __future__ import annotations

from lambda_tui.ui.widgets.empty import Empty
from lambda_tui.ui.widgets.filtered_pane import FilteredPane
from lambda_tui.ui.widgets.header import Banner, HeaderLine
from lambda_tui.ui.widgets.key_bar import KeyBar
from lambda_tui.ui.widgets.line_widget import LineWidget, ScrollingLines, text_strip
from lambda_tui.ui.widgets.pane import FRAME, Pane
from lambda_tui.ui.widgets.row_list import Group, RowList

__all__ = [
    "FRAME",
    "Banner",
    "Empty",
    "FilteredPane",
    "Group",
    "HeaderLine",
    "KeyBar",
    "LineWidget",
    "Pane",
    "RowList",
    "ScrollingLines",
    "text_strip",
]
