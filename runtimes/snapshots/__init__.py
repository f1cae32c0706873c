"""Snapshots: a runtime that initialises the function once, and forks environments from then on."""

from __future__ import annotations

from .snapshot_init import run_as_process, run_in_namespaces

__all__ = ["run_as_process", "run_in_namespaces"]
