"""How a command fails: the error that it raises, and the exit statuses."""

from __future__ import annotations

FAILURE = 1
"""The exit status when the command has run and found a failure."""
USAGE_ERROR = 2
"""The exit status when the user has to put something right before the command can run."""
SIGNALLED = 128
"""The exit status, to which the number is added, of a command that a signal has ended."""


class CommandError(Exception):
    """A command cannot run; ``args`` are sentences that say why, and what to do about it."""
