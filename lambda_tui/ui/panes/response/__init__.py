"""The tab of an invocation's response."""

from __future__ import annotations

from lambda_tui.ui.panes.response.pane import ResponsePane

__all__ = ["ResponsePane"]
