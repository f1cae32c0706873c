"""The kinds of projects, a package each, which turn their files into ``Function`` objects."""

from __future__ import annotations
