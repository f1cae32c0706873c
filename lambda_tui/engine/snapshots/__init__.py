"""SnapStart: the snapshot of an initialised function, and environments restored from it."""

from __future__ import annotations

from lambda_tui.engine.snapshots.environments import RestoredEnvironment
from lambda_tui.engine.snapshots.snapshots import Snapshot, Snapshots

__all__ = ["RestoredEnvironment", "Snapshot", "Snapshots"]
