from __future__ import annotations

COLOUR = "red"
