"""Helpers that several test modules share, imported by module: each brings libraries of its own."""

from __future__ import annotations

SECONDS = 60.0
"""The bound of a wait: several times what a loaded machine takes."""
