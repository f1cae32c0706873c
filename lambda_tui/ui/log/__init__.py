"""The log: from the engine's events to the rows on the screen."""

from __future__ import annotations

from lambda_tui.ui.log.pane import LogPane
from lambda_tui.ui.log.records import LogLine, LogRecord, log_lines, log_records
from lambda_tui.ui.log.store import LogStore

__all__ = ["LogLine", "LogPane", "LogRecord", "LogStore", "log_lines", "log_records"]
