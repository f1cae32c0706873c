"""``lambda-tui invoke``: invokes a function on an engine of its own and writes the results."""

from __future__ import annotations

from lambda_tui.commands.invoke.command import run

__all__ = ["run"]
