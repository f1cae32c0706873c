"""Reads from a template which services invoke each function, and with what."""

from __future__ import annotations

from lambda_tui.project.template.triggers.all_triggers import read_triggers

__all__ = ["read_triggers"]
