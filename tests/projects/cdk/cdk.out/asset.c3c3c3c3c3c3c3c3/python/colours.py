from __future__ import annotations

FAVOURITE = "red"
