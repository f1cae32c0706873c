"""``lambda-tui --in``: runs any command in Linux, in a container or in a virtual machine."""

from __future__ import annotations

from lambda_tui.commands.inside.command import run

__all__ = ["run"]
