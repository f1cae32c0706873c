"""The tab of an environment's ``/tmp``."""

from __future__ import annotations

from lambda_tui.ui.panes.tmp.pane import TmpPane

__all__ = ["TmpPane"]
