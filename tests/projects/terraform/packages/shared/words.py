from __future__ import annotations

ALL = ["a", "b"]
