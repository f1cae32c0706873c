"""The engine: functions in, events out. It knows nothing of a screen."""

from __future__ import annotations
