"""``lambda-tui --in``: runs any command in Linux, in a container or in a virtual machine."""

from __future__ import annotations

from .command import run

__all__ = ["run"]
