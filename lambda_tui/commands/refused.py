"""What the user has to put right before a command can be carried out."""

from __future__ import annotations

USAGE_ERROR = 2
"""The exit status for it."""


class RefusedError(Exception):
    """A command cannot be carried out; ``args`` are sentences that say why, and the remedy."""
