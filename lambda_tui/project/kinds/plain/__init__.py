"""Reads the functions of a plain folder, one without a template, from its source files."""

from __future__ import annotations

from lambda_tui.project.kinds.plain.project import read_project

__all__ = ["read_project"]
