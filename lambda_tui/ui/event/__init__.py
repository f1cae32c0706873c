"""The event tab: an editor, and the dialogs that fill it."""

from __future__ import annotations

from lambda_tui.ui.event.pane import EventPane

__all__ = ["EventPane"]
