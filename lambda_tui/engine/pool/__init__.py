"""All environments of one function, and the concurrency that they share."""

from __future__ import annotations

from lambda_tui.engine.pool.concurrency import AccountConcurrency
from lambda_tui.engine.pool.pool import Pool
from lambda_tui.engine.pool.recent_invocations import REMEMBERED_INVOCATIONS

__all__ = ["REMEMBERED_INVOCATIONS", "AccountConcurrency", "Pool"]
