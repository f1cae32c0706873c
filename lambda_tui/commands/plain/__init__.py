"""``lambda-tui --plain``: the screen's letter keys and the log as lines, without a screen."""

from __future__ import annotations

from lambda_tui.commands.plain.command import run

__all__ = ["run"]
