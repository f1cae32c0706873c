"""Helpers that several test modules share, imported by module: each brings libraries of its own."""

from __future__ import annotations

import os

SECONDS = 60.0
"""The bound of a wait: several times what a loaded machine takes."""


def is_whole_run() -> bool:
    """Return whether every combination of level, runtime and extensions is to be tried."""
    return os.environ.get("LEVELS") == "all"
