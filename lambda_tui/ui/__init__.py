"""The terminal application: the engine on one screen. Only the command line imports it."""

from __future__ import annotations
