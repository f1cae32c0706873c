"""The log: from the engine's events to the rows on the screen."""

from __future__ import annotations

from lambda_tui.ui.log.pane import LogPane
from lambda_tui.ui.log.recorder import LogRecorder
from lambda_tui.ui.log.records import Extent, LogRecord, Scope
from lambda_tui.ui.log.store import LogStore

__all__ = ["Extent", "LogPane", "LogRecord", "LogRecorder", "LogStore", "Scope"]
