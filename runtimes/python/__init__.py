"""The Python runtime: gives a handler what AWS's own Python runtime gives it."""

from __future__ import annotations

from .installation import LANGUAGE_ROOT, report_places_on_aws
from .logs import LOG_DESCRIPTOR
from .runtime import Resume, main, name_frames
from .runtime_api import RuntimeApi

__all__ = [
    "LANGUAGE_ROOT",
    "LOG_DESCRIPTOR",
    "Resume",
    "RuntimeApi",
    "main",
    "name_frames",
    "report_places_on_aws",
]
