"""Notices saved files, and knows which functions they concern."""

from __future__ import annotations

from lambda_tui.engine.watching.concerned import (
    describe_project,
    describing_files,
    installed_packages,
    makes_environment,
    package_folders,
    seen_files,
    source_files,
    watched_files,
    watched_folders,
)
from lambda_tui.engine.watching.quiet import Quiet
from lambda_tui.engine.watching.storms import ReloadStorms, last_write
from lambda_tui.engine.watching.watcher import Watcher

__all__ = [
    "Quiet",
    "ReloadStorms",
    "Watcher",
    "describe_project",
    "describing_files",
    "installed_packages",
    "last_write",
    "makes_environment",
    "package_folders",
    "seen_files",
    "source_files",
    "watched_files",
    "watched_folders",
]
