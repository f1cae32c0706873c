"""All environments of one function, and the account whose concurrency the functions share."""

from __future__ import annotations

from lambda_tui.engine.pool.pool import ACCOUNT_LIMIT, RESERVED_LIMIT, Account, Pool

__all__ = ["ACCOUNT_LIMIT", "RESERVED_LIMIT", "Account", "Pool"]
