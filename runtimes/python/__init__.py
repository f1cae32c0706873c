"""The Python runtime: gives a handler what AWS's own Python runtime gives it."""

from __future__ import annotations

from .logs import LOG_DESCRIPTOR
from .runtime import Resume, main
from .runtime_api import RuntimeApi

__all__ = ["LOG_DESCRIPTOR", "Resume", "RuntimeApi", "main"]
