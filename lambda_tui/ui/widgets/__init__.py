"""The panes of the main screen and what they are made of, one widget per file."""

from __future__ import annotations
