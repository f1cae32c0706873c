"""Helpers that several test modules share, imported by module: each brings libraries of its own."""

from __future__ import annotations
