"""The function's hooks around a snapshot: what it registered with AWS's ``snapshot_restore_py``."""

from __future__ import annotations

import sys

BEFORE_SNAPSHOT_ERROR, BEFORE_SNAPSHOT_STATUS = "Runtime.BeforeSnapshotError", 64
AFTER_RESTORE_ERROR, AFTER_RESTORE_STATUS = "Runtime.AfterRestoreError", 65
"""Error types, and the exit statuses of the runtime that has them."""

_PACKAGE = "snapshot_restore_py"


def run_before_snapshot() -> None:
    """Runs the hooks in the reverse order of their registration; each is forgotten."""
    package = sys.modules.get(_PACKAGE)
    hooks = package.get_before_snapshot() if package is not None else []
    while hooks:
        hook, arguments, named = hooks.pop()
        hook(*arguments, **named)


def run_after_restore() -> None:
    """Runs the hooks in the order of their registration."""
    package = sys.modules.get(_PACKAGE)
    for hook, arguments, named in package.get_after_restore() if package is not None else []:
        hook(*arguments, **named)
