from __future__ import annotations

NAMES = ["red", "green"]
