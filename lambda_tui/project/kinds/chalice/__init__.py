"""Reads a Chalice application: an ``app.py`` with ``Chalice(…)``, and ``.chalice/config.json``."""

from __future__ import annotations

from lambda_tui.project.kinds.chalice.project import read_project

__all__ = ["read_project"]
